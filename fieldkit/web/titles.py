"""What a step is called where it waits outside of its own page: by the form that was sent."""

from __future__ import annotations

from fieldkit.i18n import N_

_PARENT, _INTERVIEW, _DEVICES = N_("The parent's consent"), N_("Interview"), N_("Devices")
STEPS = {
    "answers": N_("A note"),
    "assents": N_("The child's own answer"),
    "attachments": N_("A photo or recording"),
    "backups": N_("Backup"),
    "cards": N_("The child's card"),
    "carers": N_("The carer's agreement"),
    "clocks": N_("A clock put right"),
    "closings": N_("End of the interview"),
    "conflicts": N_("Two versions"),
    "consents": _PARENT,
    "consents.brought": N_("The signed paper is here"),
    "consents.deferred": N_("Wants to think about it"),
    "consents.refused": N_("Does not agree"),
    "consents.voided": N_("Declare it void"),
    "devices": _DEVICES,
    "duplicates": N_("One child or two?"),
    "exchange": N_("Send to the hub"),
    "exports": N_("Export"),
    "forms": N_("Forms and stamps"),
    "handover": N_("Hand-over"),
    "help_card": N_("Help card"),
    "halts": N_("A step that is not carried out"),
    "household": N_("Household"),
    "interviews": _INTERVIEW,
    "leftovers": N_("Deleted words that came once more"),
    "late_entries": N_("Type in an interview held on paper"),
    "members": N_("Team record"),
    "memos": N_("Memo"),
    "moments": _INTERVIEW,
    "observations": N_("Observation"),
    "people": N_("Register a child"),
    "phones": N_("Phones"),
    "practice": N_("Practise"),
    "previews": N_("What this bundle brings"),
    "pseudonyms": N_("Pseudonym"),
    "readiness": N_("Getting ready"),
    "redactions": N_("Take back answers"),
    "removals": N_("Delete a child"),
    "revocations": _DEVICES,
    "rosters": N_("Register from a roster"),
    "sampling": N_("Sample"),
    "screenings": N_("Screening"),
    "sheets": N_("Recovery sheet"),
    "sites": N_("Sites"),
    "sticks": N_("A lost stick"),
    "stops": N_("Stop"),
    "strings": N_("Words"),
    "studies": N_("Found a study"),
    "tellings": N_("What is new in the form"),
    "today": N_("Today"),
    "users": N_("People of this laptop"),
    "visits": N_("A visit"),
    "ways": _PARENT,
    "ways.dropped": N_("The call broke off"),
    "withdrawals": N_("Register a withdrawal"),
    "withdrawals.take_back": N_("Take back answers"),
    "wishes": N_("What the child said is not done"),
    "worklists": N_("Work lists"),
}
ANSWERS = {"yes": N_("Wants to"), "no": N_("Does not want to"), "think": N_("Thinks about it")}


def called(endpoint: str, *, own: bool = False) -> str:
    """Return the English name of the step that *endpoint* carries out; a consent may be a grown-up's *own*."""
    if own and endpoint == "consents.signed":
        return N_("Own consent of somebody of 18")
    return STEPS.get(endpoint) or STEPS[endpoint.partition(".")[0]]
