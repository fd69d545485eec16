from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldkit.acts import answers, assents, checks, consents, exports, interviews, people, questions, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.acts.withdrawals import CannotCarry, OnlyThemselves, Withdrawn
from fieldkit.clock import Clock
from fieldkit.errors import Invalid, Missing, NotFound, Refusal
from fieldkit.records import Change, clean
from fieldkit.rules import consent
from fieldkit.store import log, standing
from fieldkit.store import people as rows
from fieldkit.store.log import Draft
from sync.replica import Report

Desks = dict[str, Desk]
Born = Callable[[Desk, str, str], None]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
Carry = Callable[[Desk, Desk], Report]


@pytest.fixture
def told(desks: Desks, interview: str) -> str:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "", "下雨放学的时候"))
    return interview


def gone(desk: Desk, subject: str, interview: str) -> bool:
    for look in (partial(people.case, desk, subject), partial(questions.page, desk, interview)):
        with pytest.raises(NotFound):
            look()
    return (
        people.listing(desk) == people.today(desk).cases == people.find(desk, "下雨") == people.find(desk, "ZK") == []
    )


def test_a_translator_who_could_not_pass_it_on_is_told_whom_to_ask(refused: Refused) -> None:
    refused(CannotCarry, "translator", lambda desk: withdrawals.withdraw_each(desk, ["ZK-A03-001"]))


def test_without_a_code_nobody_is_meant(refused: Refused) -> None:
    for code in ("", "  ", "\n"):
        refused(Missing, "interviewer coordinator sg_lead", partial(withdrawals.withdraw_each, codes=[code]))


def test_a_scope_or_asker_that_does_not_exist_is_refused(refused: Refused, child: str) -> None:
    refused(Invalid, "interviewer", lambda desk: withdrawals.withdraw_each(desk, [child], "some"))
    refused(Invalid, "interviewer", lambda desk: withdrawals.withdraw_each(desk, [child], "all", "neighbour"))


def test_a_withdrawal_is_never_refused(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    for code in (
        child,
        child,
        "ZK-A03-001",
        "nobody knows this",
        "'; DROP TABLE notices; --",
        "字" * 9_999,
        "a\0b\ud800",
    ):
        for scope, asker in (("all", "guardian"), ("stop_keep", "child"), ("all", "both")):
            assert withdrawals.withdraw_each(desk, [code], scope, asker)[0].code == clean(code)
    assert checks.check(desk).ok


def test_what_both_ask_for_is_a_no_of_each(desks: Desks, consented: str, changes: Changes) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], requested_by="both")

    said = [(one.set["actor"], one.set["act"]) for one in changes(desks["interviewer"], "consent_event")]
    assert said == [("guardian", "given"), ("guardian", "withdrawn"), ("child", "withdrawn")]


def test_a_child_of_the_own_team_gets_an_event(desks: Desks, consented: str, changes: Changes) -> None:
    (given,) = changes(desks["interviewer"], "consent_event")
    done = withdrawals.withdraw_each(desks["interviewer"], [consented], relation="mother")[0]

    event = changes(desks["interviewer"], "consent_event")[-1]
    assert done == Withdrawn(consented, True, theirs=True)
    assert (event.drawer, event.subject, event.record, event.over) == ("consent/A", consented, event.id, {})
    assert (event.set["actor"], event.set["act"], event.set["scope"]) == ("guardian", "withdrawn", "all")
    assert (event.set["person"], event.set["follows"]) == (given.set["person"], [given.id])
    assert changes(desks["interviewer"], "notice") == []


@pytest.mark.parametrize(("relation", "who"), [("mother", True), ("father", False), ("", False)])
def test_only_the_guardian_who_is_named_can_take_it_back(
    refused: Refused, desks: Desks, consented: str, says: Callable[..., GuardianAnswer], relation: str, who: bool
) -> None:
    """A father who rings takes nothing from the mother, and what nobody is named for a coordinator voids."""
    desk = desks["interviewer"]
    withdrawals.withdraw_each(desk, [consented], "stop_keep", relation=relation)
    case = people.case(desk, consented)
    assert case.to_take_back == bool(relation)

    seen = [event.id for event in case.events]
    mothers = says(desk, consented, follows=seen, reasons={"again_family": "came_back"})
    consents.record(desk, consented, mothers)
    assert (people.case(desk, consented).consent == "given") == who


