"""Before an interview may start: all that is missing is said at once, and nothing that was not looked at passes."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.rules import reasons
from fieldkit.rules.consent import ADULT, CARER, CHILD, GUARDIAN, NECESSARY, Event
from fieldkit.rules.gates import (
    ASKS,
    FAILS,
    HOLDS,
    TRAINING_NEEDED,
    UNCHECKED,
    Gate,
    asking,
    failing,
    judge,
    needed_facts,
)
from fieldkit.rules.situations import Situation
from fieldkit.rules.states import Adult
from fieldkit.rules.versions import FormVersion
from fieldkit.studies import Pair, load_study

TITLES = [(gate.id, gate.level, gate.title) for gate in load_study().gates]
YES = dict.fromkeys(NECESSARY, "yes")
MOTHER = Event("m", GUARDIAN, "given", "mother", "mother", items=YES, form_text_hash="v1")
GRANNY = Event("g", CARER, "given", "granny", items=YES)
SAID = {"items": YES, "session": "s1", "form_text_hash": "c1"}
XIAOHE = Event("c", CHILD, "given", "xiaohe", day="2026-11-24", told=(1, 2, 3), **SAID)  # type: ignore[arg-type]
STAMPED = FormVersion("guardian_info_consent", 1, "v1", stamped_on="2026-09-01", valid_from="2026-09-01")
OWN = replace(STAMPED, doc_kind="assent_12_13", text_hash="c1")
CHANGED = replace(OWN, number=2, text_hash="c2", change_class="major")
NEEDED = [(gate, code) for gate in ("G01", "G03", "G08") for code in needed_facts(gate)]
ETHICS = {**dict.fromkeys([code for _, code in NEEDED], "x"), "ethics_from": "2026-01-01", "ethics_to": "2027-12-31"}
READY = Situation(
    [MOTHER, XIAOHE],
    "a12_13",
    "2026-11-24",
    "s1",
    guide_published=True,
    facts=ETHICS,
    member=dict.fromkeys(TRAINING_NEEDED, "2026-03-01"),
    screening="eligible",
    forms=[STAMPED, OWN],
)
GROWN = Event("a", ADULT, "given", "xiaohe", form="adult_18", **SAID)  # type: ignore[arg-type]


def state(case: Situation) -> dict[str, str]:
    return {gate.id: gate.status for gate in judge(TITLES, case)}


def failed(case: Situation) -> set[str]:
    return {gate.id for gate in failing(judge(TITLES, case))}


def gate(case: Situation, id_: str) -> Gate:
    return next(one for one in judge(TITLES, case) if one.id == id_)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"events": []}, {"G04", "G06", "G07", "G14"}),
        ({"events": [MOTHER]}, {"G06", "G07"}),
        ({"events": [XIAOHE]}, {"G04", "G14"}),
        ({"events": [GRANNY, XIAOHE]}, {"G04", "G14"}),
        ({"events": [replace(MOTHER, items={"participate": "yes"}), XIAOHE]}, {"G04", "G14"}),
        ({"events": [replace(MOTHER, act="declined"), XIAOHE]}, {"G04", "G05"}),
        ({"events": [MOTHER, XIAOHE, Event("n", GUARDIAN, "declined", "father")]}, {"G04", "G05", "G13"}),
        ({"events": [MOTHER, XIAOHE, Event("n", GUARDIAN, "withdrawn", "mother")]}, {"G04", "G05", "G13"}),
        ({"events": [MOTHER, XIAOHE, Event("n", CHILD, "withdrawn", "xiaohe")]}, {"G06", "G13"}),
        ({"events": [MOTHER, XIAOHE, Event("n", ADULT, "withdrawn", "xiaohe")]}, {"G06", "G13"}),
        ({"events": [MOTHER, replace(XIAOHE, act="declined")]}, {"G06"}),
        ({"events": [MOTHER, replace(XIAOHE, items={})]}, {"G06"}),
        ({"events": [MOTHER, replace(XIAOHE, told=(1, 3))]}, {"G07"}),
        ({"events": [MOTHER, replace(XIAOHE, session="s0")]}, {"G06", "G07"}),
        ({"session": ""}, {"G06", "G07"}),
        ({"session": "", "events": [MOTHER, replace(XIAOHE, session="")]}, {"G06", "G07"}),
        ({"events": [MOTHER, replace(XIAOHE, told=(1, 2))]}, {"G07"}),
        ({"events": [MOTHER, replace(XIAOHE, form="assent_12_13")], "age_group": "a14_17"}, {"G15"}),
        ({"guide_published": False}, {"G11"}),
        ({"age_group": "a14_17"}, {"G15"}),
        ({"events": [XIAOHE], "age_group": "u14_uncertain"}, {"G04", "G14"}),
        ({"events": [Event("v", GUARDIAN, "voided", voids=("m", "c")), MOTHER, XIAOHE]}, {"G04", "G06", "G07", "G14"}),
        *(({"facts": {**ETHICS, code: ""}}, {gate}) for gate, code in NEEDED),
        ({"facts": {**ETHICS, "ethics_to": "2026-11-23"}}, {"G01"}),
        ({"facts": {**ETHICS, "ethics_from": "2026-11-25"}}, {"G01"}),
        ({"facts": {**ETHICS, "closed_on": "2026-11-24"}}, {"G01"}),
        *(({"member": {**READY.member, name: None}}, {"G02"}) for name in TRAINING_NEEDED),
        ({"screening": ""}, {"G03"}),
        ({"screening": "pending"}, {"G03"}),
        ({"screening": "ineligible"}, {"G03"}),
        ({"age_fits": False}, {"G03"}),
        ({"forms": []}, {"G04", "G06"}),
        ({"forms": [replace(STAMPED, stamped_on=""), OWN]}, {"G04"}),
        ({"forms": [STAMPED, OWN, replace(STAMPED, number=2, text_hash="v2", change_class="major")]}, {"G04"}),
        ({"forms": [STAMPED, replace(OWN, stamped_on="")]}, {"G06"}),
        ({"forms": [STAMPED, OWN, CHANGED]}, {"G06"}),
        ({"forms": [STAMPED, OWN, CHANGED], "age_group": "a18", "events": [GROWN]}, {"G04", "G06"}),
        ({"events": [MOTHER, XIAOHE, Event("t", CHILD, "deferred", "xiaohe", session="s1")]}, {"G06"}),
        ({"adults": {"mother": Adult("mother", ended_on="2026-11-20")}}, {"G04"}),
        ({"adults": {"mother": Adult("mother", capacity="lacks")}}, {"G04"}),
        ({"events": [replace(MOTHER, relation="pgm", guardian_basis="claimed_only"), XIAOHE]}, {"G04"}),
        ({"age_group": "a18"}, {"G04", "G06", "G15"}),
        ({"age_group": "a18", "events": [replace(GROWN, session="s0")]}, {"G04", "G06", "G15"}),
        ({"open_lines": ["card:3"]}, {"G08"}),
    ],
)
def test_all_that_is_missing_is_said_at_once(change: dict[str, object], missing: set[str]) -> None:
    assert failed(replace(READY, **change)) == missing  # type: ignore[arg-type]


AGAIN, NOT_AGAIN = {**YES, "recontact": "yes"}, {**YES, "recontact": "no"}
ALLOWS = replace(MOTHER, items=AGAIN)
REFUSES = replace(MOTHER, items=NOT_AGAIN)
OWN_FORM: dict[str, Any] = {"form": "consent_14_17", "items": NOT_AGAIN}
BEFORE = replace(XIAOHE, id="b", session="s0", **OWN_FORM)
OWN_YES = replace(XIAOHE, follows=("b",), **OWN_FORM)
OF_AGE: dict[str, Any] = {"actor": ADULT, "form": "adult_18"}
GROWN_BEFORE = replace(BEFORE, **OF_AGE)
GROWN_NOW = replace(OWN_YES, **OF_AGE)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"events": [ALLOWS, XIAOHE]}, set()),
        ({"events": [REFUSES, XIAOHE]}, {"G04"}),
        ({"events": [MOTHER, XIAOHE]}, {"G04"}),  # nobody was asked
        ({"events": [ALLOWS, replace(REFUSES, id="f", person="father", relation="father"), XIAOHE]}, {"G04"}),
        ({"events": [REFUSES, replace(ALLOWS, id="n", follows=("m",)), XIAOHE]}, set()),
        ({"events": [REFUSES, BEFORE, OWN_YES], "age_group": "a14_17"}, {"G04"}),
        ({"events": [ALLOWS, BEFORE, OWN_YES], "age_group": "a14_17"}, set()),  # they brought it up themselves
        ({"events": [ALLOWS, BEFORE, replace(OWN_YES, follows=())], "age_group": "a14_17"}, {"G06"}),
        ({"events": [REFUSES, GROWN_BEFORE, GROWN_NOW], "age_group": "a18"}, set()),
        ({"events": [ALLOWS, GROWN_BEFORE, replace(GROWN_NOW, follows=())], "age_group": "a18"}, {"G04", "G06"}),
    ],
)
def test_after_a_talk_that_was_held_another_one_needs_re_contact_to_be_allowed(
    change: dict[str, Any], missing: set[str]
) -> None:
    case = replace(READY, **change)

    assert failed(replace(case, heard=True)) == missing
    assert failed(case) == set()


def test_a_family_that_was_heard_is_asked_again_only_when_it_comes_back_to_it() -> None:
    case = replace(READY, events=[REFUSES], session="", heard=True)

    assert "以后再联系" in gate(case, "G04").reason.zh
    assert gate(case, "G04").step == "ask_guardian"
    assert gate(case, "G06").waits_for == 1


def test_a_child_that_asked_to_be_left_alone_is_asked_again_only_when_it_brings_it_up() -> None:
    case = replace(READY, events=[ALLOWS, BEFORE], session="", heard=True, age_group="a14_17")

    assert "不要再联系" in gate(case, "G06").reason.zh
    assert gate(case, "G06").step == "ask_child"


@pytest.mark.parametrize(
    "case",
    [
        READY,
        replace(READY, age_group="a9_11"),
        replace(READY, age_group="u14_uncertain"),
        replace(READY, age_group="a14_17", events=[MOTHER, replace(XIAOHE, form="consent_14_17")]),
        replace(READY, events=[MOTHER, GRANNY, XIAOHE]),
        replace(READY, events=[MOTHER, replace(GRANNY, act="declined"), XIAOHE]),
        replace(READY, events=[replace(MOTHER, lifts=("n",)), XIAOHE, Event("n", GUARDIAN, "declined", "mother")]),
        replace(READY, age_group="a18", events=[GROWN]),
        replace(READY, age_group="a18", events=[GROWN, MOTHER, Event("n", GUARDIAN, "declined", "father")]),
        replace(READY, forms=[STAMPED, OWN, replace(STAMPED, number=2, text_hash="v2", change_class="minor")]),
        replace(READY, forms=[STAMPED, OWN, replace(CHANGED, change_class="minor")]),
        replace(READY, adults={"mother": Adult("mother", ended_on="2026-11-25")}),
        replace(READY, guide_published=False, pilot=True),
        replace(READY, events=[replace(MOTHER, relation="pgm", guardian_basis="court"), XIAOHE]),
    ],
)
def test_when_all_that_is_checked_is_in_place_nothing_fails(case: Situation) -> None:
    assert failed(case) == set()


def test_a_gate_that_nobody_built_says_so_and_neither_passes_nor_blocks() -> None:
    unbuilt = judge([("G99", "block", Pair("新", "New"))], READY)

    assert [one.status for one in unbuilt] == [UNCHECKED]
    assert unbuilt[0].reason == Pair("这个版本还不检查这一项。", "Not checked by this version.")
    assert failing(unbuilt) == []


def test_every_gate_of_the_protocol_is_judged_in_its_order() -> None:
    assert list(state(READY)) == [id_ for id_, _, _ in TITLES]
    assert {id_ for id_, status in state(READY).items() if status != HOLDS} == {"G09", "G10"}
    assert {state(READY)[id_] for id_ in ("G09", "G10")} == {ASKS}


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({}, {"G09", "G10"}),
        ({"events": [MOTHER, GRANNY, XIAOHE]}, {"G09"}),
        ({"events": [MOTHER, replace(GRANNY, act="declined"), XIAOHE]}, {"G09", "G10"}),
        ({"doubts": [Pair("钟", "clock")]}, {"G09", "G10", "G12"}),
    ],
)
def test_what_only_asks_wants_one_tap_and_blocks_nothing(change: dict[str, object], asked: set[str]) -> None:
    judged = judge(TITLES, replace(READY, **change))  # type: ignore[arg-type]

    assert {one.id for one in asking(judged)} == asked
    assert failing(judged) == []


def test_only_a_gate_that_blocks_can_keep_an_interview_from_starting() -> None:
    asked = [(id_, "ask", title) for id_, _, title in TITLES]

    assert failing(judge(asked, replace(READY, events=[]))) == []


def test_a_child_of_fourteen_who_said_no_today_is_not_led_to_the_question_again() -> None:
    case = replace(READY, events=[MOTHER, replace(XIAOHE, act="declined")], age_group="a14_17")

    assert [gate(case, id_).step for id_ in ("G06", "G15")] == [None, None]


def test_the_child_is_asked_only_after_the_guardian() -> None:
    case = replace(READY, events=[], age_group="a14_17")

    assert [gate(case, id_).step for id_ in ("G06", "G07", "G15")] == [None, None, None]
    assert [gate(case, id_).waits_for for id_ in ("G06", "G07", "G15")] == [1, 1, 1]
    assert gate(case, "G04").step == "ask_guardian"


def test_with_the_screening_open_too_the_child_waits_for_the_guardian_as_its_sentence_says() -> None:
    case = replace(READY, events=[], screening="")
    blocking = [one.id for one in failing(judge(TITLES, case))]

    assert {"G03", "G04", "G06"} <= set(blocking)
    assert gate(case, "G06").reason == reasons.FIRST_THE_GUARDIAN
    assert gate(case, "G06").waits_for == blocking.index("G04") + 1


@pytest.mark.parametrize(
    ("group", "elsewhere"), [("a9_11", "G15"), ("a12_13", "G15"), ("u14_uncertain", "G15"), ("a14_17", "G14")]
)
def test_a_gate_of_another_age_says_so_and_stops_nothing(group: str, elsewhere: str) -> None:
    case = replace(READY, age_group=group)

    assert [one.id for one in judge(TITLES, case) if one.reason == reasons.NOT_AT_THIS_AGE] == [elsewhere]
    assert gate(case, elsewhere).status == HOLDS


def test_what_a_gate_waits_for_is_counted_among_those_that_block() -> None:
    titles = [("G11", "ask", Pair("甲", "A")), ("G04", "block", Pair("乙", "B")), ("G06", "block", Pair("丙", "C"))]

    assert judge(titles, replace(READY, events=[], guide_published=False))[2].waits_for == 1


def test_once_the_guardian_agreed_the_next_step_is_the_child() -> None:
    case = replace(READY, events=[MOTHER], session="")

    assert (gate(case, "G06").step, gate(case, "G06").waits_for) == ("ask_child", None)


def test_after_the_carers_agreement_the_parents_are_called_and_the_carer_is_named() -> None:
    case = replace(READY, events=[GRANNY], carer=Pair("奶奶", "your grandma"))

    assert gate(case, "G04").step == "call_parents"
    assert "奶奶的配合确认已经存好" in gate(case, "G04").reason.zh
    assert "your grandma" in gate(case, "G04").reason.en


def test_after_a_restore_the_machines_other_doubts_are_said_as_well() -> None:
    doubts = [Pair("时间可疑。", "The clock looks wrong."), Pair("磁盘快满了。", "The disk is nearly full.")]
    case = replace(READY, doubts=doubts)
    found = gate(replace(case, behind="2026-11-20"), "G12")

    assert found.reason.zh.endswith("时间可疑。磁盘快满了。")
    assert "11月20日" in found.reason.zh
    assert found.reason.en.endswith(". The clock looks wrong. The disk is nearly full.")
    assert (found.status, found.step) == (ASKS, "hand_over")
    assert gate(case, "G12").reason.en == "The clock looks wrong. The disk is nearly full."
    assert gate(case, "G12").step is None


@pytest.mark.parametrize("events", [[], [GRANNY]])
def test_where_neither_parent_can_consent_no_gate_leads_to_the_parents(events: list[Event]) -> None:
    case = replace(READY, events=events, parents_out=True)

    assert [gate(case, id_).step for id_ in ("G04", "G14")] == ["ask_by_law", None]
    assert "依法担任监护人的人" in gate(case, "G04").reason.zh


@pytest.mark.parametrize("act", ["deferred", "informed_only", "voided"])
def test_what_the_guardian_by_law_left_open_stays_the_reason(act: str) -> None:
    uncle = replace(MOTHER, id="u", act=act, person="uncle", relation="uncle_aunt", items={})
    case = replace(READY, events=[uncle])

    assert gate(replace(case, parents_out=True), "G04") == replace(gate(case, "G04"), step="ask_by_law")


def test_where_no_form_is_stamped_the_gate_says_so_and_whom_to_ask() -> None:
    unstamped = replace(READY, events=[], forms=[replace(STAMPED, stamped_on=""), OWN])

    assert "盖章" in gate(unstamped, "G04").reason.zh
    assert "盖章" not in gate(replace(unstamped, forms=[STAMPED, OWN]), "G04").reason.zh


def test_a_guardians_no_is_not_asked_away() -> None:
    """No button leads on: only this guardian can take it back."""
    case = replace(READY, events=[MOTHER, XIAOHE, Event("n", GUARDIAN, "declined", "father")])

    assert gate(case, "G05").step is None
    assert "Ask again" not in gate(case, "G04").reason.en


def test_a_child_who_said_no_today_is_not_asked_again_today() -> None:
    declined = replace(XIAOHE, act="declined", items={})
    today, tomorrow = (replace(READY, events=[MOTHER, declined], session="", today=f"2026-11-{n}") for n in (24, 25))

    assert (gate(today, "G06").step, gate(today, "G06").reason.en) == (
        None,
        "The child said no today; do not ask again today.",
    )
    assert gate(tomorrow, "G06").step == "ask_child"


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from([MOTHER, GRANNY, XIAOHE, Event("n", GUARDIAN, "declined", "father")]), max_size=4),
    st.sampled_from(["a9_11", "a12_13", "u14_uncertain", "a14_17"]),
    st.sampled_from(["s1", "s2", ""]),
    st.booleans(),
)
def test_a_gate_that_fails_says_why_in_both_languages(
    events: list[Event], group: str, session: str, published: bool
) -> None:
    judged = judge(TITLES, replace(READY, events=events, age_group=group, session=session, guide_published=published))

    assert [one for one in judged if not (one.reason.zh and one.reason.en)] == []
    assert [one for one in judged if one.step and one.status not in {FAILS, ASKS}] == []
    assert [one.waits_for for one in judged if one.waits_for and one.waits_for > len(failing(judged))] == []


@pytest.mark.parametrize("lost", [*combinations(["m", "c"], 1), ("m", "c")])
def test_what_a_coordinator_voided_opens_no_gate(lost: tuple[str, ...]) -> None:
    case = replace(READY, events=[MOTHER, XIAOHE, Event("v", GUARDIAN, "voided", voids=lost)])

    assert failed(case) >= {"G04"} if "m" in lost else failed(case) >= {"G06"}


def test_what_a_childs_no_of_today_closes_waits_for_nobody() -> None:
    """Nobody should read that the child is asked again once a guardian has agreed (`domain.md` §3.9)."""
    unasked = replace(READY, events=[])
    said_no = replace(READY, events=[replace(XIAOHE, act="declined")])

    assert waited(unasked)["G06"] is not None
    assert set(waited(said_no).values()) == {None}


def waited(case: Situation) -> dict[str, int | None]:
    return {gate.id: gate.waits_for for gate in judge(TITLES, case) if gate.id in {"G06", "G07"}}


@pytest.mark.parametrize(
    ("closing", "change", "missing"),
    [
        ("2026-11-28", {}, set()),
        ("2026-11-28", {"facts": {**ETHICS, "closed_on": "2026-11-26"}}, {"G01"}),
        ("2026-11-28", {"facts": {**ETHICS, "ethics_to": "2026-11-26"}}, {"G01"}),
        ("2026-11-28", {"facts": {**ETHICS, "ethics_from": "2026-11-26"}}, {"G01"}),  # what begins waits for today
        ("2026-11-28", {"member": dict.fromkeys(TRAINING_NEEDED, "2026-11-26")}, {"G02"}),
        ("2026-11-28", {"forms": [replace(STAMPED, valid_to="2026-11-26"), OWN]}, {"G04"}),
        ("2026-11-28", {"forms": [STAMPED, OWN, replace(CHANGED, stamped_on="2026-11-26")]}, {"G06"}),
        ("", {"facts": {**ETHICS, "closed_on": "2026-11-26"}}, set()),
    ],
)
def test_what_ends_is_judged_by_the_later_day_and_what_begins_by_today(
    closing: str, change: dict[str, Any], missing: set[str]
) -> None:
    assert failed(replace(READY, closing=closing, **change)) == missing


DEFERRED = Event("d", CHILD, "deferred", "xiaohe", day="2026-11-24", session="s1")


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([], "监护人同意之后"),
        ([MOTHER], "接下来亲口问孩子"),
        ([MOTHER, DEFERRED], "别催"),
        ([MOTHER, replace(XIAOHE, act="declined", items={}, day="2026-11-23")], "孩子自己提起"),
    ],
)
def test_why_the_child_is_asked_says_what_is_so(events: list[Event], said: str) -> None:
    assert said in gate(replace(READY, events=events, session=""), "G06").reason.zh


def test_a_child_who_said_no_today_is_told_nothing_today() -> None:
    declined = replace(XIAOHE, act="declined", items={}, told=())
    case = replace(READY, events=[MOTHER, declined], session="")

    assert gate(case, "G07").reason.zh == "今天不再说。"
    assert "那一天" in gate(replace(case, past=True), "G07").reason.zh
