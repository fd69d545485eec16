"""Who can listen, whether the child is upset, and when to offer a rest: what the moments of an interview mean."""

from __future__ import annotations

import pytest

from fieldkit.rules.moments import Moment, calm_from, how_upset, listening, rest, resting

MINUTE = 60_000


def came(who: str, minute: int = 0) -> Moment:
    return Moment("came_in", who, minute * MINUTE)


def left(who: str = "", minute: int = 0) -> Moment:
    return Moment("left", who, minute * MINUTE)


def upset(minute: int, level: int = 1) -> Moment:
    return Moment(f"distress_{level}", "", minute * MINUTE)


def test_nobody_listens_before_somebody_came() -> None:
    assert listening([]) == ()
    assert listening([left("carer"), upset(2)]) == ()


def test_who_came_listens_until_they_leave() -> None:
    assert listening([came("carer"), came("sibling"), came("carer")]) == ("carer", "sibling")
    assert listening([came("carer"), came("sibling"), left("carer")]) == ("sibling",)
    assert listening([came("carer"), came("sibling"), left()]) == ()


@pytest.mark.parametrize("who", ["colleague", "none"])
def test_a_colleague_of_the_team_overhears_nothing(who: str) -> None:
    assert listening([came(who)]) == ()


def test_tender_questions_wait_for_five_minutes() -> None:
    assert calm_from([], 0) is None
    assert calm_from([upset(10)], 10 * MINUTE) == 15
    assert calm_from([upset(10), upset(12)], 15 * MINUTE) == 17
    assert calm_from([upset(10)], 15 * MINUTE) is None


def test_after_a_child_was_very_upset_nothing_tender_is_asked_again() -> None:
    assert calm_from([upset(10, level=2)], 50 * MINUTE) == 0


def test_of_what_was_noted_the_worst_counts() -> None:
    assert how_upset([]) == ""
    assert how_upset([Moment("came_in", "carer", 1)]) == ""
    assert how_upset([upset(1)]) == "distress_1"
    assert how_upset([upset(1, level=2), upset(2)]) == "distress_2"


def test_a_break_lasts_until_it_is_over() -> None:
    break_, resumed = Moment("break", "", 0), Moment("resumed", "", 0)

    assert not resting([])
    assert resting([resumed, break_, came("carer")])
    assert not resting([break_, resumed])


def test_v33_a_rest_is_offered_after_the_minutes_of_the_study() -> None:
    assert rest([], 40 * MINUTE - 1, 40) is None
    found = rest([], 41 * MINUTE, 40)

    assert found is not None
    assert (found.code, found.level) == ("V33", "hint")
    assert found.sentence("zh_CN") == "已谈 41 分钟，问问孩子要不要歇一歇。"
    assert "41 minutes" in found.sentence("en")


def test_a_rest_that_was_taken_is_not_offered_again_at_once() -> None:
    taken = [Moment("break", "", 38 * MINUTE), Moment("resumed", "", 38 * MINUTE)]

    assert rest(taken, 50 * MINUTE, 40) is None
    assert rest(taken, 78 * MINUTE, 40) is not None
