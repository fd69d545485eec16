"""One child as a page or a list shows them: what was said, what holds, and the one next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fieldkit.acts import situations
from fieldkit.acts.desk import Desk
from fieldkit.acts.situations import Ground
from fieldkit.errors import NotFound
from fieldkit.rules import consent, gates, states, studies
from fieldkit.rules.consent import ADULT, CHILD, GUARDIAN, Event
from fieldkit.rules.gates import Gate
from fieldkit.rules.halts import Halt
from fieldkit.rules.states import Adult
from fieldkit.rules.visits import RefusedVisit
from fieldkit.store import erasures, people, standing
from fieldkit.store.database import Tables
from fieldkit.studies import Pair, load_study


@dataclass(frozen=True)
class InterviewLine:
    """One interview of a child: `ZK-A03-016-S1`, its day, how far it came, its second and third tick, did it end.

    `on_paper`: it was held on paper and typed in.
    """

    id: str
    code: str
    started_on: str
    answered: int
    total: int
    carried: bool
    verified: bool
    ended: bool = False
    on_paper: bool = False


@dataclass(frozen=True)
class Step:
    """The one next step: a code that a page turns into a sentence and a button.

    `interview`: the talk that is open, which another step than "continue" halts until it is done.
    """

    code: str
    interview: str | None = None


@dataclass(frozen=True)
class Case:
    """One child, as this machine may see them. `called` and `phone` only where the vault is held.

    `closed_since`: the day since which the study is closed, else empty.

    In short, as in a list: of `events` those that decide, of `interviews` the newest; `held` says how many there are.
    A child who is known twice is one: `also` are the codes of the other records, `main` is the record under which lists
    show this one, `interviews` are those of all. `events` are of this record; `binding` is what holds for it.
    `refusals`: the visits that ended with a no of which nobody has said whose it was, the newest first. `halts`: what
    waits on this laptop for whoever filled it in, and can only protect the child. `unnamed`: the person whose consent
    counts once the paper that was seen is named. `adults`: of the household, by person id; `parents_out`, `disputed`:
    see `Situation`.
    """

    id: str
    case_code: str
    site: str
    sex: str
    age_group: str
    called: str | None
    phone: str | None
    pseudonym: Pair | None
    carer: str
    migration: str
    status: str
    step: Step
    gates: list[Gate]
    events: list[Event]
    interviews: list[InterviewLine]
    conflict: bool
    session: str = ""
    consent: str = states.NOT_SOUGHT
    assent: str = states.NOT_SOUGHT
    on_hold: bool = False
    moved: bool = False
    author: str = ""
    held: int = 0
    binding: list[Event] = field(default_factory=list)
    also: tuple[str, ...] = ()
    main: str = ""
    closed_since: str = ""
    refusals: Sequence[RefusedVisit] = ()
    halts: Sequence[Halt] = ()
    unnamed: str = ""
    adults: Mapping[str, Adult] = field(default_factory=dict)
    parents_out: bool = False
    disputed: Sequence[str] = ()

    @property
    def refused_on(self) -> str:
        """Return the day of the last visit that ended with a no of which nobody said whose it was; else empty."""
        return self.refusals[0].day if self.refusals else ""

    @property
    def repeated(self) -> bool:
        """Tell whether more than one talk was held with this child (COREQ item 18)."""
        return self.held > 1

    @property
    def to_take_back(self) -> bool:
        """Tell whether some guardian's no is known to be theirs: only they themselves can take it back, here."""
        noes = consent.open_noes(self.binding, {GUARDIAN})
        return any(no.person and no.id not in self.noes_elsewhere for no in noes)

    @property
    def noes_elsewhere(self) -> set[str]:
        """Return the guardians' noes under another record of the child, by id, that are taken back only there.

        Under this one nobody is known to be who said them.
        """
        here = {event.id for event in self.events}
        noes = [no for no in consent.open_noes(self.binding, {GUARDIAN}) if no.id not in here]
        return {no.id for no in noes if no.person and no.relation not in consent.ONE_EACH}

    @property
    def may_have_paper(self) -> bool:
        """Tell whether a talk may have been held on paper: somebody has answered, whatever it was."""
        return self.consent not in {states.NOT_SOUGHT, states.INFORMED}

    @property
    def adult(self) -> bool:
        """Tell whether the participant has come of age."""
        return self.age_group == states.ADULT_GROUP

    def permits(self, item: str, session: str) -> bool:
        """Tell whether *item* is permitted in *session*."""
        return consent.effective(self.binding, item, session, grown=self.adult)

    def held_on_paper(self, day: str) -> bool:
        """Tell whether an interview of *day* was typed in from paper: no second one of that day starts."""
        return any(line.on_paper and line.started_on == day for line in self.interviews)

    def talk_of(self, day: str) -> str:
        """Return the interview of *day* that has not ended and that the child did not leave, or an empty string."""
        mine = [line.id for line in reversed(self.interviews) if line.started_on == day and not line.ended]
        return next((one for one in mine if not consent.left(self.binding, one)), "")

    def thinks_in(self, session: str) -> bool:
        """Tell whether they think about it again in the middle of this session: it goes on with the next yes."""
        return consent.thinks_in(self.binding, session)

    @property
    def name(self) -> str:
        """Return what to call this child on a page."""
        return self.pseudonym.zh if self.pseudonym else self.called or self.case_code


