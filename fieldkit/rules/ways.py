"""The ways in which an adult can consent, what each leaves behind, and what shows a guardian (`domain.md` §3.5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import names
from fieldkit.rules.findings import ASK, Finding
from fieldkit.studies import load_study

SIGNATURE, THUMBPRINT = "signature", "thumbprint"
ORAL_WITNESS, ORAL_RECORDED = "oral_witness", "oral_recorded"
PHONE_WITNESS, PHONE_RECORDED, VIDEO = "phone_witness", "phone_recorded", "video_call"
BY_PHONE = frozenset({PHONE_WITNESS, PHONE_RECORDED, VIDEO})
WITNESSED = frozenset({THUMBPRINT, ORAL_WITNESS, PHONE_WITNESS, VIDEO})
RECORDED = frozenset({ORAL_RECORDED, PHONE_RECORDED})
WAYS = frozenset({SIGNATURE}) | WITNESSED | RECORDED
TEAM = "team"
POWERFUL = frozenset({"village_cadre", "teacher"})
SEEN = "seen_paper"
UNSHOWN = frozenset({"told", "none"})  # codes of `basis_evidence`: no paper shows that somebody is the guardian
NO_PAPER = frozenset(
    word.casefold() for code in UNSHOWN for word in (code, *load_study().codes["basis_evidence"][code])
) | {"无", "没有", "没", "口头", "不知道", "no", "nothing", "oral"}
NUMBER_SOURCES = frozenset({"carer", "school", "village", "family"})  # a number from the child alone is not enough


class NoSignature(Refusal):
    """V23: neither a signature on the screen nor what stands for one."""

    code = "V23"
    message = N_(
        "There is no signature yet. Sign on the screen, or note why not, and the witness or the agreed recording; "
        "a thumbprint also needs the number of its paper form."
    )
    status = 422


class NotNoted(NoSignature):
    """V23: something that has to be noted of a consent without a signature on the screen; the page says where."""

    code = "not_noted"
    message = N_("“{field}” is still to be filled in. Do that, then go on.")


class CannotRead(Refusal):
    """Who cannot read signs nothing alone: the words are heard, and a witness or a recording stands by (§3.5)."""

    code = "cannot_read"
    message = N_(
        "This guardian cannot read, as the household page says. "
        "Choose a thumbprint or a spoken consent, with a witness or an agreed recording."
    )
    status = 422


class UnfitWitness(Refusal):
    """V24: the witness is of the team, the signer, a minor, cannot read, or was not there all the time."""

    code = "V24"
    message = N_(
        "The witness has to be an adult who can read and was there all the time, not of the team and not the "
        "person who agrees. Write down who it is by full name."
    )
    status = 422


class CallNotChecked(Refusal):
    """V26: a call whose number or whose speaker nobody vouched for."""

    code = "V26"
    message = N_(
        "Consent by phone needs the source of the number, the identity check and the loudspeaker. "
        "A number from the child alone is not enough."
    )
    status = 422


class NotToBeRecorded(Refusal):
    """V27: a recording that nobody agreed to."""

    code = "V27"
    message = N_("Ask first whether this may be recorded. Without that yes, choose another way.")
    status = 422


class NoPaper(Refusal):
    """What was named as the paper that was seen says that there is none."""

    code = "no_paper"
    message = N_("That is no paper. Write its kind and number; if there is none, say so under “What shows it”.")
    status = 422


@dataclass(frozen=True)
class Evidence:
    """What an adult's yes leaves behind.

    `call` holds `number_source`, `id_check` and `on_speaker`; `on_paper`: signed on a paper that is named, not here.
    """

    method: str
    signature: bytes = b""
    no_sign_reason: str = ""
    witness_name: str = ""
    witness_relation: str = ""
    witness_fit: bool = False
    paper_ref: str = ""
    paper_place: str = ""
    recording_agreed: bool = False
    recording_place: str = ""
    call: Mapping[str, str] = field(default_factory=dict)
    on_paper: bool = False


def is_shown(evidence: str, paper: str) -> bool:
    """Tell whether a *paper* on record shows the legal basis of an adult; word of mouth is none.

    *evidence*: a code of `basis_evidence`. Records of before say in words what was shown, and mean by some words that
    nothing was.
    """
    kept = evidence.strip()
    return is_paper(paper) if kept == SEEN else bool(kept) and kept.casefold() not in NO_PAPER


def check_paper(evidence: str, paper: str) -> None:
    """Raise NoPaper for words that name none, where a paper is said to have been seen; an empty name is to come."""
    if evidence == SEEN and paper.strip() and not is_paper(paper):
        raise NoPaper


def is_paper(named: str) -> bool:
    """Tell whether *named* can be the name of a paper: it has letters, and does not say that there is none."""
    return bool(names.letters(named)) and named.strip().casefold() not in NO_PAPER


def check(said: Evidence, relation: str, unfit: Collection[str] = ()) -> None:
    """Raise for evidence that is not whole: NoSignature, NotNoted (V23), UnfitWitness (V24), CallNotChecked (V26),
    NotToBeRecorded (V27). *relation*: of the adult who agrees; *unfit*: names that no witness bears, theirs and the
    team's.
    """
    if said.method not in WAYS:
        raise NoSignature
    if said.method in BY_PHONE:
        _check_call(said.call)
    if said.method in RECORDED and not said.recording_agreed:
        raise NotToBeRecorded
    if said.method == SIGNATURE and not (said.signature or said.on_paper):
        raise NoSignature
    missing = [field for field, noted in _to_note(said).items() if not noted]
    if missing:
        raise NotNoted(field=missing[0])
    if said.method in WITNESSED and not _fit(said, relation, unfit):
        raise UnfitWitness


def _check_call(call: Mapping[str, str]) -> None:
    sound = call.get("number_source") in NUMBER_SOURCES
    if not sound or call.get("id_check") != "yes" or call.get("on_speaker") != "yes":
        raise CallNotChecked


def _to_note(said: Evidence) -> dict[str, str]:
    """Return what stands for a signature on the screen, and is still empty where nothing of it is noted."""
    paper = {N_("Number on the paper form"): said.paper_ref if is_paper(said.paper_ref) else ""}
    if said.method == SIGNATURE:
        return {} if said.signature else paper
    witness = {N_("Name of the witness"): names.letters(said.witness_name)} if said.method in WITNESSED else {}
    kept = {N_("Where the recording is kept"): said.recording_place.strip()} if said.method in RECORDED else {}
    thumb = paper if said.method == THUMBPRINT else {}
    return {N_("Why no signature"): said.no_sign_reason, **witness, **kept, **thumb}


def _fit(said: Evidence, relation: str, unfit: Collection[str]) -> bool:
    named = names.letters(said.witness_name) not in {names.letters(name) for name in unfit}
    return named and said.witness_fit and said.witness_relation not in {"", TEAM, "sib_minor", "self", relation}


def findings(said: Evidence) -> list[Finding]:
    """Return what has to be thought about: V25, a witness who holds power over the family."""
    if said.method in WITNESSED and said.witness_relation in POWERFUL:
        return [Finding("V25", ASK, PRESSURE)]
    return []


PRESSURE = N_("The witness is a village cadre or a teacher. Does the family feel free to say no?")


def paper_follows(method: str) -> bool:
    """Tell whether a signed paper is still to be brought after consent in this way (`domain.md` §3.5, step 8)."""
    return method in BY_PHONE
