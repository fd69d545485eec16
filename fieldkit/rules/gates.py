"""Before an interview may start: every gate of `domain.md` §3.4, judged at once, in both languages.

A gate that this version does not judge says so; it is never shown as passed (`design.md` §6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fieldkit.rules import consent
from fieldkit.rules.consent import CARER, CHILD, GUARDIAN, NECESSARY, Event
from fieldkit.studies import Pair

FAILS, HOLDS, UNCHECKED = "fails", "holds", "unchecked"
ADULT_GROUPS = frozenset({"a18"})
OWN_CONSENT_GROUPS = frozenset({"a14_17"})


@dataclass(frozen=True)
class Gate:
    """One condition: its state, why, and the next step (a step code) that mends it."""

    id: str
    level: str
    title: Pair
    status: str
    reason: Pair
    step: str | None = None
    waits_for: int | None = None


@dataclass(frozen=True)
class Situation:
    """What the gates look at. `session`: of the child's yes that no interview has used yet, else empty."""

    events: Sequence[Event]
    age_group: str
    today: str
    session: str
    guide_published: bool
    carer: Pair = field(default=Pair("照护人", "the carer"))


Verdict = tuple[str, Pair, str | None]
_OK = Pair("已具备。", "In place.")
_UNCHECKED = Pair("这个版本还不检查这一项。", "Not checked by this version.")


def judge(titles: Sequence[tuple[str, str, Pair]], case: Situation) -> list[Gate]:
    """Return every gate of *titles* (id, level, title) judged for *case*; a failing one says what it waits for."""
    case = replace(case, events=consent.in_force(case.events))
    judged = [_gate(id_, level, title, case) for id_, level, title in titles]
    failing = [gate for gate in judged if gate.status == FAILS and gate.level == "block"]
    order = {gate.id: place for place, gate in enumerate(failing, 1)}
    return [_waiting(gate, order) for gate in judged]


def failing(gates: Sequence[Gate]) -> list[Gate]:
    """Return the gates that keep the interview from starting."""
    return [gate for gate in gates if gate.status == FAILS and gate.level == "block"]


def _gate(id_: str, level: str, title: Pair, case: Situation) -> Gate:
    judge_one = _JUDGES.get(id_)
    if judge_one is None:
        return Gate(id_, level, title, UNCHECKED, _UNCHECKED)
    status, reason, step = judge_one(case)
    return Gate(id_, level, title, status, reason, step)


def _waiting(gate: Gate, order: dict[str, int]) -> Gate:
    """The child is asked only after the guardian: such a gate has no button of its own."""
    first = min((order[id_] for id_ in ("G04", "G05", "G13") if id_ in order), default=None)
    if gate.status == FAILS and gate.id in {"G06", "G07", "G14", "G15"} and first is not None:
        return replace(gate, step=None, waits_for=first)
    return gate


_NOBODY_YET = Pair(
    "还没有监护人的同意。同意要由爸爸或妈妈来给。",
    "No guardian has consented yet. Consent has to come from a parent.",
)
_NOT_ALL_ITEMS = Pair(
    "监护人还没有对参加、文字记录和保存都表示同意。请再问一次。",
    "The guardian has not said yes to taking part, notes and storage. Ask again.",
)
_NO_IS_OPEN = Pair(
    "有一位监护人的不同意还没有收回，别的同意现在不算数。",
    "A guardian's no is still open; until it is taken back no other consent counts.",
)


def _only_a_carer(carer: Pair) -> Pair:
    return Pair(
        f"{carer.zh}的配合确认已经存好。{carer.zh}是照护人，同意要由爸爸或妈妈来给。",
        f"{carer.en}: the agreement is saved. That makes a carer; consent has to come from a parent.",
    )