GATES = [(gate.id, gate.level, gate.title) for gate in load_study().gates]


def case_within(desk: Desk, tables: Tables, subject: str) -> Case:
    """Return one child as the caller's transaction sees them; raises NotFound."""
    row, common = row_within(tables, subject), situations.ground(desk, tables)
    return _case(desk, tables, common, row, _whole(tables, row, common, conflict=people.disagrees(tables, subject)))


def in_short(desk: Desk, tables: Tables, subject: str) -> Case:
    """Return one child as a list shows them; raises NotFound."""
    return all_in_short(desk, tables, situations.ground(desk, tables), [row_within(tables, subject)])[0]


def row_within(tables: Tables, subject: str) -> people.Row:
    """Return what is kept of one child; raises NotFound, also where they withdrew."""
    row = people.in_use(tables, subject)
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True)
class _Known:
    """What was said and held with a child, whole or in short."""

    events: list[Event]
    interviews: list[InterviewLine]
    held: int
    conflict: bool


def all_in_short(desk: Desk, tables: Tables, common: Ground, rows: list[people.Row]) -> list[Case]:
    """Return the children of *rows* as a list shows them."""
    ids = [row["id"] for row in rows]
    said, newest = standing.in_short(tables, ids), people.newest_interviews(tables, ids)
    busy = standing.wordy(tables, said, desk.today) | people.interviewed_on(tables, desk.today)
    busy |= common.linked.keys()
    disputed = people.disputed(tables)

    def known(row: people.Row) -> _Known:
        child = row["id"]
        if child in busy:
            return _whole(tables, row, common, conflict=child in disputed)
        last = newest.get(child)
        lines = [_line(row, last, last["place"], common)] if last else []
        return _Known(said.get(child, []), lines, last["place"] if last else 0, child in disputed)

    return [_case(desk, tables, common, row, known(row)) for row in rows]


def _whole(tables: Tables, row: people.Row, common: Ground, *, conflict: bool) -> _Known:
    found, first = people.interviews(tables, row["id"]), common.records(row["id"])[0]
    shown = row if first == row["id"] else people.row(tables, "participants", "id = ?", first) or row
    lines = [_line(shown, one, place, common) for place, one in enumerate(found, 1)]
    return _Known(standing.events(tables, row["id"]), lines, len(lines), conflict)


def _case(desk: Desk, tables: Tables, common: Ground, row: people.Row, known: _Known) -> Case:
    found, twice = known.events, _known_twice(tables, common, row, known)
    holds = twice["binding"]
    session = unused_session(tables, holds, known.interviews, desk.today)
    situation = situations.gather(desk, tables, common, row, holds, session)
    one = Case(
        **_named(common, row),
        **twice,
        **{name: getattr(situation, name) for name in _AS_GATHERED},
        status="",
        step=Step("none"),
        gates=gates.judge(GATES, situation),
        events=found,
        interviews=known.interviews,
        held=known.held,
        session=session,
        consent=situation.guardians,
        assent=states.child(holds, session, grown=situation.adult),
        on_hold=states.on_hold(holds),
        moved=bool(row["moved_on"]),
        author=row.get("author") or "",
        closed_since=studies.closed_since(common.facts, common.closing),
        unnamed=states.paper_to_name(consent.in_force(holds), situation.adults, common.closing),
    )
    step = next_step(one, desk.today, situation.screening, common.closing)
    shown = Step("closed") if one.closed_since and step.code in _ASKS else step
    return replace(one, step=shown, status=_status(one, step))


_AS_GATHERED = ("age_group", "refusals", "halts", "adults", "parents_out", "disputed")


def _known_twice(tables: Tables, common: Ground, row: people.Row, known: _Known) -> dict[str, Any]:
    """Return what the other records of a child add: their codes, under which one lists show it, what holds for all."""
    first, *rest = whole = common.records(row["id"])
    others = [people.row(tables, "participants", "id = ?", one) for one in whole if one != row["id"]]
    return {
        "also": tuple(one["case_code"] for one in others if one),
        "main": "" if first == row["id"] else first,
        "binding": standing.binding(tables, row["id"]) if rest else known.events,
        "conflict": known.conflict or (bool(rest) and any(people.disagrees(tables, one) for one in whole)),
    }


