"""The page of an interview: a section of its guide at a time, each question with its note and an editor on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from fieldkit.acts import interviews
from fieldkit.acts.cases import Case, case_within
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.interviews import FULL, Paper
from fieldkit.clock import new_id
from fieldkit.errors import NotFound
from fieldkit.records import Change, natural_id
from fieldkit.rules import consent, guides, moments
from fieldkit.rules.findings import Finding
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.rules.moments import MINUTE, Moment
from fieldkit.store import decisions, log, machine, merge, people, strings
from fieldkit.store.database import Tables
from fieldkit.studies import Pair, load_study


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
    """A text that stands against the shown one: nobody's edit is overwritten. `mine`: this laptop wrote it."""

    text: str
    author: str
    device: str
    version: str
    mine: bool


@dataclass(frozen=True)
class QuestionLine:
    """One question with its probes, its text as it stands, and the editor that this page opens on it.

    `waits`: why it is better not asked now (`rules.guides.waits`); `context`: what of this family to think of first,
    None where nobody told it; `minute`: when the note was begun; `kept`: why a coordinator let the other texts stand;
    `taken_back`: what was said is to be deleted, and nothing more is written.
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
    kept: str = ""
    taken_back: bool = False


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
class InterviewPage:
    """One section of one interview. `minutes` that it has run, breaks left out; None where its `paper` has none.

    `mode`: all questions or the core set; `upset`: how upset the child was at worst, as a code of `moment`; `told`: the
    parts of the opening that were said to the child; `ended`: the code of `completion`, empty while it runs;
    `writable`: whether the consents for its notes are in place; `left_open_on`: the earlier day of a talk that nobody
    ended, else empty; `jumped_to`: what the date says since it jumped in the midst of the talk, else empty;
    `mark` names this opening of the page.
    """

    interview: str
    case: Case
    section: str
    sections: list[SectionLine]
    questions: list[QuestionLine]
    minutes: int | None
    mode: str
    around: Around
    upset: str
    told: tuple[int, ...]
    ended: str
    writable: bool
    paper: Paper | None
    left_open_on: str = ""
    jumped_to: str = ""
    mark: str = field(default_factory=new_id)

    @property
    def open_questions(self) -> int:
        """Return how many questions nothing has been said to."""
        return sum(mark.state == "open" for section in self.sections for mark in section.marks)


@only(INTERVIEWER, COORDINATOR)
def page(desk: Desk, interview: str, section: str | None = None) -> InterviewPage:
    """Return one section of an interview, each question with a fresh editor. Raises NotFound."""
    with desk.db.reading() as tables:
        row = interviews.row_within(tables, interview)
        one = case_within(desk, tables, row["subject"])
        lasted, mode = interviews.lasted(desk, tables, row), row["mode"] or FULL
        happened = interviews.happened(tables, row)
        around = _around(row, happened, lasted)
        reader = _reader(desk, tables, row, one, around)
        shown = reader.shown(mode)
        lines = reader.sections(shown)
        wanted = section if section in {line.id for line in lines} else lines[0].id
        return InterviewPage(
            interview=interview,
            case=one,
            section=wanted,
            sections=lines,
            questions=[reader.line(question) for question in shown if question["section"] == wanted],
            minutes=None if lasted is None else lasted // MINUTE,
            mode=mode,
            around=around,
            upset=moments.how_upset(happened),
            told=next((event.told for event in one.events if event.session == interview and event.told), ()),
            ended=interviews.ended(tables, interview),
            writable=one.permits(interviews.NEEDED, interview),
            paper=interviews.paper_of(row),
            left_open_on=row["started_on"] if _left_open(desk, tables, row) else "",
            jumped_to=desk.today if interviews.jumped(desk, interview) else "",
        )


@only(INTERVIEWER)
def set_aside(desk: Desk, interview: str) -> dict[str, list[str]]:
    """Return, by question, what was typed over words that were erased elsewhere: it counts nowhere, a person looks.

    So it is after an older backup was restored, and the order to erase came later. Raises NotFound.
    """
    found: dict[str, list[str]] = {}
    with desk.db.reading() as tables:
        interviews.row_within(tables, interview)
        for waiting in log.aside(tables, interview, "answer"):
            for one in merge.heads(waiting).get("text", []):
                if one.set["text"]:
                    found.setdefault(one.set["question"], []).append(one.set["text"])
    return found


def _left_open(desk: Desk, tables: Tables, row: people.Row) -> bool:
    """Tell whether a talk of an earlier day was never ended: the child's yes was to that day alone (`domain.md` D2)."""
    day = interviews.today(desk, row["id"])
    return row["started_on"] < day and not row["entered_on"] and not interviews.ended(tables, row["id"])


def _around(row: people.Row, found: Sequence[Moment], lasted: int | None) -> Around:
    """Return what happens beside the questions; nothing does while paper is typed in."""
    if lasted is None or row["entered_on"]:
        return Around((), None, resting=False, rest=None)
    return Around(
        listening=moments.listening(found),
        calm_from=moments.calm_from(found, lasted),
        resting=moments.resting(found),
        rest=interviews.rest_due(found, lasted),
    )


def _reader(desk: Desk, tables: Tables, row: people.Row, one: Case, around: Around) -> _Reader:
    version = strings.guide_of(tables, row)
    if version is None:
        raise NotFound
    return _Reader(
        desk=desk,
        tables=tables,
        interview=row["id"],
        texts=strings.published(tables, version),
        answers={answer["question"]: answer for answer in people.answers(tables, row["id"])},
        values={"away": guides.away_name(one.migration), "carer": guides.carer_name(one.carer)},
        around=around,
        context=_context(tables, one.id),
        taken_back=consent.taken_back(one.events),
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
    taken_back: set[str]

    def shown(self, mode: str) -> list[strings.Row]:
        """Return all questions, or the core set and what was answered beside it."""
        asked = strings.asked(self.tables, self.texts)
        return [one for one in asked if mode == FULL or one["core"] or one["code"] in self.answers]

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
        careful = question["ctx"] == guides.CAREFUL
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
            base=_base(standing),
            sealed=bool(found) and not log.waits(self.tables, record),
            waits=self._waits(question["sens"] or 0, careful=careful),
            context=self.context if careful else (),
            minute=min(begun) // MINUTE if begun else None,
            kept=decisions.why(decisions.reasons(self.tables, record), "text", texts) if texts[1:] else "",
            taken_back=record in self.taken_back,
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
        names = (user.name if user else "", device.name if device else "")
        return OtherText(one.set["text"], *names, one.id, one.device == self.desk.device.id)


def _base(standing: Sequence[Change]) -> str:
    """Return what the editor of a note is opened on: of two texts the one that it shows, so that typing on keeps both.

    Which of them holds is decided on a page of its own (`acts/conflicts.py`), not by the first key.
    """
    texts = merge.heads(standing).get("text", [])
    beside = {one.id for one in texts if one.set["text"] != texts[-1].set["text"]}
    return log.encode_base([one for one in standing if one.id not in beside])


_STATES = {"answered": "answered", "child_skipped": "skipped", "off_record": "off_record"}