def _guardian(case: Situation) -> Verdict:
    if all(consent.guardian_ok(case.events, item) for item in NECESSARY):
        return HOLDS, _OK, None
    if consent.open_noes(case.events, {GUARDIAN}):
        return FAILS, _NO_IS_OPEN, None
    if any(event.actor == GUARDIAN for event in case.events):
        return FAILS, _NOT_ALL_ITEMS, "ask_guardian"
    if any(event.actor == CARER for event in case.events):
        return FAILS, _only_a_carer(case.carer), "call_parents"
    return FAILS, _NOBODY_YET, "ask_guardian"


def _no_objection(case: Situation) -> Verdict:
    if consent.open_noes(case.events, {GUARDIAN}):
        return (
            FAILS,
            Pair(
                "有一位监护人说了不同意。只有这位监护人自己改主意，才能再开始。",
                "A guardian has said no. Only that guardian can take it back.",
            ),
            None,
        )
    return HOLDS, _OK, None


_NOT_AGAIN = Pair("孩子今天说了不愿意，今天不再问。", "The child said no today; do not ask again today.")
_ASK_THE_CHILD = Pair("监护人同意之后，再亲口问孩子。", "Once the guardian has agreed, ask the child in person.")


def _said_no_today(case: Situation) -> bool:
    noes = [event for event in case.events if event.actor == CHILD and event.act in consent.REFUSING]
    return any(event.day == case.today for event in noes)


def _child(case: Situation) -> Verdict:
    if case.session and all(consent.child_ok(case.events, item, case.session) for item in NECESSARY):
        return HOLDS, _OK, None
    if _said_no_today(case):
        return FAILS, _NOT_AGAIN, None
    return FAILS, _ASK_THE_CHILD, "ask_child"


_SAY_THE_OPENING = Pair(
    "先把开场的话说给孩子听，一段一段勾上。",
    "Say the opening script to the child and tick each part.",
)


def _told(case: Situation) -> Verdict:
    mine = [e for e in case.events if e.actor == CHILD and case.session and e.session == case.session]
    if any(set(event.told) >= {1, 2, 3} for event in mine):
        return HOLDS, _OK, None
    return FAILS, _SAY_THE_OPENING, None if _said_no_today(case) else "ask_child"


def _published(case: Situation) -> Verdict:
    if case.guide_published:
        return HOLDS, _OK, None
    return (
        FAILS,
        Pair(
            "访谈提纲还没有发布。请协调员发布。",
            "No guide is published yet. Ask the coordinator to publish it.",
        ),
        None,
    )


def _not_withdrawn(case: Situation) -> Verdict:
    if any(event.act == "withdrawn" for event in consent.open_noes(case.events)):
        return FAILS, Pair("孩子已经退出。", "The child has withdrawn."), None
    return HOLDS, _OK, None


def _item_by_item(case: Situation) -> Verdict:
    if case.age_group in OWN_CONSENT_GROUPS | ADULT_GROUPS or all(
        consent.last([e for e in case.events if e.actor == GUARDIAN], item) for item in NECESSARY
    ):
        return HOLDS, _OK, None
    return (
        FAILS,
        Pair("不满十四周岁，要把每一项单独问过监护人。", "Under 14: ask the guardian item by item."),
        "ask_guardian",
    )


def _own_consent(case: Situation) -> Verdict:
    if case.age_group not in OWN_CONSENT_GROUPS:
        return HOLDS, _OK, None
    mine = [event for event in case.events if event.actor == CHILD and case.session and event.session == case.session]
    if any(event.form == "consent_14_17" for event in mine):
        return HOLDS, _OK, None
    return (
        FAILS,
        Pair("已满十四周岁，要有本人的同意书。", "14 or over: the child's own consent form is needed."),
        "ask_child",
    )


_JUDGES = {
    "G04": _guardian,
    "G05": _no_objection,
    "G06": _child,
    "G07": _told,
    "G11": _published,
    "G13": _not_withdrawn,
    "G14": _item_by_item,
    "G15": _own_consent,
}