def test_the_grown_participants_own_withdrawal_is_theirs(desks: Desks, consented: str, changes: Changes) -> None:
    """Who consented as an adult withdraws as one (`domain.md` §3.6 j)."""
    desk = desks["interviewer"]
    spoke = {"actor": "adult_participant", "person": consented, "act": "given", "day": desk.today}
    with desk.db.writing() as tables:
        log.append(tables, desk.pen, Draft("consent_event", spoke, subject=consented))
    withdrawals.withdraw_each(desk, [consented], "stop_keep", "child")

    assert changes(desk, "consent_event")[-1].set["actor"] == "adult_participant"


@pytest.mark.parametrize("scope", ["all", "stop_keep", "audio"])
def test_after_eighteen_no_guardian_withdraws_and_who_is_asked_is_the_person_alone(
    refused: Refused, desks: Desks, consented: str, born: Born, changes: Changes, scope: str
) -> None:
    desk = desks["interviewer"]
    born(desk, consented, "2005-01-01")
    refused(
        OnlyThemselves, "interviewer", lambda me: withdrawals.withdraw_each(me, [consented], scope, relation="mother")
    )
    withdrawals.withdraw_each(desk, [consented], scope, "both")

    assert [one.set["actor"] for one in changes(desk, "consent_event")][1:] == ["child"]


def test_of_several_one_of_eighteen_holds_no_other_childs_withdrawal_up(
    desks: Desks, consented: str, other_child: str, born: Born
) -> None:
    desk = desks["interviewer"]
    born(desk, consented, "2005-01-01")
    codes = [people.case(desk, one).case_code for one in (consented, other_child)]
    grown, young = withdrawals.withdraw_each(desk, codes, relation="mother")

    assert (grown.alone, young.alone) == (True, False)
    assert people.case(desk, consented).case_code == codes[0]
    with pytest.raises(NotFound):
        people.case(desk, other_child)


@pytest.mark.parametrize("role", ["coordinator", "sg_lead"])
def test_any_other_machine_writes_a_notice_without_a_name(desks: Desks, changes: Changes, role: str) -> None:
    done = withdrawals.withdraw_each(desks[role], [" ZK-A03-001 "], requested_by="child")[0]

    (notice,) = changes(desks[role], "notice")
    assert done == Withdrawn("ZK-A03-001", False, theirs=True)
    assert (notice.drawer, notice.subject) == ("notices", None)
    assert notice.set == {"code": "ZK-A03-001", "scope": "all", "requested_by": "child", "day": desks[role].today}


def test_by_id_by_code_and_by_pseudonym_the_child_is_gone_at_once(desks: Desks, told: str, consented: str) -> None:
    desk = desks["interviewer"]
    name = people.case(desk, consented).pseudonym
    assert name is not None
    events = [
        withdrawals.withdraw_each(desk, [code])[0]
        for code in ("zk-a03-001", consented, name.zh, name.en.upper(), name.en)
    ]

    assert all(done.known for done in events)
    assert gone(desk, consented, told)


@pytest.mark.parametrize("which", ["id", "case code", "pseudonym", "pinyin"])
def test_one_of_the_names_is_enough(desks: Desks, told: str, consented: str, which: str) -> None:
    one = people.case(desks["interviewer"], consented)
    assert one.pseudonym is not None
    codes = {"id": one.id, "case code": "zk-A03-001", "pseudonym": one.pseudonym.zh, "pinyin": one.pseudonym.en.lower()}
    withdrawals.withdraw_each(desks["interviewer"], [codes[which]])

    assert gone(desks["interviewer"], consented, told)


