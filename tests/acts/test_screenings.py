from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fieldkit.acts import checks, people, readiness, screenings, withdrawals
from fieldkit.acts.desk import Desk
from fieldkit.acts.editors import Opened
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.studies import StudyClosed

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], object]
Changes = Callable[[Desk, str], list[Change]]
OUT = {**screenings.all_fit(), "ex_acute": "met"}


@pytest.fixture
def new(desks: Desks) -> str:
    """小满, just registered."""
    born = f"{Clock().today().year - 12}-01"
    return people.register(desks["interviewer"], NewChild("小满", "0394-0000000", "A03", "f", born))


def _gate(desk: Desk, subject: str) -> str:
    return next(gate.status for gate in people.case(desk, subject).gates if gate.id == "G03")


def test_only_an_interviewer_screens(refused: Refused, new: str) -> None:
    refused(
        NotAllowed, "coordinator translator sg_lead", lambda desk: screenings.record(desk, new, screenings.all_fit())
    )


@pytest.mark.parametrize(
    ("chosen", "asked"), [("sc2016", "照顾不了"), ("research6m", "至少一方"), ("protocol", "按研究")]
)
def test_whose_being_away_counts_is_asked_by_the_definition_of_the_study(
    desks: Desks, carry: Carry, chosen: str, asked: str
) -> None:
    coordinator = desks["coordinator"]
    lines = [line for group in readiness.overview(coordinator) for line in group.lines]
    bases = {line.fact.code: line.opened.base for line in lines}
    readiness.keep(coordinator, {"lbc_definition": chosen}, bases)
    carry(coordinator, desks["interviewer"])

    words = screenings.wording(desks["interviewer"])
    assert asked in words["lbc_now"].zh
    assert [*words] == screenings.questions()


def test_a_closed_study_screens_nobody_new_and_still_puts_right_who_was_screened(
    refused: Refused, desks: Desks, child: str, closed: Callable[[], None]
) -> None:
    born = f"{Clock().today().year - 12}-01"
    new = people.register(desks["interviewer"], NewChild("小禾", "", "A03", "f", born))
    closed()

    refused(StudyClosed, "interviewer", lambda desk: screenings.record(desk, new, screenings.all_fit()))
    before = screenings.latest(desks["interviewer"], child)
    assert before
    assert screenings.record(desks["interviewer"], child, OUT, base=before.opened.base) == "ineligible"


@pytest.mark.parametrize(
    ("criteria", "approach"),
    [
        ({"willing": "met"}, ""),
        ({"age_range": "met"}, ""),
        ({"colour": "met"}, ""),
        ({"lbc_now": "yes"}, ""),
        ({"lbc_now": ""}, ""),
        ({"lbc_now": "met"}, "advertised"),
    ],
)
def test_what_is_no_answer_to_a_criterion_is_refused(
    refused: Refused, new: str, criteria: dict[str, str], approach: str
) -> None:
    refused(Invalid, "interviewer", partial(screenings.record, subject=new, criteria=criteria, approach=approach))


def test_a_child_who_withdrew_is_not_screened(refused: Refused, desks: Desks, new: str) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [new])

    refused(NotFound, "interviewer", lambda desk: screenings.record(desk, new, screenings.all_fit()))
    refused(NotFound, "interviewer", lambda desk: screenings.latest(desk, new))


def test_a_child_who_fits_passes_the_gate(desks: Desks, new: str) -> None:
    desk = desks["interviewer"]
    assert _gate(desk, new) == "fails"

    assert screenings.record(desk, new, screenings.all_fit(), "village") == "eligible"

    assert _gate(desk, new) == "holds"
    kept = screenings.latest(desk, new)
    assert kept is not None
    assert kept.criteria == {"age_range": "met", **screenings.all_fit()}
    assert (kept.result, kept.approach, kept.day) == ("eligible", "village", desk.today)


def test_what_is_left_out_is_not_known_and_leaves_it_open(desks: Desks, new: str) -> None:
    desk = desks["interviewer"]

    assert screenings.record(desk, new, {"lbc_now": "met"}) == "pending"
    assert (_gate(desk, new), people.case(desk, new).called) == ("fails", "小满")


def test_a_child_who_does_not_fit_is_screened_out_and_the_slip_goes(
    desks: Desks, new: str, words: Callable[[Desk], str]
) -> None:
    desk = desks["interviewer"]
    assert "0394-0000000" in words(desk)

    assert screenings.record(desk, new, OUT) == "ineligible"

    one = people.case(desk, new)
    assert (one.status, one.step.code, one.called, one.phone) == ("screened_out", "screened_out", None, None)
    assert "小满" not in words(desk)
    assert "0394-0000000" not in words(desk)
    assert people.nonparticipation(desk) == {}
    assert checks.check(desk).ok


def test_a_second_screening_stands_over_the_first(desks: Desks, new: str, changes: Changes) -> None:
    desk = desks["interviewer"]
    screenings.record(desk, new, {})
    screenings.record(desk, new, screenings.all_fit(), base=_base(desk, new))

    first, second = changes(desk, "screening")
    assert second.over["result"] == (first.id,)
    assert _gate(desk, new) == "holds"


def test_a_power_cut_leaves_the_slip_of_a_child_who_does_not_fit(
    desks: Desks, new: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    for place in (1, 2):
        broken(place, lambda: screenings.record(desks["interviewer"], new, OUT))
    assert people.case(desks["interviewer"], new).called == "小满"


def test_what_another_tab_saved_meanwhile_is_kept_beside_not_overwritten(desks: Desks, new: str) -> None:
    desk = desks["interviewer"]
    base = _base(desk, new)
    screenings.record(desk, new, screenings.all_fit(), "village", base)
    screenings.record(desk, new, OUT, "teacher", base)

    both = screenings.latest(desk, new)
    assert both is not None
    assert {code: [one.value for one in ones] for code, ones in both.opened.versions.items() if code in OUT} == {
        "ex_acute": ["not_met", "met"]
    }
    assert [(one.value, one.author) for one in both.opened.versions["approach"]] == [
        ("village", "李岚"),
        ("teacher", "李岚"),
    ]
    assert _gate(desk, new) == "fails"
    assert people.case(desk, new).called == "小满"  # nothing is removed while two answers stand

    assert screenings.record(desk, new, OUT, "teacher", both.opened.base) == "ineligible"
    assert people.case(desk, new).called is None
    assert _opened(desk, new).versions == {}


def test_the_same_answers_again_write_nothing(desks: Desks, new: str, changes: Changes) -> None:
    desk = desks["interviewer"]
    for _ in range(2):
        screenings.record(desk, new, screenings.all_fit(), "village")

    assert len(changes(desk, "screening")) == 1


def _opened(desk: Desk, subject: str) -> Opened:
    found = screenings.latest(desk, subject)
    return found.opened if found else Opened()


def _base(desk: Desk, subject: str) -> str:
    return _opened(desk, subject).base
