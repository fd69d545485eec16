"""The end of an interview: said to the child, and what COREQ wants while it is fresh; the rest may follow tonight.

The closing holds codes and words about the interview, never what the child said; it needs no consent and may be opened
again to complete it (`domain.md` §1.13, §4.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from fieldkit.acts import forms, interviews, visits, withdrawals
from fieldkit.acts.cases import Case, case_within
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.editors import Opened, opened
from fieldkit.acts.interviews import Paper
from fieldkit.acts.told import Seen
from fieldkit.errors import Invalid, Missing
from fieldkit.i18n import N_
from fieldkit.records import Value, clean, natural_id
from fieldkit.rules import calendars, closings, findings, names, notes
from fieldkit.rules import elapsed as counters
from fieldkit.rules.consent import STOP_KEEP
from fieldkit.rules.findings import HINT, Finding
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.moments import CAME, MINUTE, NOBODY
from fieldkit.store import closings as store
from fieldkit.store import log, machine, people, setup, strings
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Pair, load_study

FACES = range(1, 6)
LONGEST = 2000
LONGEST_DAY, MINUTES = 24 * 60, N_("Minutes that it took, by the sheet")
SCRIPT = N_("What was said to the child at the end")
WINDOW = 30  # days in which a family can have everything deleted, unless the study says otherwise
CODED = {
    "completion": "completion",
    "stop_reason": "stop_reason",
    "setting": "setting",
    "privacy": "privacy",
    "language_main": "language",
    "field_notes_when": "field_notes_when",
    "relationship_before": "relationship_before",
    "saturation": "saturation",
    "member_check": "member_check",
}
WORDS = {
    "completion": N_("How far it came"),
    "stop_reason": N_("Why it ended early"),
    "setting": N_("Kind of place"),
    "privacy": N_("How private it was"),
    "others_present": N_("Who else was there"),
    "language_main": N_("Language spoken"),
    "field_notes_when": N_("When the notes were written"),
    "mood_start": N_("Mood at the start"),
    "mood_end": N_("Mood at the end"),
    "setting_note": N_("About the place"),
    "language_mix": N_("About the language"),
    "second_adult": N_("Second adult of the team"),
    "note_taker": N_("Who took the notes"),
    "relationship_before": N_("Did you know each other before"),
    "told_about_interviewer": N_("What the child was told about you"),
    "interviewer_stance": N_("How you stand to the topic"),
    "saturation": N_("Did anything new come up"),
    "saturation_note": N_("What was new"),
    "member_check": N_("Was it read back to the child"),
    "thank_you": N_("The thank-you"),
}
PEOPLE = ("second_adult", "note_taker")
AGAIN = ("told_about_interviewer", "thank_you", *PEOPLE)  # as in the interviewer's last session
LISTS = ("others_present", "told")


@dataclass(frozen=True)
class ClosingTold:
    """What an interviewer says at the end; `told`: the lines of the closing script that were said, from 1.

    `minutes`: of an interview that was held on paper, as the paper says; those of a talk are counted.
    """

    completion: str = ""
    stop_reason: str = ""
    setting: str = ""
    setting_note: str = ""
    privacy: str = ""
    others_present: Sequence[str] = ()
    language_main: str = ""
    language_mix: str = ""
    field_notes_when: str = ""
    mood_start: int | None = None
    mood_end: int | None = None
    second_adult: str = ""
    note_taker: str = ""
    relationship_before: str = ""
    told_about_interviewer: str = ""
    interviewer_stance: str = ""
    saturation: str = ""
    saturation_note: str = ""
    member_check: str = ""
    thank_you: str = ""
    told: Sequence[int] = ()
    minutes: int | None = None


TEXTS = tuple(one.name for one in fields(ClosingTold) if one.default == "")


@dataclass(frozen=True)
class ClosingPage:
    """The end of one interview: the script, what is known or prefilled, and what an edit of it goes over.

    `short`: part of the talk could not be counted. `ended`: it was ended before; `stopped`: the child stopped it.
    `colleagues` by code.
    """

    interview: str
    case: Case
    minutes: int | None
    short: bool
    ended: bool
    stopped: bool
    paper: Paper | None
    script: Sequence[Pair]
    values: Mapping[str, Value]
    colleagues: Mapping[str, str]
    hints: Sequence[Finding]
    opened: Opened


def choices(paper: Paper | None) -> list[str]:
    """Return how far an interview can have come: that a child stopped is said by the button, or by the *paper*."""
    return [code for code in load_study().codes["completion"] if paper or code != closings.STOPPED]


@only(INTERVIEWER)
def page(desk: Desk, interview: str) -> ClosingPage:
    """Return the end of *interview* as it stands. Raises NotFound."""
    with desk.db.reading() as tables:
        row = interviews.row_within(tables, interview)
        stored, one = _stored(tables, interview), case_within(desk, tables, row["subject"])
        minutes = _minutes(_length(desk, tables, row, stored))
        return ClosingPage(
            interview=interview,
            case=one,
            minutes=minutes,
            short=interviews.short(tables, row),
            ended=bool(stored.get("ended_on")),
            stopped=_stopped(tables, interview),
            paper=interviews.paper_of(row),
            script=_script(tables, row, one),
            values=_values(desk, tables, row, stored),
            colleagues={code: user.name for code, user in machine.everybody(tables).users.items()},
            hints=closings.hints(stored.get("privacy") or "", minutes, _longest()),
            opened=opened(tables, natural_id("closing", interview)),
        )


@only(INTERVIEWER)
def keep(desk: Desk, interview: str, told: ClosingTold, seen: Seen) -> None:
    """Keep what was ticked so far: the interview goes on.

    Raises NotFound, Invalid, TooLong, StopCountsDown.
    """
    _check(told)
    with desk.db.writing() as tables:
        row, facts = interviews.row_within(tables, interview), _facts(told)
        interviews.check_goes_on(tables, interview)
        del facts["completion"], facts["stop_reason"]  # how far it came is said at the end
        _save(desk, tables, row, facts, seen.base)


@only(INTERVIEWER)
def end(desk: Desk, interview: str, told: ClosingTold, seen: Seen) -> list[Finding]:
    """End *interview*, or complete its closing; return what to look at again (V32, V36, V38).

    That a child stopped it stays so.
    Raises NotFound, Invalid, TooLong, Missing, StopCountsDown, ReasonNeeded (V37).
    """
    _check(told)
    with desk.db.writing() as tables:
        row, stored = interviews.row_within(tables, interview), _stored(tables, interview)
        interviews.check_goes_on(tables, interview)
        facts = _facts(told) | _at_the_end(desk, tables, row, told, stored)
        if not facts["completion"]:
            raise Missing(field=WORDS["completion"])
        minutes = _minutes(facts["duration_ms"])
        found = closings.findings(told.setting, told.privacy, told.others_present, minutes, _longest())
        said = json.loads(stored.get("reasons") or "{}") | seen.reasons
        given = {one: why for one, why in said.items() if why in load_study().codes["reason_V37"]}
        findings.check_answered(found, given)
        asked = {one.code for one in found}
        facts["reasons"] = {one: why for one, why in given.items() if one in asked}
        _save(desk, tables, row, facts, seen.base)
        interviews.keep_duration(desk, tables, row, counters.end)
        typed = "\n".join(str(getattr(told, name)) for name in TEXTS if name not in CODED)
        return [*(one for one in found if one.level == HINT), *notes.findings(typed, visits.known_names(tables))]


def _save(desk: Desk, tables: Tables, row: people.Row, facts: dict[str, Value], base: str) -> None:
    interview = row["id"]
    for name in PEOPLE:
        if facts[name] not in {"", *machine.everybody(tables).users}:
            raise Invalid(field=WORDS[name])
    interviews.keep_duration(desk, tables, row)
    draft = Draft("closing", {"interview": interview, **facts}, subject=row["subject"], session=interview)
    log.save_over(tables, desk.pen, draft, natural_id("closing", interview), base)


def _check(told: ClosingTold) -> None:
    codes = load_study().codes
    for name, table in CODED.items():
        if getattr(told, name) not in {"", *codes[table]}:
            raise Invalid(field=WORDS[name])
    _check_numbers(told)
    for name in TEXTS:
        names.check_fits(getattr(told, name), WORDS[name], LONGEST)
    others = set(told.others_present)
    if others - codes["present"].keys() or (NOBODY in others and len(others) > 1):
        raise Invalid(field=WORDS["others_present"])


def _check_numbers(told: ClosingTold) -> None:
    if told.minutes is not None and not 0 < told.minutes <= LONGEST_DAY:
        raise Invalid(field=MINUTES)
    for name in ("mood_start", "mood_end"):
        if getattr(told, name) not in {None, *FACES}:
            raise Invalid(field=WORDS[name])
    if set(told.told) - set(range(1, len(load_study().scripts["closing"]) + 1)):
        raise Invalid(field=SCRIPT)


def _facts(told: ClosingTold) -> dict[str, Value]:
    found: dict[str, Value] = {name: clean(getattr(told, name).strip()) for name in TEXTS}
    found |= {name: list(getattr(told, name)) or None for name in LISTS}
    return found | {"mood_start": told.mood_start, "mood_end": told.mood_end}


def _at_the_end(desk: Desk, tables: Tables, row: people.Row, told: ClosingTold, stored: people.Row) -> dict[str, Value]:
    """The day and the minutes are those of the first time; a child's stop is nobody's to change.

    That a child stopped is said by the button, or by the paper.
    """
    stopped, on_paper = _stopped(tables, row["id"]), None if told.minutes is None else told.minutes * MINUTE
    if told.completion == closings.STOPPED and row["entered_on"]:
        withdrawals.on_paper(desk, tables, row["subject"], row["id"], row["started_on"], STOP_KEEP)
        stopped = True
    if told.completion == closings.STOPPED and not stopped:
        raise Invalid(field=WORDS["completion"])
    far = closings.STOPPED if stopped else told.completion
    day = row["started_on"] if row["entered_on"] else interviews.today(desk, row["id"])
    return {
        "completion": far,
        "stop_reason": "" if far in closings.FINISHED else told.stop_reason,
        "ended_on": stored.get("ended_on") or day,
        "duration_ms": on_paper if row["entered_on"] else _length(desk, tables, row, stored),
    }


def _stopped(tables: Tables, interview: str) -> bool:
    """Tell whether the child stopped it, as anybody here knows: that outweighs what somebody else wrote."""
    return closings.STOPPED in store.versions(tables, interview)


def _stored(tables: Tables, interview: str) -> people.Row:
    """Return what was said of the end so far, lists unpacked."""
    row = people.row(tables, "closings", "interview = ?", interview) or {}
    return row | {name: json.loads(row[name]) for name in LISTS if row.get(name)}


def _length(desk: Desk, tables: Tables, row: people.Row, stored: people.Row) -> int | None:
    """Return the milliseconds of an interview: those of its end, or of now; None where the paper says none."""
    return stored.get("duration_ms") or interviews.ran(desk, tables, row)


def _minutes(length: int | None) -> int | None:
    return None if length is None else length // MINUTE


def _longest() -> int:
    """Twice what families are told."""
    return 2 * load_study().minutes


def _values(desk: Desk, tables: Tables, row: people.Row, stored: people.Row) -> dict[str, Value]:
    """Return what the page shows: what was said, else what can be known without asking."""
    names = [one.name for one in fields(ClosingTold)]
    said = {name: stored[name] for name in names if stored.get(name) not in (None, "")}
    first = not said.keys() - {"completion"}  # later on, what is empty was left empty
    return (_prefilled(desk, tables, row) if first else {}) | {"completion": _how_far(tables, row)} | said


def _prefilled(desk: Desk, tables: Tables, row: people.Row) -> dict[str, Value]:
    came = [one["who"] or "" for one in people.moments(tables, row["id"]) if one["what"] == CAME]
    last = store.last_of(tables, desk.me.code, row["id"])
    mine = setup.members(tables).get(desk.me.code, {})
    found: dict[str, Value] = {name: last.get(name) or "" for name in AGAIN}
    return found | {
        "others_present": closings.present(came),
        "interviewer_stance": mine.get("stance_zh") or mine.get("stance_en") or last.get("interviewer_stance") or "",
        "thank_you": found["thank_you"] or setup.facts(tables).get("gift", ""),
    }


def _how_far(tables: Tables, row: people.Row) -> str:
    version = strings.guide_of(tables, row)
    texts = strings.hashes(version) if version else {}
    asked = strings.asked(tables, texts)
    done = {one["question"] for one in people.answers(tables, row["id"]) if one["outcome"] in closings.DONE_WITH}
    core = [one["code"] for one in asked if one["core"]]
    return closings.how_far(done, core, [one["code"] for one in asked])


def _script(tables: Tables, row: people.Row, one: Case) -> list[Pair]:
    """Return the closing script of the guide that this interview follows, filled."""
    version = strings.guide_of(tables, row)
    texts = strings.published(tables, version) if version else {}
    place = people.row(tables, "places", "site = ?", one.site) or {}
    contact = Pair(place["child_director"], place["child_director"]) if place.get("child_director") else _CONTACT
    days = setup.facts(tables).get("withdraw_window_days", "")
    until = date.fromisoformat(row["started_on"]) + timedelta(days=int(days) if days.isdecimal() else WINDOW)
    values = {"local_contact": contact, "withdraw_until": calendars.spoken_day(until.isoformat())}
    return forms.ending(texts, values)


_CONTACT = Pair("村里的儿童主任", "the child officer of the village")