def test_after_the_stick_the_child_is_gone_at_the_centre_too(
    desks: Desks, told: str, consented: str, carry: Carry
) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    assert len(exports.dataset(desks["coordinator"]).rows) == 1
    withdrawals.withdraw_each(desks["interviewer"], ["ZK-A03-001"])
    carry(desks["interviewer"], desks["coordinator"])

    assert gone(desks["coordinator"], consented, told)
    found = exports.dataset(desks["coordinator"])
    assert (found.rows, found.interviews, found.left_out_withdrawn) == ([], 0, 1)


def test_what_the_centre_withdraws_is_gone_on_the_laptop(
    desks: Desks, told: str, consented: str, carry: Carry, changes: Changes
) -> None:
    carry(desks["interviewer"], desks["coordinator"])
    assert withdrawals.withdraw_each(desks["coordinator"], ["ZK-A03-001"])[0] == Withdrawn("ZK-A03-001", True)
    assert gone(desks["coordinator"], consented, told)
    assert [notice.set["code"] for notice in changes(desks["coordinator"], "notice")] == ["ZK-A03-001"]
    carry(desks["coordinator"], desks["interviewer"])

    assert gone(desks["interviewer"], consented, told)


def test_a_notice_waits_for_a_child_who_comes_later(
    desks: Desks, told: str, consented: str, carry: Carry, changes: Changes
) -> None:
    name = people.case(desks["interviewer"], consented).pseudonym
    assert name is not None
    assert not withdrawals.withdraw_each(desks["coordinator"], [name.en.upper()])[0].known
    carry(desks["interviewer"], desks["coordinator"])

    assert changes(desks["coordinator"], "answer")
    assert gone(desks["coordinator"], consented, told)
    assert exports.dataset(desks["coordinator"]).left_out_withdrawn == 1
    assert checks.check(desks["coordinator"]).ok


def test_a_laptop_of_another_team_hides_a_child_whom_it_never_saw(
    desks: Desks, told: str, consented: str, carry: Carry, joins: Callable[[str, str, str], Desk]
) -> None:
    team_b = joins("王越", "interviewer", "B")
    assert withdrawals.withdraw_each(team_b, ["ZK-A03-001"])[0] == Withdrawn("ZK-A03-001", False)
    carry(team_b, desks["translator"])  # who cannot read it, and carries it on
    carry(desks["translator"], desks["interviewer"])

    assert gone(desks["interviewer"], consented, told)


def test_a_code_that_only_looks_alike_means_nobody(desks: Desks, child: str) -> None:
    for code in ("ZK-A03-00", "ZK-A03-0011", "ZK-A03-%", "_" * 10, "小满"):
        assert not withdrawals.withdraw_each(desks["interviewer"], [code])[0].known

    assert people.case(desks["interviewer"], child)


def test_who_stops_and_leaves_what_was_said_is_not_hidden(desks: Desks, told: str, consented: str) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "child")

    assert questions.page(desks["interviewer"], told).questions[0].text_now == "下雨放学的时候"
    assert people.case(desks["interviewer"], consented).step.code == "not_today"


def test_another_parents_yes_lifts_no_withdrawal(
    refused: Refused, desks: Desks, consented: str, says: Callable[..., GuardianAnswer]
) -> None:
    fathers = says(desks["interviewer"], consented, relation="father")
    withdrawals.withdraw_each(desks["interviewer"], [consented], requested_by="both")

    refused(NotFound, "interviewer", lambda desk: consents.record(desk, consented, fathers))


def test_nothing_is_destroyed(desks: Desks, told: str, consented: str, words: Callable[[Desk], str]) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented])

    assert "下雨放学的时候" in words(desks["interviewer"])


