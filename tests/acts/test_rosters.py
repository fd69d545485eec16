from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fieldkit.acts import consents, people, rosters, withdrawals
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.rosters import Here, Plan, Row, TooFewSerials
from fieldkit.clock import Clock
from fieldkit.errors import NotAllowed, Refusal
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.studies import StudyClosed

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
BORN = f"{Clock().today().year - 12}-01"
RIVER = {"called": "小河", "sex": "m", "birth_date": BORN, "site": "A03", "phone": "0394-1"}
ROWS = [Row(2, RIVER), Row(3, {**RIVER, "called": "小禾", "sex": "f"})]


def _here(found: Plan) -> list[int]:
    return [one.number for one in found.here]


def test_only_an_interviewer_registers_from_a_roster(refused: Refused) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: rosters.plan(desk, ROWS))
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: rosters.register(desk, ROWS, {}))


def test_a_closed_study_takes_no_roster(refused: Refused, closed: Callable[[], None]) -> None:
    closed()

    refused(StudyClosed, "interviewer", rosters.check_open)
    refused(StudyClosed, "interviewer", lambda desk: rosters.register(desk, ROWS, {}))


def test_a_roster_longer_than_the_block_of_codes_registers_nobody(refused: Refused, desks: Desks) -> None:
    short = replace(desks["interviewer"], device=replace(desks["interviewer"].device, serials=(1, 1)))

    refused(TooFewSerials, "interviewer", lambda _: rosters.register(short, ROWS, {}))


def test_a_plan_says_which_lines_have_no_code_left_and_what_to_do(desks: Desks) -> None:
    desk = desks["interviewer"]
    first, _ = desk.device.serials
    short = replace(desk, device=replace(desk.device, serials=(first, first + 1)))
    rows = [Row(number, {**RIVER, "phone": str(number)}) for number in (2, 3, 4, 5, 6, 9)]
    rosters.register(short, [Row(2, {**RIVER, "phone": "2"})], {})

    found = rosters.plan(short, [*rows, Row(10, {**RIVER, "site": "A04"})])
    (told,) = found.short
    assert (told.details["site"], told.details["n"], told.details["lines"]) == ("A03", 1, "4–6, 9")
    assert "4–6, 9" in told.sentence("zh_CN")
    with pytest.raises(TooFewSerials):
        rosters.register(short, rows, {})
    assert len(people.listing(short)) == 1


def test_what_the_file_could_not_say_is_refused_for_its_line(desks: Desks) -> None:
    found = rosters.register(desks["interviewer"], [Row(2, RIVER, {"birth_date": NotAllowed()}), ROWS[1]], {})

    assert [(one.number, one.column, one.refusal.code) for one in found.refused] == [(2, "birth_date", "not_allowed")]
    assert len(found.new) == 1


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("calendar", "火星"),
        ("called", "长" * 41),
        ("called", "\u200b\u202e"),
        ("phone", "0" * 41),
        ("given_by", "长" * 41),
    ],
)
def test_a_word_that_nobody_knows_or_a_text_too_long_is_refused_for_its_line(
    desks: Desks, column: str, said: str
) -> None:
    (told,) = rosters.plan(desks["interviewer"], [Row(7, {**RIVER, column: said})]).refused

    assert (told.number, told.column) == (7, column)


@pytest.mark.parametrize("calendar", ["旧历", "阴", "农", "lunar"])
def test_a_lunar_date_is_read_as_one(desks: Desks, calendar: str) -> None:
    born = {**RIVER, "birth_date": f"{Clock().today().year - 12}年冬月", "calendar": calendar}
    assert len(rosters.plan(desks["interviewer"], [Row(2, born)]).new) == 1


def test_a_hidden_sign_makes_no_second_child(desks: Desks) -> None:
    rosters.register(desks["interviewer"], ROWS, {})
    again = [Row(2, {**RIVER, "called": "小\u200b河"})]

    assert _here(rosters.plan(desks["interviewer"], again)) == [2]


def test_a_doubted_date_wants_a_reason_first(
    refused: Refused, desks: Desks, child: str, later: Callable[[Desk, int], Desk]
) -> None:
    doubted = later(desks["interviewer"], 400)

    refused(ReasonNeeded, "interviewer", lambda _: rosters.register(doubted, ROWS, {}))
    assert len(rosters.register(doubted, ROWS, {"V31": "date_right"}).new) == 2


def test_a_plan_writes_nothing(desks: Desks) -> None:
    assert len(rosters.plan(desks["interviewer"], ROWS).new) == 2
    assert people.listing(desks["interviewer"]) == []


def test_the_same_roster_twice_doubles_nobody(desks: Desks) -> None:
    desk = desks["interviewer"]
    rosters.register(desk, ROWS, {})
    again = rosters.register(desk, ROWS, {})

    assert (again.new, _here(again), again.refused) == ([], [2, 3], [])
    assert [one.called for one in people.listing(desk)] == ["小河", "小禾"]


