"""Interviews: start one when every gate holds, and show its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fieldkit.acts.desk import Desk, only
from fieldkit.acts.people import Case, case_within
from fieldkit.clock import new_id
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Change, natural_id
from fieldkit.rules import consent, gates, guides
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import elapsed, log, machine, merge, people, standing, strings
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Pair, load_study

NEEDED = "notes"
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
class SectionLine:
    """One section of the guide: how many of its questions are answered."""

    id: str
    title: Pair
    answered: int
    total: int


@dataclass(frozen=True)
class OtherText:
    """A text that stands against the shown one: nobody's edit is overwritten."""

    text: str
    author: str
    device: str


@dataclass(frozen=True)
class QuestionLine:
    """One question with its probes, its text as it stands, and the editor that this page opens on it."""

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


@dataclass(frozen=True)
class InterviewPage:
    """One section of one interview. `minutes` that it has run so far, breaks left out."""

    interview: str
    case: Case
    section: str
    sections: list[SectionLine]
    questions: list[QuestionLine]
    minutes: int


@only(INTERVIEWER)
def start(desk: Desk, subject: str, reasons: Mapping[str, str] = NOTHING) -> str:
    """Open an interview on the child's yes of today; return its id, or that of the one that is open.

    *reasons*: what was tapped for the gates that ask (gate id to reason code); it is kept with the interview.
    Raises NotFound, GatesClosed (V34), WallBroken.
    """
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        if one.step.interview:
            return one.step.interview
        asked = {gate.id: reasons.get(gate.id, "") for gate in gates.asking(one.gates)}
        open_ones = [gate for gate in gates.asking(one.gates) if asked[gate.id] not in REASONS[gate.id]]
        failing = [*gates.failing(one.gates), *open_ones]
        if failing:
            raise GatesClosed(gates=failing)
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


def row_within(tables: Tables, interview: str) -> people.Row:
    """Return an interview as the caller's transaction sees it; raises NotFound, also where the child withdrew."""
    row = people.row(tables, "interviews", "id = ?", interview)
    if row is None or people.is_hidden(tables, row["subject"]):
        raise NotFound
    return row


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
        version = people.row(tables, "guide_versions", "id = ?", row["guide_version"])
        if version is None:  # a torn bundle brought the interview before its guide
            raise NotFound
        texts = strings.published(tables, version)
        asked = [question for question in strings.questions(tables) if f"guide:{question['code']}" in texts]
        answers = {answer["question"]: answer for answer in people.answers(tables, interview)}
        names = {code: user.name for code, user in machine.everybody(tables).users.items()}
        devices = {id_: device.name for id_, device in machine.everybody(tables).devices.items()}
        minutes = elapsed.now(tables, interview, desk.clock) // 60_000
        reader = _Reader(tables, interview, texts, answers, names, devices)
        one = case_within(desk, tables, row["subject"])
        lines = _sections(texts, asked, answers)
        wanted = section if section in {line.id for line in lines} else lines[0].id
        values = {"away": guides.away_name(one.migration), "carer": guides.carer_name(one.carer)}
        questions = [reader.line(question, values) for question in asked if question["section"] == wanted]
    return InterviewPage(interview, one, wanted, lines, questions, minutes)


def _sections(texts: dict[str, Pair], asked: list[strings.Row], answers: dict[str, people.Row]) -> list[SectionLine]:
    lines = []
    for section in load_study().guide.sections:
        mine = [question["code"] for question in asked if question["section"] == section.id]
        done = sum(1 for code in mine if code in answers and answers[code]["outcome"] == "answered")
        title = texts.get(f"guide:{section.id}", section.title)
        lines += [SectionLine(section.id, title, done, len(mine))] if mine else []
    return lines


@dataclass(frozen=True)
class _Reader:
    """What the lines of one page need to look up."""

    tables: Tables
    interview: str
    texts: dict[str, Pair]
    answers: dict[str, people.Row]
    names: dict[str, str]
    devices: dict[str, str]

    def line(self, question: strings.Row, values: dict[str, Pair]) -> QuestionLine:
        code = question["code"]
        found = self.answers.get(code, {})
        standing = log.standing_of(self.tables, natural_id("answer", self.interview, code))
        texts = merge.heads(standing).get("text", [])
        return QuestionLine(
            id=code,
            text=guides.fill_pair(self.texts[f"guide:{code}"], values),
            probes=[guides.fill_pair(self.texts[probe], values) for probe in self._probes(question)],
            sens=question["sens"] or 0,
            careful=question["ctx"] == "careful",
            state=_STATES.get(found.get("outcome", ""), "open"),
            text_now=found.get("text") or "",
            text_kind=found.get("text_kind") or "verbatim",
            others=[self._other(one) for one in texts[:-1] if one.set["text"] != texts[-1].set["text"]],
            editor=new_id(),
            base=log.encode_base(standing),
            sealed=bool(found) and not log.waits(self.tables, natural_id("answer", self.interview, code)),
        )

    def _probes(self, question: strings.Row) -> list[str]:
        codes = [f"guide:{probe}" for probe in question["probes"]]
        return [code for code in codes if code in self.texts]

    def _other(self, one: Change) -> OtherText:
        return OtherText(one.set["text"], self.names.get(one.author, ""), self.devices.get(one.device, ""))


_STATES = {"answered": "answered", "child_skipped": "skipped", "off_record": "off_record"}
