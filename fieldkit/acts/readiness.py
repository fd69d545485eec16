"""What is missing before interviews may start: the study's facts by gate, and the ethics stamps of the forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fieldkit.acts import forms, help_card, members, promises, situations
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.editors import Opened, opened
from fieldkit.errors import Invalid, Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import natural_id
from fieldkit.rules import calendars, names, terms, versions
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.rules.versions import FormVersion
from fieldkit.store import log, machine, setup
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Fact, Pair, load_study

YES_NO = ("yes", "no")
APPROVED = "approved"


class EndsBeforeItBegins(Refusal):
    """An approval or stamp whose last day lies before its first."""

    code = "ends_before_it_begins"
    message = N_("Not saved: the last day lies before the first day. Correct one of the two dates.")
    status = 422


class DayOver(Refusal):
    """The notes were to be kept until a day that is over."""

    code = "day_over"
    message = N_("Not saved: the day until which the notes are kept has to be still to come.")
    status = 422


class LongerThanPromised(Refusal):
    """Stamped forms name the day on which the notes are destroyed; longer storage is a major change (§3.7)."""

    code = "longer_than_promised"
    message = N_(
        "Not saved: the stamped forms promise the families that the notes are destroyed by {day} at the latest. "
        "An earlier day can be set. For a later one write new versions of these forms first, as a major change, then "
        "set it here, then have them stamped: {forms}."
    )


class FormsSayOtherwise(Refusal):
    """Stamped forms print what would change; families agreed to that, and another recipient asks anew (§3.7)."""

    code = "forms_say_otherwise"
    message = N_(
        "Not saved: the stamped forms say “{value}”, and families agree to what was stamped. Write new versions of "
        "these forms first, as a major change (as a minor one where only the principal investigator or the number is "
        "new), then save it here, then have them stamped: {forms}."
    )


@dataclass(frozen=True)
class FactLine:
    """One thing to enter or decide, with what was entered and its editor; `missing`: its gate waits for it."""

    fact: Fact
    value: str
    missing: bool
    opened: Opened


@dataclass(frozen=True)
class Group:
    """What one gate waits for: its facts, unstamped forms, incomplete members, sites with an open help card.

    `nobody`: it asks of interviewers what it needs, and none has joined yet.
    `readers`: how many people can see what is kept, where the stamped forms promise fewer: `promised` says whom.
    """

    gate: str
    title: Pair
    lines: list[FactLine]
    unstamped: list[str]
    members: list[str]
    sites: list[str]
    nobody: bool = False
    readers: int = 0
    promised: Pair | None = None

    @property
    def missing(self) -> int:
        """Return how many things this gate still waits for."""
        facts = sum(1 for line in self.lines if line.missing)
        return facts + len(self.unstamped) + len(self.members) + len(self.sites)

    @property
    def optional(self) -> bool:
        """Tell whether all that can be entered here may stay empty, so that nothing of it is known to be in place."""
        return bool(self.lines) and not any(line.fact.needed for line in self.lines)


@only(COORDINATOR)
def overview(desk: Desk) -> list[Group]:
    """Return what each gate needs, gates in their order, and last what may be decided later (gate "")."""
    with desk.db.reading() as tables:
        unstamped = _unstamped(situations.form_versions(tables))
        known = setup.facts(tables)
        lines = [_line(tables, fact, known.get(fact.code, "")) for fact in load_study().readiness]
    interviewers = [one for one in members.listing(desk) if one.role == INTERVIEWER]
    incomplete = [one.name for one in interviewers if one.missing]
    open_sites = [site for site in help_card.sites(desk) if help_card.status(desk, site)]
    waits: dict[str, dict[str, Any]] = {
        "G02": {"members": incomplete, "nobody": not interviewers},
        "G04": {"unstamped": unstamped, **_too_many(desk)},
        "G08": {"sites": open_sites},
    }
    titles = {gate.id: gate.title for gate in load_study().gates} | {"": _LATER}
    groups = []
    for gate, title in titles.items():
        mine = [line for line in lines if line.fact.gate == gate]
        if mine or gate in waits:
            groups.append(Group(gate, title, mine, **{**_NOTHING, **waits.get(gate, {})}))
    return groups


def _too_many(desk: Desk) -> dict[str, Any]:
    """Return how many people hold the keys to what a team recorded, and what the forms promise, where it is fewer."""
    with desk.db.reading() as tables:
        most, everybody = promises.most_readers(tables, desk.today), machine.everybody(tables)
    count = everybody.readers("research")
    words = load_study().codes[promises.READERS]
    return {"readers": count, "promised": words[str(most)]} if most is not None and count > most else {}


_LATER = Pair("以后再定也行", "May be decided later")
_NOTHING: Mapping[str, Any] = {"unstamped": [], "members": [], "sites": []}


def leads(desk: Desk) -> list[str]:
    """Return whom the team rings when a child is being harmed: the lead, then the deputy."""
    with desk.db.reading() as tables:
        known = setup.facts(tables)
    return [known[code] for code in ("safeguarding_lead", "safeguarding_deputy") if code in known]


def phone(desk: Desk) -> str:
    """Return the number that families ring to ask or to withdraw; empty while it is not settled."""
    with desk.db.reading() as tables:
        return setup.facts(tables).get("pi_contact", "")


@only(COORDINATOR)
def keep(desk: Desk, values: Mapping[str, str], bases: Mapping[str, str] | None = None) -> None:
    """Keep the facts in *values* (code to text; empty takes one back) that changed since *bases* were on the screen.

    An empty field decides nothing between two versions. Raises NotFound for a code that there is none of, Invalid,
    NoDay, DayToCome, EndsBeforeItBegins, DayOver, LongerThanPromised, FormsSayOtherwise, NotForFamilies.
    """
    facts = {fact.code: fact for fact in load_study().readiness}
    if not values.keys() <= facts.keys():
        raise NotFound
    given = {code: _kept(facts[code], value.strip(), desk.clock.today()) for code, value in values.items()}
    with desk.db.writing() as tables:
        before, disputed = setup.facts(tables), setup.disputed(tables)
        after = {**before, **given}
        _check_order(after.get("ethics_from", ""), after.get("ethics_to", ""))
        _check_promised(desk, tables, given)
        for code, value in given.items():
            if value or code not in disputed:
                draft, record = Draft("study_fact", {"code": code, "value": value}), natural_id("study_fact", code)
                log.save_over(tables, desk.pen, draft, record, (bases or {}).get(code, "{}"))


@only(COORDINATOR)
def stamp(
    desk: Desk, shown: Mapping[str, str], stamped_on: str, ethics_no: str, valid_from: str, valid_to: str = ""
) -> None:
    """Keep the ethics committee's stamp on the forms that were on the screen; from then on they may be used.

    *shown*: text hash to what its stamp goes over (`Sheet.opened`). What the forms print of the study is kept with the
    first stamp. A stamp that goes on from one that counts today leaves no day between without. Raises Missing, NoDay,
    DayToCome, EndsBeforeItBegins, NotFound, NewerVersion, FactsDisputed, FactsWanting.
    """
    if not ethics_no.strip():
        raise Missing(field=N_("the approval's number"))
    if not shown:
        raise Missing(field=N_("the form"))
    stamped_on = calendars.past_day(stamped_on, N_("Stamped on"), desk.clock.today()).isoformat()
    valid_from = calendars.told_day(valid_from, N_("Valid from")).isoformat()
    valid_to = valid_to and calendars.told_day(valid_to, N_("Valid until (empty: no end)")).isoformat()
    _check_order(valid_from, valid_to)
    told = {"stamped_on": stamped_on, "ethics_no": ethics_no.strip(), "valid_from": valid_from, "valid_to": valid_to}
    with desk.db.writing() as tables:
        known = situations.form_versions(tables)
        for text_hash, base in shown.items():
            one = versions.newest_with(known, text_hash)
            which = {"doc_kind": one.doc_kind, "version": str(one.number), "text_hash": text_hash}
            first = {} if one.stamped_on else {"printed": promises.printed_now(tables)}
            begun = {"valid_from": one.valid_from} if versions.goes_on(one, valid_from, desk.today) else {}
            draft = Draft("form", {**which, **told, **begun, **first, "state": APPROVED})
            log.save_together(tables, desk.pen, draft, forms.record_of(one), base)


def _line(tables: Tables, fact: Fact, value: str) -> FactLine:
    return FactLine(fact, value, fact.needed and not value, opened(tables, natural_id("study_fact", fact.code)))


def _unstamped(known: list[FormVersion]) -> list[str]:
    """Return the kinds of form of which no version was ever stamped."""
    stamped = {one.doc_kind for one in known if one.stamped_on}
    return sorted({one.doc_kind for one in known} - stamped)


def _kept(fact: Fact, value: str, today: date) -> str:
    """Return an answer as it is kept. Raises Invalid, NoDay, DayToCome, NotForFamilies."""
    if not value:
        return ""
    if fact.code in promises.PRINTED:
        terms.check([value])
    if fact.kind == "past":
        return calendars.past_day(value, fact.text, today).isoformat()
    if fact.kind == "date":
        return calendars.told_day(value, fact.text).isoformat()
    if fact.kind == "number":
        value = names.typed(value)
    _check(fact, value)
    return value


def _check(fact: Fact, value: str) -> None:
    allowed = YES_NO if fact.kind == "yes_no" else load_study().codes.get(fact.choices, ())
    if fact.kind in {"yes_no", "choice"} and value not in allowed:
        raise Invalid(field=N_("an answer that is not among the choices"))
    if fact.kind == "text" and not names.letters(value):
        raise Invalid(field=fact.text)
    if fact.kind == "number" and not _MANY_DAYS.fullmatch(value):
        raise Invalid(field=N_("the number of days"))


_MANY_DAYS = re.compile(r"[1-9][0-9]{0,4}")


def _check_promised(desk: Desk, tables: Tables, given: Mapping[str, str]) -> None:
    """Raise DayOver, LongerThanPromised, FormsSayOtherwise: what is printed into a stamped form was stamped with it."""
    for code in (one for one in promises.PRINTED if one in given):
        if code == promises.KEPT_UNTIL:
            _check_kept_until(desk, tables, given[code])
            continue
        before = [one.value for one in opened(tables, natural_id("study_fact", code)).versions.get("value", [])]
        known = setup.facts(tables)
        before = before or [known.get(code, "")]  # of two that were written either may be chosen
        printed = [promises.as_printed(code, one, known) for one in before]
        binding = promises.binding(tables, code) if promises.as_printed(code, given[code], known) not in printed else []
        if binding:
            raise FormsSayOtherwise(value=_spoken(code, printed), forms=promises.named(binding))


def _spoken(code: str, printed: list[str]) -> Pair:
    words = load_study().codes.get(code, {})
    found = [words.get(one, Pair(one, one)) for one in printed]
    return Pair(" / ".join(one.zh for one in found), " / ".join(one.en for one in found))


def _check_kept_until(desk: Desk, tables: Tables, until: str) -> None:
    """Raise DayOver, LongerThanPromised: what a family was told binds, though the words of its form have gaps."""
    promised = promises.facts_under(tables, None)[promises.KEPT_UNTIL]
    if until and until <= desk.today:
        raise DayOver
    later = (until or load_study().retention_until) > promised
    binding = promises.binding(tables, promises.KEPT_UNTIL) if later else []
    if binding:
        raise LongerThanPromised(day=calendars.spoken_day(promised), forms=promises.named(binding))


def _check_order(first: str, last: str) -> None:
    if first and last and last < first:
        raise EndsBeforeItBegins
