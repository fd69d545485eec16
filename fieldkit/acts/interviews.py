"""Interviews: start one when every gate holds, and show its page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from fieldkit.acts import pseudonyms
from fieldkit.acts.cases import HeldThatDay
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.people import Case, case_within
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Change, natural_id
from fieldkit.rules import consent, gates, guides
from fieldkit.rules import elapsed as counters
from fieldkit.rules import moments as meanings
from fieldkit.rules.findings import Finding
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.rules.moments import Moment
from fieldkit.store import elapsed, log, machine, merge, people, standing, strings
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Pair, load_study

NEEDED = "notes"
FULL, CORE = "full", "core"
NOTHING: Mapping[str, str] = MappingProxyType({})
REASONS = {gate: load_study().codes[f"reason_{gate}"] for gate in ("G09", "G10", "G12")}


class GatesClosed(Refusal):
    """V34: something that has to be in place first is not; `details["gates"]` names all of it."""

    code = "V34"
    message = N_("The interview cannot start yet. See what is still missing and do that first.")


class ConsentMissing(Refusal):
    """The consents that this interview stands on are no longer in place."""

    code = "consent_missing"
    message = N_(
        "Not saved: the consents for this interview are not in place any more. "
        "Stop writing and look at the child's page."
    )


@dataclass(frozen=True)
class Mark:
    """One question in the list of what is left: open, answered, skipped or off_record."""

    id: str
    text: Pair
    state: str


@dataclass(frozen=True)
class SectionLine:
    """One section of the guide: how many of its questions are answered, and how each of them stands."""

    id: str
    title: Pair
    answered: int
    total: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class OtherText:
    """A text that stands against the shown one: nobody's edit is overwritten."""

    text: str
    author: str
    device: str


@dataclass(frozen=True)
class QuestionLine:
    """One question with its probes, its text as it stands, and the editor that this page opens on it.

    `waits`: why it is better not asked now (`rules.guides.waits`); `context`: what of this family to think of first,
    None where nobody told it; `minute`: when the note was begun.
    """

    id: str
    text: Pair
    probes: list[Pair]
    sens: int
    careful: bool
    state: str
    text_now: str
    text_kind: str
    others: list[OtherText]
    editor: str
    base: str
    sealed: bool
    waits: str
    context: tuple[str, ...] | None
    minute: int | None


@dataclass(frozen=True)
class Around:
    """What happens beside the questions: who can listen, until when tender ones wait, a break, a rest to be offered.

    `calm_from` is a minute, 0 where nothing tender is asked any more, None where nothing waits.
    """

    listening: tuple[str, ...]
    calm_from: int | None
    resting: bool
    rest: Finding | None


@dataclass(frozen=True)
class Pulse:
    """How many minutes an interview has run, and the hint to offer a rest where one is due (V33)."""

    minutes: int
    rest: Finding | None


@dataclass(frozen=True)
class Sheet:
    """The paper that an interview is typed in from: the day it was held on, and where the sheet lies."""

    held_on: str
    paper_ref: str


@dataclass(frozen=True)
class InterviewPage:
    """One section of one interview. `minutes` that it has run so far, breaks left out; None where a `sheet` says none.

    `mode`: all questions or the core set; `told`: the parts of the opening that were said to the child; `ended`: the
    code of `completion`, empty while it runs; `writable`: whether the consents for its notes are in place; `mark` names
    this opening of the page.
    """

    interview: str
    case: Case
    section: str
    sections: list[SectionLine]
    questions: list[QuestionLine]
    minutes: int | None
    mode: str
    around: Around
    told: tuple[int, ...]
    ended: str
    writable: bool
    sheet: Sheet | None
    mark: str = field(default_factory=new_id)

    @property
    def open_questions(self) -> int:
        """Return how many questions nothing has been said to."""
        return sum(mark.state == "open" for section in self.sections for mark in section.marks)


@only(INTERVIEWER)
def start(desk: Desk, subject: str, reasons: Mapping[str, str] = NOTHING) -> str:
    """Open an interview on the child's yes of today; return its id, or that of the one that is open.

    *reasons*: what was tapped for the gates that ask (gate id to reason code); it is kept with the interview.
    Raises NotFound, GatesClosed (V34), HeldThatDay (on paper), WallBroken, and V11 or V12 where the pseudonym tells.
    """
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        if one.step.interview:
            return one.step.interview
        if one.held_on_paper(desk.today):
            raise HeldThatDay
        asked = check_gates(one.gates, reasons)
        pseudonyms.check_tells_nothing(tables, one)
        version = strings.newest_version(tables)
        if version is None:
            raise NotFound
        session, author = one.session, {"interviewer": desk.me.code, "asked": asked}
        facts = {"guide_version": version["id"], "started_on": desk.today, **author}
        named = consent.grounds(one.events, session)
        draft = Draft("interview", facts, record=session, subject=subject, session=session, grounds=named, elapsed=0)
        log.append(tables, desk.pen, draft)
        elapsed.keep(tables, session, desk.clock)
        return session