def test_one_child_on_two_lines_is_one_child_and_two_of_one_name_are_two(desks: Desks) -> None:
    rows = [Row(2, RIVER), Row(3, RIVER), Row(4, {**RIVER, "phone": "0394-2"})]

    with pytest.raises(ReasonNeeded):
        rosters.register(desks["interviewer"], rows, {})
    found = rosters.register(desks["interviewer"], rows, {"alike": "another"})
    assert (len(found.new), _here(found)) == (2, [3])


@pytest.mark.parametrize("column", ["birth_date", "given_by", "sex", "phone"])
def test_a_line_that_differs_in_any_cell_is_another_child_who_is_asked_about(desks: Desks, column: str) -> None:
    other = {"birth_date": f"{Clock().today().year - 10}-03", "given_by": "村委会", "sex": "f", "phone": "0394-2"}
    rows = [Row(2, {**RIVER, "given_by": "李老师"}), Row(3, {**RIVER, "given_by": "李老师", column: other[column]})]

    found = rosters.plan(desks["interviewer"], rows)
    assert (len(found.new), found.here) == (2, [])
    assert [(one.number, [like.code for like in one.slips]) for one in found.alike] == [(3, ["2"])]
    assert [one.details["lines"] for one in found.findings] == ["3"]
    with pytest.raises(ReasonNeeded):
        rosters.register(desks["interviewer"], rows, {})


@pytest.mark.parametrize(
    ("column", "said"), [("birth_date", f"{Clock().today().year - 10}-03"), ("given_by", "村委会")]
)
def test_a_line_like_a_child_who_is_here_and_differing_in_any_cell_is_asked_about(
    desks: Desks, column: str, said: str
) -> None:
    desk = desks["interviewer"]
    rosters.register(desk, [Row(2, RIVER)], {})
    (here,) = people.listing(desk)
    found = rosters.plan(desk, [Row(7, {**RIVER, column: said})])

    assert (len(found.new), found.here) == (1, [])
    assert [(one.number, [like.code for like in one.slips]) for one in found.alike] == [(7, [here.case_code])]


def test_one_child_who_is_here_stands_for_one_line_only(desks: Desks) -> None:
    """Of a birth date only the age group is kept: two lines may both fit the one child."""
    desk = desks["interviewer"]
    rosters.register(desk, [Row(2, RIVER)], {})
    (here,) = people.listing(desk)
    found = rosters.plan(desk, [Row(2, RIVER), Row(3, {**RIVER, "birth_date": f"{BORN[:4]}-02"}), Row(4, RIVER)])

    assert [(one.number, one.code) for one in found.here] == [(2, here.case_code), (4, "")]
    assert [one.number for one in found.alike] == [3]


def test_a_line_of_a_child_whom_lists_do_not_show_names_no_code(desks: Desks) -> None:
    desk = desks["interviewer"]
    rosters.register(desk, [Row(2, RIVER)], {})
    (here,) = people.listing(desk)
    withdrawals.withdraw_each(desk, [here.case_code])

    assert rosters.plan(desk, [Row(7, {**RIVER, "given_by": "村委会"})]).here == [Here(7, "小河")]


def test_a_line_that_cannot_be_taken_is_named_with_its_column(desks: Desks) -> None:
    wrong = {"called": " ", "site": "甲03", "sex": "x", "birth_date": "十二"}
    rows = [Row(number, {**RIVER, name: said}) for number, (name, said) in enumerate(wrong.items(), 5)]

    found = rosters.register(desks["interviewer"], [*rows, Row(9, {}), ROWS[0]], {})
    said = [(one.number, one.column) for one in found.refused]
    assert said == [(5, "called"), (6, "site"), (7, "sex"), (8, "birth_date"), (9, "called")]
    assert len(found.new) == 1


def test_a_power_cut_leaves_nobody_of_a_roster(
    desks: Desks, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    broken(4, lambda: rosters.register(desks["interviewer"], ROWS, {}))


def test_a_list_does_not_ask_a_family_again_that_said_no(desks: dict[str, Desk]) -> None:
    desk = desks["interviewer"]
    said = {"called": "小雨", "site": "C01", "sex": "f", "birth_date": f"{desk.clock.today().year - 12}-01"}
    rosters.register(desk, [Row(2, said)], {})
    (child,) = people.listing(desk)
    consents.record(desk, child.id, GuardianAnswer("mother", {"participate": "no"}, []))

    with pytest.raises(ReasonNeeded) as told:
        rosters.register(desk, [Row(2, said)], {})
    assert [one.code for one in told.value.findings] == ["asked_before"]
    assert len(people.listing(desk)) == 1
    rosters.register(desk, [Row(2, said)], {"asked_before": "others"})
    assert len(people.listing(desk)) == 2