def test_a_power_cut_leaves_no_half_withdrawal(
    desks: Desks, child: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    broken(1, lambda: withdrawals.withdraw_each(desks["interviewer"], [child]))
    broken(1, lambda: withdrawals.withdraw_each(desks["interviewer"], ["ZK-B01-042"]))
    assert people.case(desks["interviewer"], child)


Ways = st.permutations(["laptop to centre", "lead to centre", "centre to laptop", "lead to laptop"])


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=Ways)
def test_in_whatever_order_the_sticks_go_the_child_is_gone_in_the_end(
    desks: Desks, carry: Carry, order: list[str]
) -> None:
    machines = {"laptop": desks["interviewer"], "centre": desks["coordinator"], "lead": desks["sg_lead"]}
    born = f"{Clock().today().year - 12}-01"
    subject = people.register(machines["laptop"], NewChild("小河", "", "A03", "m", born))
    withdrawals.withdraw_each(machines["lead"], [people.case(machines["laptop"], subject).case_code])
    for way in [*order, *order]:
        giver, taker = way.split(" to ")
        carry(machines[giver], machines[taker])

    for desk in (machines["laptop"], machines["centre"]):
        assert people.listing(desk) == []
        assert checks.check(desk).ok


@pytest.mark.parametrize(("scope", "item"), [("quote", "quote"), ("recontact", "repeat"), ("share", "cross_border")])
def test_a_part_is_taken_back_and_the_rest_goes_on(
    desks: Desks, told: str, consented: str, carry: Carry, changes: Changes, scope: str, item: str
) -> None:
    desk = desks["interviewer"]
    withdrawals.withdraw_each(desk, [consented], scope, "guardian", "mother")
    events = people.case(desk, consented).events
    assert [event.act for event in events].count("limited") == 1
    assert consent.takes_back(events, item)
    answers.save(desk, SaveAnswer(told, "W2", "editor-2", "", "还能记"))

    carry(desk, desks["coordinator"])
    (row, *_) = exports.dataset(desks["coordinator"]).rows
    assert row.may_quote == (scope != "quote")


def test_a_part_is_taken_back_by_notice_too_and_stops_no_interview(
    desks: Desks, told: str, consented: str, carry: Carry
) -> None:
    code = people.case(desks["interviewer"], consented).case_code
    withdrawals.withdraw_each(desks["sg_lead"], [code], "quote", "child")
    carry(desks["sg_lead"], desks["interviewer"])
    answers.save(desks["interviewer"], SaveAnswer(told, "W2", "editor-2", "", "还能记"))
    carry(desks["interviewer"], desks["coordinator"])

    assert not consent.usable(people.case(desks["interviewer"], consented).events, "quote", grown=False)
    assert [row.may_quote for row in exports.dataset(desks["coordinator"]).rows] == [False, False]
    assert checks.check(desks["interviewer"]).ok


def test_a_childs_stop_that_came_as_a_notice_is_taken_back_by_the_child_once(
    desks: Desks, consented: str, carry: Carry, later: Callable[[Desk, int], Desk]
) -> None:
    code = people.case(desks["interviewer"], consented).case_code
    withdrawals.withdraw_each(desks["sg_lead"], [code], "stop_keep", "child")
    carry(desks["sg_lead"], desks["interviewer"])
    tomorrow = later(desks["interviewer"], 1)
    assert people.case(tomorrow, consented).step.code == "child_said_no"

    seen = [event.id for event in people.case(tomorrow, consented).events]
    yes = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意", follows=seen)
    assents.record(tomorrow, consented, replace(yes, reasons={"again_own": "brought_up", "V31": "date_right"}))
    assert people.case(tomorrow, consented).step.code == "start"
    assert interviews.start(tomorrow, consented, {**KEPT, "G12": "checked"})
    assert checks.check(tomorrow).ok


@pytest.mark.parametrize("asker", ["guardian", "both"])
def test_a_guardians_stop_that_came_as_a_notice_is_not_the_childs_to_take_back(
    desks: Desks, consented: str, carry: Carry, later: Callable[[Desk, int], Desk], asker: str
) -> None:
    code = people.case(desks["interviewer"], consented).case_code
    withdrawals.withdraw_each(desks["sg_lead"], [code], "stop_keep", asker)
    carry(desks["sg_lead"], desks["interviewer"])
    tomorrow = later(desks["interviewer"], 1)

    assert people.case(tomorrow, consented).step.code in {"guardian_said_no", "on_hold"}