def check_gates(judged: Sequence[gates.Gate], reasons: Mapping[str, str]) -> dict[str, str]:
    """Return the reason tapped for each gate that asks. Raises GatesClosed (V34) with all that is not in place."""
    asked = {gate.id: reasons.get(gate.id, "") for gate in gates.asking(judged)}
    open_ones = [gate for gate in gates.asking(judged) if asked[gate.id] not in REASONS[gate.id]]
    failing = [*gates.failing(judged), *open_ones]
    if failing:
        raise GatesClosed(gates=failing)
    return asked


def row_within(tables: Tables, interview: str) -> people.Row:
    """Return an interview as the caller's transaction sees it; raises NotFound, also where the child withdrew."""
    row = people.row(tables, "interviews", "id = ?", interview)
    if row is None or people.is_hidden(tables, row["subject"]):
        raise NotFound
    return row


def tick(desk: Desk, tables: Tables, interview: people.Row, turn: elapsed.Turn = counters.move) -> int | None:
    """Move the counter of a talk; return its milliseconds, None where it was held on paper: its minutes passed then."""
    return None if interview["entered_on"] else elapsed.keep(tables, interview["id"], desk.clock, turn)


def ran(desk: Desk, tables: Tables, interview: people.Row) -> int | None:
    """Return how many milliseconds a talk has run; None where it was held on paper."""
    return None if interview["entered_on"] else elapsed.now(tables, interview["id"], desk.clock)


def grounds(tables: Tables, interview: people.Row) -> tuple[str, ...]:
    """Return what a change of *interview* names as its grounds (`design.md` §6).

    Raises ConsentMissing unless notes are permitted in this session.
    """
    events = standing.events(tables, interview["subject"])
    if not consent.effective(events, NEEDED, interview["id"]):
        raise ConsentMissing
    return consent.grounds(events, interview["id"])


@only(INTERVIEWER, COORDINATOR)
def page(desk: Desk, interview: str, section: str | None = None) -> InterviewPage:
    """Return one section of an interview, each question with a fresh editor. Raises NotFound."""
    with desk.db.reading() as tables:
        row = row_within(tables, interview)
        version = strings.guide_of(tables, row)
        if version is None:
            raise NotFound
        texts = strings.published(tables, version)
        asked = strings.asked(tables, texts)
        answers = {answer["question"]: answer for answer in people.answers(tables, interview)}
        one = case_within(desk, tables, row["subject"])
        over, mode = _closing(tables, interview), row["mode"] or FULL
        lasted = _lasted(desk, tables, row, over)
        around = _around(tables, row, lasted)
        values = {"away": guides.away_name(one.migration), "carer": guides.carer_name(one.carer)}
        reader = _Reader(desk, tables, interview, texts, answers, values, around, _context(tables, one.id))
        shown = [question for question in asked if mode == FULL or question["core"] or question["code"] in answers]
        lines = reader.sections(shown)
        wanted = section if section in {line.id for line in lines} else lines[0].id
        questions = [reader.line(question) for question in shown if question["section"] == wanted]
    told = next((event.told for event in one.events if event.session == interview and event.told), ())
    minutes, came = None if lasted is None else lasted // meanings.MINUTE, over.get("completion") or ""
    held = interview, one, wanted, lines, questions, minutes, mode, around, told, came
    return InterviewPage(*held, consent.effective(one.events, NEEDED, interview), sheet_of(row))


@only(INTERVIEWER)
def choose_mode(desk: Desk, interview: str, mode: str) -> None:
    """Ask all questions from now on, or the core set. Raises NotFound, Invalid, ConsentMissing."""
    if mode not in {FULL, CORE}:
        raise Invalid(field=N_("which questions are asked"))
    with desk.db.writing() as tables:
        row = row_within(tables, interview)
        if (row["mode"] or FULL) == mode:
            return
        known = {"record": interview, "subject": row["subject"], "session": interview}
        at, named = tick(desk, tables, row), grounds(tables, row)
        log.append_over(tables, desk.pen, Draft("interview", {"mode": mode}, **known, grounds=named, elapsed=at))


