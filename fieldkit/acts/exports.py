"""What may leave as a dataset: rows of interviews whose children are in use, with counts of what stays behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fieldkit.acts import situations
from fieldkit.acts.clocks import meant
from fieldkit.acts.desk import Desk, only
from fieldkit.rules import consent, guides
from fieldkit.rules.consent import ADULT, GUARDIAN, NECESSARY, Event
from fieldkit.rules.members import COORDINATOR
from fieldkit.store import clocks, machine, people, standing, strings
from fieldkit.store.database import Tables
from fieldkit.studies import Pair, load_study


@dataclass(frozen=True)
class AnswerRow:
    """One note as it is exported: who, which question in the words that were asked, and what was written.

    `entered_on` and `paper_ref`: of an interview that was held on paper and typed in later, else empty; `mode`: all
    questions or the core set; `suspicious`: written while the clock of the laptop was wrong, or its date was stated;
    `may_quote`: the family allows its words to be quoted without a name, and so does the child; `put_right`: the day
    that was meant by `started_on`, where that was wrong; two of them where coordinators say different things.
    """

    case_code: str
    pseudonym: Pair
    session_code: str
    started_on: str
    interviewer: str
    section: Pair
    question: str
    asked: Pair
    outcome: str
    text_kind: str
    text: str
    conflict: bool
    suspicious: bool
    may_quote: bool
    mode: str
    entered_on: str
    paper_ref: str
    put_right: str


@dataclass(frozen=True)
class Dataset:
    """The rows, how many interviews they come from, non-participation by reason, and what was left out."""

    rows: list[AnswerRow]
    interviews: int
    nonparticipation: dict[str, int]
    left_out_held: int
    left_out_withdrawn: int


@only(COORDINATOR)
def dataset(desk: Desk) -> Dataset:
    """Return everything that may be analysed: held notes and withdrawn children are left out and counted.

    No stop can be waiting here: a child is stopped on an interviewer's laptop only, and this is a coordinator's.
    """
    with desk.db.reading() as tables:
        names = {code: user.name for code, user in machine.everybody(tables).users.items()}
        sections = {question["code"]: question["section"] for question in strings.questions(tables)}
        rows: list[AnswerRow] = []
        interviews, on_hold = 0, 0
        for child in people.participants(tables):
            found, said = people.interviews(tables, child["id"]), standing.binding(tables, child["id"])
            grown = situations.grown(desk, tables, child["id"], said)
            if objects(said, grown=grown):
                on_hold += len(found)
                continue
            interviews += len(found)
            flagged, quoted = clocks.flagged(tables, child["id"]), consent.usable(said, "quote", grown=grown)
            right = meant(tables, child["id"])
            for place, interview in enumerate(found, 1):
                texts = _asked(tables, interview)
                code = f"{child['case_code']}-S{place}"
                days = in_cell(right.get(interview["id"], ()))
                head = _Head(child, code, interview, names.get(interview["interviewer"], ""), flagged, quoted, days)
                rows += [head.row(answer, texts, sections) for answer in people.answers(tables, interview["id"])]
        return Dataset(
            rows,
            interviews,
            standing.nonparticipation(tables),
            people.held_interviews(tables) + on_hold,
            people.hidden_children(tables),
        )


def in_use(desk: Desk, tables: Tables) -> list[people.Row]:
    """Return the children who may be analysed, by case code: not hidden, and no guardian of theirs objects."""
    said = [(one, standing.binding(tables, one["id"])) for one in people.participants(tables)]
    return [one for one, events in said if not objects(events, grown=situations.grown(desk, tables, one["id"], events))]


def objects(said: list[Event], *, grown: bool) -> bool:
    """Tell whether a guardian's no is open: nothing more is used until that guardian lifts it (`domain.md` §7, 9).

    Of somebody *grown* who answered for themselves no guardian decides any more (§3.8); who answered so and is not
    grown needs a guardian's yes like any child.
    """
    if consent.decides_alone(said, grown=grown):
        return False
    by_mistake = any(event.actor == ADULT for event in consent.in_force(said))
    declined = any(event.act == "declined" for event in consent.open_noes(said, {GUARDIAN}))
    return declined or (by_mistake and not consent.guardians_ok(said, NECESSARY))


def _asked(tables: Tables, interview: people.Row) -> dict[str, Pair]:
    """Return the words that were asked; none where a torn bundle brought the interview before its guide."""
    version = strings.guide_of(tables, interview)
    return strings.published(tables, version) if version else {}


@dataclass(frozen=True)
class _Head:
    """What every row of one interview repeats."""

    child: people.Row
    session_code: str
    interview: people.Row
    interviewer: str
    flagged: set[str]
    may_quote: bool
    put_right: str

    def row(self, answer: people.Row, texts: dict[str, Pair], sections: dict[str, str]) -> AnswerRow:
        code = answer["question"]
        section = sections.get(code, "")
        values = {
            "away": guides.away_name(self.child["migration"] or ""),
            "carer": guides.carer_name(self.child["carer"] or ""),
        }
        return AnswerRow(
            case_code=self.child["case_code"],
            pseudonym=Pair(self.child["pseudonym_zh"] or "", self.child["pseudonym_en"] or ""),
            session_code=self.session_code,
            started_on=self.interview["started_on"],
            interviewer=self.interviewer,
            section=texts.get(f"guide:{section}", Pair(section, section)),
            question=code,
            asked=guides.fill_pair(texts.get(f"guide:{code}", Pair("", "")), values),
            outcome=answer["outcome"],
            text_kind=answer["text_kind"],
            text=answer["text"],
            conflict=bool(answer["conflict"]),
            suspicious=answer["id"] in self.flagged,
            may_quote=self.may_quote,
            mode=self.interview["mode"] or "full",
            entered_on=self.interview["entered_on"] or "",
            paper_ref=self.interview["paper_ref"] or "",
            put_right=self.put_right,
        )


def in_cell(days: Iterable[str]) -> str:
    """Return the days that were meant as one cell of a table."""
    return " / ".join(days)


def label(codes: str, code: str) -> Pair:
    """Return the label of a coded value, or the code itself where the study does not know it."""
    return load_study().codes[codes].get(code, Pair(code, code))
