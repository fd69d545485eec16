from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules import sampling
from fieldkit.rules.consent import Event
from fieldkit.rules.sampling import LEAST, STAGES, Cell, Child

GIRL = Cell(sex="f", age_band="a9_11", lbc_group="yes_sc2016", site="A03")


@pytest.mark.parametrize(
    "cell",
    [Cell(sex="m"), Cell(age_band="a12_13"), Cell(lbc_group="former"), Cell(site="A04"), Cell(sex="f", site="A04")],
)
def test_a_child_who_lacks_one_thing_that_is_asked_for_does_not_count(cell: Cell) -> None:
    assert not cell.holds(GIRL)


@pytest.mark.parametrize("cell", [Cell(), Cell(sex="f"), Cell(sex="f", site="A03"), GIRL])
def test_what_a_cell_leaves_open_may_be_any(cell: Cell) -> None:
    assert cell.holds(GIRL)


def test_what_is_not_known_of_a_child_fits_no_wish() -> None:
    gone = Cell(sex="f", age_band="a9_11", site="A03")

    assert Cell(sex="f").holds(gone)
    assert not Cell(lbc_group="yes_sc2016").holds(gone)


def test_who_may_not_have_reached_fourteen_counts_as_under_fourteen() -> None:
    assert [sampling.band(one) for one in ("u14_uncertain", "a14_17")] == ["a12_13", "a14_17"]


def said(actor: str, act: str) -> Event:
    items = dict.fromkeys(("participate", "notes", "store"), "yes")
    return Event(f"{actor} {act}", actor, act, actor, items=items)


@pytest.mark.parametrize(
    ("events", "grown", "agreed"),
    [
        ([], False, False),
        ([said("carer", "given")], False, False),
        ([said("guardian", "given")], False, True),
        ([said("guardian", "given"), said("child", "declined")], False, True),
        ([said("guardian", "declined")], False, False),
        ([said("adult_participant", "given")], True, True),
        ([said("adult_participant", "given")], False, False),
        ([said("adult_participant", "given"), said("guardian", "declined")], True, True),
        ([said("adult_participant", "declined")], True, False),
    ],
)
def test_a_family_has_agreed_when_who_has_to_be_asked_said_yes(events: list[Event], grown: bool, agreed: bool) -> None:
    assert sampling.agreed(events, grown=grown) is agreed


def test_a_child_counts_in_each_stage_that_it_reached() -> None:
    children = [Child(GIRL, frozenset({"screened", "agreed"})), Child(GIRL, frozenset({"screened"}))]
    counts = {"interviewed": 0, "screened": 2, "agreed": 1, "waits": 0, "withdrew": 0}

    assert sampling.count(Cell(sex="f"), children) == counts
    assert set(sampling.count(Cell(sex="m"), children).values()) == {0}


def alike(n: int) -> dict[str, int]:
    return dict.fromkeys(STAGES, n)


def test_a_number_below_three_is_hidden_from_others() -> None:
    shown = sampling.for_others({Cell(sex="f"): alike(2), Cell(sex="m"): alike(3)})

    assert shown == {Cell(sex="f"): dict.fromkeys(STAGES), Cell(sex="m"): alike(3)}


@pytest.mark.parametrize(
    "parts",
    [
        {Cell(sex="f"): 8},
        {Cell(sex="f", site="A03"): 8},
        {Cell(sex="f"): 4, Cell(sex="m"): 4},
        {Cell(sex="f"): 4, Cell(sex="m", site="A03"): 4},
        {Cell(sex="f"): 10},
    ],
)
def test_what_tells_a_small_number_by_subtraction_is_hidden_on_both_sides(parts: dict[Cell, int]) -> None:
    shown = sampling.for_others({cell: alike(n) for cell, n in {Cell(): 10, **parts}.items()})

    assert {cell for cell, said in shown.items() if None in said.values()} == {Cell(), *parts}


def test_a_cell_and_its_part_stay_where_enough_children_are_between_them() -> None:
    board = {Cell(): alike(10), Cell(sex="f"): alike(7)}

    assert sampling.for_others(board) == board


@pytest.mark.parametrize(("screened", "agreed", "interviewed", "hidden"), [
    (9, 8, 5, {"screened", "agreed"}),
    (9, 6, 5, {"agreed", "interviewed"}),
    (9, 9, 9, set()),
    (9, 6, 3, set()),
])  # fmt: skip
def test_the_few_between_two_stages_are_hidden(screened: int, agreed: int, interviewed: int, hidden: set[str]) -> None:
    counts = {**alike(9), "screened": screened, "agreed": agreed, "interviewed": interviewed}
    shown = sampling.for_others({Cell(): counts})[Cell()]

    assert {stage for stage, n in shown.items() if n is None} == hidden


CELLS = [Cell(sex=sex, site=site) for sex in ("", "f", "m") for site in ("", "A03", "A04", "A05")]


@given(
    st.lists(st.tuples(st.sampled_from("fm"), st.sampled_from(["A03", "A04", "A05"]))), st.sets(st.sampled_from(CELLS))
)
def test_no_numbers_that_others_see_give_a_small_one(people: list[tuple[str, str]], cells: set[Cell]) -> None:
    children = [Child(Cell(sex=sex, site=site), frozenset(STAGES)) for sex, site in people]
    shown = sampling.for_others({cell: sampling.count(cell, children) for cell in cells})
    told = {cell: said["waits"] for cell, said in shown.items() if said["waits"] is not None}

    for whole, n in told.items():
        inside = [cell for cell in told if cell != whole and whole.holds(cell)]
        for size in range(1, len(inside) + 1):
            for parts in combinations(inside, size):
                if not any(_meet(one, other) for one, other in combinations(parts, 2)):
                    assert n - sum(told[part] for part in parts) >= LEAST


def _meet(one: Cell, other: Cell) -> bool:
    return all("" in pair or pair[0] == pair[1] for pair in ((one.sex, other.sex), (one.site, other.site)))