@only(INTERVIEWER)
def beat(desk: Desk, interview: str) -> Pulse:
    """Keep the counter of an interview whose page somebody sees. Raises NotFound."""
    with desk.db.writing() as tables:
        row = row_within(tables, interview)
        over = _closing(tables, interview)
        if not over.get("completion"):
            tick(desk, tables, row)
        lasted = _lasted(desk, tables, row, over)
        return Pulse((lasted or 0) // meanings.MINUTE, _around(tables, row, lasted).rest)


def _lasted(desk: Desk, tables: Tables, row: people.Row, over: people.Row) -> int | None:
    """Return the milliseconds that an interview has run; those of its closing *over* once it has ended."""
    at_the_end: int | None = over.get("duration_ms")
    return ran(desk, tables, row) if at_the_end is None else at_the_end


def paper_day(tables: Tables, interview: str) -> str:
    """Return the day of the sheet that *interview* is typed in from, also where it is held back; empty for a talk."""
    return next((one.set["started_on"] for one in log.all_of(tables, interview) if one.set.get("entered_on")), "")


def sheet_of(row: people.Row) -> Sheet | None:
    """Return the paper that an interview is typed in from, None for a talk at this laptop."""
    return Sheet(row["started_on"], row["paper_ref"] or "") if row["entered_on"] else None


def _closing(tables: Tables, interview: str) -> people.Row:
    """Return the closing of an interview that has ended; nothing while it goes on."""
    return people.row(tables, "closings", "interview = ? AND ended_on <> ''", interview) or {}


def ended(tables: Tables, interview: str) -> str:
    """Return how far an interview came that has ended, as its closing says; empty while it goes on."""
    return _closing(tables, interview).get("completion") or ""


def _around(tables: Tables, row: people.Row, lasted: int | None) -> Around:
    """Return what happens beside the questions; nothing does while a sheet is typed in."""
    if lasted is None or row["entered_on"]:
        return Around((), None, resting=False, rest=None)
    found = [Moment(one["what"], one["who"] or "", one["t_elapsed"] or 0) for one in people.moments(tables, row["id"])]
    return Around(
        meanings.listening(found),
        meanings.calm_from(found, lasted),
        meanings.resting(found),
        meanings.rest(found, lasted, load_study().minutes),
    )


def _context(tables: Tables, subject: str) -> tuple[str, ...] | None:
    """Return what of a family to think of before asking, as codes of `sensitive_ctx`; None where nobody told it."""
    row = people.row(tables, "participants", "id = ?", subject) or {}
    told = json.loads(row["sensitive"]) if row.get("sensitive") else None
    dead = any(parent["alive"] == "no" for parent in people.rows(tables, "parents", subject))
    if dead:
        return tuple(dict.fromkeys(["parent_dead", *(told or ())]))
    return None if told is None else tuple(told)


@dataclass(frozen=True)
class _Reader:
    """What the lines of one page need to look up."""

    desk: Desk
    tables: Tables
    interview: str
    texts: dict[str, Pair]
    answers: dict[str, people.Row]
    values: dict[str, Pair]
    around: Around
    context: tuple[str, ...] | None

    def sections(self, asked: list[strings.Row]) -> list[SectionLine]:
        lines = []
        for section in load_study().guide.sections:
            marks = tuple(self._mark(question["code"]) for question in asked if question["section"] == section.id)
            done = sum(1 for mark in marks if mark.state == "answered")
            title = self.texts.get(f"guide:{section.id}", section.title)
            lines += [SectionLine(section.id, title, done, len(marks), marks)] if marks else []
        return lines

    def line(self, question: strings.Row) -> QuestionLine:
        code = question["code"]
        mark, found, record = self._mark(code), self.answers.get(code, {}), natural_id("answer", self.interview, code)
        standing = log.standing_of(self.tables, record)
        texts = merge.heads(standing).get("text", [])
        begun = [one.elapsed for one in standing if one.elapsed is not None]
        careful = question["ctx"] == "careful"
        return QuestionLine(
            id=code,
            text=mark.text,
            probes=[self._said(probe) for probe in self._probes(question)],
            sens=question["sens"] or 0,
            careful=careful,
            state=mark.state,
            text_now=found.get("text") or "",
            text_kind=found.get("text_kind") or "verbatim",
            others=[self._other(one) for one in texts[:-1] if one.set["text"] != texts[-1].set["text"]],
            editor=new_id(),
            base=log.encode_base(standing),
            sealed=bool(found) and not log.waits(self.tables, record),
            waits=self._waits(question["sens"] or 0, careful=careful),
            context=self.context if careful else (),
            minute=min(begun) // meanings.MINUTE if begun else None,
        )

    def _mark(self, code: str) -> Mark:
        state = _STATES.get(self.answers.get(code, {}).get("outcome", ""), "open")
        return Mark(code, self._said(f"guide:{code}"), state)

    def _said(self, string: str) -> Pair:
        return guides.fill_pair(self.texts[string], self.values)

    def _waits(self, sens: int, *, careful: bool) -> str:
        listened, upset = bool(self.around.listening), self.around.calm_from is not None
        return guides.waits(sens, careful=careful, context=self.context or (), listened=listened, upset=upset)

    def _probes(self, question: strings.Row) -> list[str]:
        codes = [f"guide:{probe}" for probe in question["probes"]]
        return [code for code in codes if code in self.texts]

    def _other(self, one: Change) -> OtherText:
        everybody = machine.everybody(self.tables)
        user, device = everybody.users.get(one.author), everybody.devices.get(one.device)
        return OtherText(one.set["text"], user.name if user else "", device.name if device else "")


_STATES = {"answered": "answered", "child_skipped": "skipped", "off_record": "off_record"}