@pytest.mark.parametrize("relation", ["mother", ""])
@pytest.mark.parametrize("scope", ["all", "stop_keep"])
def test_who_withdraws_again_where_nobody_heard_of_the_lifting_has_withdrawn(
    desks: Desks, consented: str, carry: Carry, relation: str, scope: str
) -> None:
    """The first is lifted at the centre; a laptop that holds it still as open writes the second down as well."""
    laptop, centre = desks["interviewer"], desks["coordinator"]
    withdrawals.withdraw_each(laptop, [consented], scope, relation=relation)
    carry(laptop, centre)
    _void(centre, consented, "withdrawn")
    withdrawals.withdraw_each(laptop, [consented], scope, relation=relation)
    carry(centre, laptop)

    with laptop.db.reading() as tables:
        noes = consent.open_noes(standing.events(tables, consented))
        assert [no.scope for no in noes] == [scope]
        assert standing.is_hidden(tables, consented) == (scope == "all")


def test_who_takes_a_part_back_again_where_nobody_heard_that_it_is_void_has_taken_it_back(
    desks: Desks, told: str, consented: str, carry: Carry, changes: Changes
) -> None:
    laptop, centre = desks["interviewer"], desks["coordinator"]
    (answer,) = changes(laptop, "answer")

    def ask() -> None:
        withdrawals.withdraw_each(laptop, [consented], "quote", relation="mother")
        withdrawals.take_back(laptop, consented, [answer.record], relation="mother")

    ask()
    carry(laptop, centre)
    _void(centre, consented, "limited")
    ask()
    carry(centre, laptop)

    said = people.case(laptop, consented).events
    assert consent.takes_back(said, "quote")
    assert consent.taken_back(said) == {answer.record}


def _void(desk: Desk, subject: str, act: str) -> None:
    """Declare void at *desk* every *act* of a child, as a coordinator does."""
    with desk.db.writing() as tables:
        for event in [one for one in standing.events(tables, subject) if one.act == act]:
            consents.void_within(desk, tables, subject, event, "登记错了孩子")


@pytest.mark.parametrize("how", ["called", "real", "pet"])
@pytest.mark.parametrize("around", ["{}", "{}要退出"])
def test_a_pseudonym_that_another_family_calls_their_child_by_is_asked_about(
    desks: Desks, consented: str, other_child: str, how: str, around: str
) -> None:
    desk = desks["interviewer"]
    one = people.case(desk, consented)
    assert one.pseudonym is not None
    name = one.pseudonym.zh
    assert withdrawals.whom(desk, around.format(name)).certain
    with desk.db.writing() as tables:
        if how == "called":
            known = rows.rows(tables, "slips", other_child)[0]
            draft = Draft("slip", {"called": name}, record=known["id"], subject=other_child)
        else:
            draft = Draft("identity", {"real_name" if how == "real" else "pet_names": name}, subject=other_child)
        log.append_over(tables, desk.pen, draft)

    for said in (around.format(name), one.pseudonym.en):
        found = withdrawals.whom(desk, said)
        assert not found.certain
        assert {choice.code for choice in found.choices} == {consented, other_child}


@pytest.mark.parametrize("relation", ["uncle_aunt", "mother"])
def test_of_two_guardians_of_one_relation_nobody_knows_which_one_withdraws(
    desks: Desks, child: str, uncles: tuple[str, str], relation: str
) -> None:
    """Then neither of them takes it back; a coordinator can declare it void."""
    desk = desks["interviewer"]
    withdrawals.withdraw_each(desk, [child], "stop_keep", relation=relation)

    said, case = people.case(desk, child).events[-1], people.case(desk, child)
    assert (said.act, said.relation, bool(said.person)) == ("withdrawn", relation, relation == "mother")
    assert (case.step.code, case.to_take_back) == ("guardian_said_no", relation == "mother")