def _named(common: Ground, row: people.Row) -> dict[str, Any]:
    """Return what a child is known by; the contact slip only where the vault is held."""
    slip = next(iter(common.rows("slips", "subject", row["id"])), {})
    return {
        "id": row["id"],
        "case_code": row["case_code"],
        "site": row["site"],
        "sex": row["sex"],
        "called": slip.get("called"),
        "phone": slip.get("phone"),
        "pseudonym": Pair(row["pseudonym_zh"], row["pseudonym_en"] or "") if row["pseudonym_zh"] else None,
        "carer": row["carer"] or "",
        "migration": row["migration"] or "",
    }


def _line(row: people.Row, one: people.Row, place: int, common: Ground) -> InterviewLine:
    return InterviewLine(
        one["id"],
        f"{row['case_code']}-S{place}",
        one["started_on"],
        one["answered"],
        common.questions,
        bool(one["carried"]),
        bool(one["verified"]),
        bool(one["ended"]),
        bool(one["entered_on"]),
    )


def unused_session(tables: Tables, events: list[Event], lines: list[InterviewLine], day: str) -> str:
    """Return the session of the participant's yes of *day* that no interview has used yet, or an empty string.

    Who thinks about it again before the start has not said yes any more; an interview that was erased has used its yes.
    """
    used, mine = {line.id for line in lines}, [one for one in events if one.actor in {CHILD, ADULT}]
    if consent.thinking(mine):
        return ""
    yes = [one for one in mine if one.act in consent.AGREEING and one.day == day]
    session = next((event.session for event in reversed(yes) if event.session not in {"", *used}), "")
    return "" if session and erasures.is_shut(tables, session) else session


def next_step(one: Case, day: str, screening: str, late: str) -> Step:
    """Return the next step of *one* on *day*; *late*: the day by which what ends is judged."""
    if not one.adult and consent.open_noes(one.binding, {GUARDIAN}):
        return Step("on_hold" if one.on_hold else "guardian_said_no")
    own_noes = consent.own_noes(one.binding, grown=one.adult)
    if own_noes:
        return Step("not_today" if any(day <= event.day <= max(day, late) for event in own_noes) else "child_said_no")
    talk = one.talk_of(day)
    if talk:
        return _in_the_middle(one, talk)
    if one.main or one.held_on_paper(day):
        return Step("none")
    if screening == "ineligible":
        return Step("screened_out")
    failing = gates.failing(one.gates)
    if not failing:
        return Step("start")
    if one.interviews and not one.session:
        return Step("none")
    return Step(next((gate.step for gate in failing if gate.step in _FOR_THE_FAMILY), "prepare"))


def _in_the_middle(one: Case, talk: str) -> Step:
    """Return the step in the middle of a *talk*: it goes on once whoever thinks about it again has said yes."""
    alone = consent.decides_alone(one.binding, grown=one.adult)
    if not alone and one.consent == states.DEFERRED:
        asks = (gate.step for gate in gates.failing(one.gates) if gate.id == "G04" and gate.step)
        return Step(next(asks, "prepare"), talk)
    if one.thinks_in(talk):
        return Step("ask_adult" if one.adult else "ask_child", talk)
    return Step("continue", talk)


_FOR_THE_FAMILY = (
    *("screen", "set_date", "name_paper", "choose_version"),
    *("ask_guardian", "call_parents", "ask_by_law", "ask_adult", "ask_child"),
)
_ASKS = frozenset({*_FOR_THE_FAMILY, "child_said_no", "guardian_said_no", "prepare", "start"})


def _status(one: Case, step: Step) -> str:
    """Return the code of `participant_status`; it is computed from the events, never typed."""
    return "moved" if one.moved and not step.interview else _STATUS.get(step.code, "in_progress")


_STATUS = {
    "screen": "listed",
    "screened_out": "screened_out",
    "ask_guardian": "consent_pending",
    "call_parents": "consent_pending",
    "ask_by_law": "consent_pending",
    "set_date": "consent_pending",
    "name_paper": "consent_pending",
    "choose_version": "consent_pending",
    "ask_adult": "consent_pending",
    "guardian_said_no": "declined",
    "on_hold": "on_hold",
    "ask_child": "assent_pending",
    "not_today": "declined",
    "child_said_no": "declined",
    "start": "ready",
    "prepare": "ready",
    "continue": "in_progress",
    "none": "completed",
}
