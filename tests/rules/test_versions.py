"""Which version of a form counts, and when a family is asked anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.errors import NotFound
from fieldkit.rules.versions import (
    CHANGE_CLASSES,
    FormVersion,
    NewerVersion,
    Stamp,
    accepted,
    current,
    goes_on,
    newest,
    newest_with,
    renewed,
    to_be_told,
)

DAY = "2026-11-24"
FIRST = FormVersion("guardian_info_consent", 1, "h1", stamped_on="2026-09-01", valid_from="2026-09-05")
SECOND = FormVersion("guardian_info_consent", 2, "h2", "major", "2026-11-01", "2026-11-10")


@pytest.mark.parametrize(
    "versions",
    [
        [replace(FIRST, stamped_on="")],
        [replace(FIRST, valid_from="2026-11-25")],
        [replace(FIRST, valid_to="2026-11-23")],
    ],
)
def test_a_form_without_a_stamp_for_that_day_is_known_and_not_in_force(versions: list[FormVersion]) -> None:
    assert not current(versions, "guardian_info_consent", DAY).in_force(DAY)


OLD = Stamp("2025-09-01", "2025-09-01", "2026-08-31", "YS-1")
NEW = Stamp("2026-09-10", "2026-09-15", "2027-09-14", "YS-2")


@pytest.mark.parametrize(
    ("day", "covered", "number"),
    [
        ("2025-08-31", False, None),
        ("2025-09-01", True, "YS-1"),
        ("2026-08-31", True, "YS-1"),
        ("2026-09-14", False, "YS-1"),
        ("2026-09-15", True, "YS-2"),
        ("2027-09-15", False, "YS-2"),
    ],
)
def test_a_day_is_judged_by_the_stamp_that_stood_on_it(day: str, covered: bool, number: str | None) -> None:
    version = FormVersion("guardian_info_consent", 1, "h1", "", *_of(NEW), before=(OLD,))

    assert version.in_force(day) == covered
    stamp = version.stamp(day)
    assert (stamp and stamp.ethics_no) == number
    assert version.began(day) == (number is not None)


def _of(stamp: Stamp) -> tuple[str, str, str, str]:
    return stamp.stamped_on, stamp.valid_from, stamp.valid_to, stamp.ethics_no


LONGER = replace(OLD, stamped_on="2026-08-01", valid_to="2027-08-31")


@pytest.mark.parametrize(
    ("stamps", "stood"),
    [
        ([], ()),
        ([OLD], (OLD,)),
        ([OLD, NEW], (OLD, NEW)),
        ([OLD, LONGER], (OLD, LONGER)),
        ([OLD, replace(LONGER, valid_to="")], (OLD, replace(LONGER, valid_to=""))),
        ([OLD, LONGER, NEW], (OLD, LONGER, NEW)),
        ([replace(OLD, valid_to=""), replace(LONGER, valid_to="")], (replace(LONGER, valid_to=""),)),
        ([OLD, replace(NEW, ethics_no=" ys-1")], (replace(NEW, ethics_no=" ys-1"),)),  # a day that was mistyped
        ([OLD, replace(OLD, ethics_no="YS-2")], (replace(OLD, ethics_no="YS-2"),)),  # a number that was mistyped
        ([NEW, OLD], (OLD,)),
        ([replace(OLD, stamped_on="2025-12-01"), OLD, NEW], (OLD, NEW)),
    ],
)
def test_a_new_approval_leaves_the_days_before_to_the_old_one_and_what_is_put_right_leaves_none(
    stamps: list[Stamp], stood: tuple[Stamp, ...]
) -> None:
    assert renewed(stamps) == stood


@pytest.mark.parametrize("versions", [[], [replace(FIRST, doc_kind="carer_agreement")]])
def test_a_form_that_was_never_written_is_not_found(versions: list[FormVersion]) -> None:
    with pytest.raises(NotFound):
        current(versions, "guardian_info_consent", DAY)


@pytest.mark.parametrize(("day", "number"), [("2026-11-09", 1), ("2026-11-10", 2), (DAY, 2)])
def test_the_newest_version_in_force_on_the_day_is_the_form(day: str, number: int) -> None:
    assert current([SECOND, FIRST], "guardian_info_consent", day).number == number


@pytest.mark.parametrize(
    ("change", "still", "told"),
    [("editorial", True, False), ("minor", True, True), ("major", False, False), ("", True, False)],
)
def test_only_a_major_change_asks_the_family_anew_and_a_minor_one_is_told(change: str, still: bool, told: bool) -> None:
    versions = [FIRST, replace(SECOND, change_class=change)]

    assert accepted(versions, "h1", DAY) == still
    assert to_be_told(versions, "h1", DAY) == told


def test_a_major_change_asks_anew_also_where_only_the_version_after_it_was_stamped() -> None:
    never, last = replace(SECOND, stamped_on=""), replace(SECOND, number=3, text_hash="h3", change_class="editorial")

    assert accepted([FIRST, never], "h1", DAY)
    assert not accepted([FIRST, never, last], "h1", DAY)
    assert accepted([FIRST, never, last], "h3", DAY)


def test_a_minor_change_is_told_also_where_only_the_version_after_it_was_stamped() -> None:
    never = replace(SECOND, stamped_on="", change_class="minor")

    assert to_be_told([FIRST, never, replace(SECOND, number=3, text_hash="h3", change_class="editorial")], "h1", DAY)


def test_a_yes_to_words_that_came_back_counts_whatever_lay_between() -> None:
    assert accepted([FIRST, SECOND, replace(SECOND, number=3, text_hash="h1")], "h1", DAY)


def test_a_change_that_is_not_in_force_yet_asks_nobody() -> None:
    assert accepted([FIRST, SECOND], "h1", "2026-11-09")
    assert not accepted([FIRST, SECOND], "h1", "2026-11-10")


def test_a_version_whose_stamp_ran_out_is_still_the_form_and_opens_nothing_old_or_new() -> None:
    ended = replace(SECOND, valid_to="2026-11-23")

    assert current([FIRST, ended], "guardian_info_consent", DAY) == ended
    assert not ended.in_force(DAY)
    assert not accepted([FIRST, ended], "h1", DAY)
    assert not accepted([FIRST, ended], "h2", DAY)
    assert accepted([FIRST, ended], "h2", "2026-11-23")


def test_a_family_that_agreed_is_asked_nothing_new_once_the_stamp_of_its_form_ran_out() -> None:
    assert accepted([FIRST], "h1", DAY)
    assert not accepted([replace(FIRST, valid_to="2026-11-23")], "h1", DAY)


@pytest.mark.parametrize(
    ("valid_to", "begins", "without_a_gap"),
    [
        ("", "2027-01-01", True),
        ("2026-12-31", "2027-01-01", True),
        ("2026-12-31", "2027-01-02", False),
        ("2026-11-23", "2027-01-01", False),
        ("", DAY, False),
        ("", "2026-09-05", False),
    ],
)
def test_a_later_stamp_goes_on_from_one_that_counts_today_and_leaves_no_day_out(
    valid_to: str, begins: str, without_a_gap: bool
) -> None:
    assert goes_on(replace(FIRST, valid_to=valid_to), begins, DAY) == without_a_gap


def test_a_yes_to_an_unknown_or_unstamped_text_opens_nothing() -> None:
    assert not accepted([FIRST], "h9", DAY)
    assert not accepted([replace(FIRST, stamped_on="")], "h1", DAY)


versions = st.builds(
    FormVersion,
    st.just("guardian_info_consent"),
    st.integers(1, 4),
    st.sampled_from(["h1", "h2", "h3", "h4"]),
    st.sampled_from(CHANGE_CLASSES),
    st.sampled_from(["", "2026-09-01", "2026-10-01"]),
    st.sampled_from(["", "2026-09-05", "2026-12-01"]),
    st.sampled_from(["", "2026-11-01"]),
)


@given(st.lists(versions, max_size=5), st.sampled_from(["h1", "h2"]))
def test_one_more_major_version_never_makes_an_older_yes_count_again(known: list[FormVersion], text: str) -> None:
    last = FormVersion("guardian_info_consent", 9, "h9", "major", "2026-10-01", "2026-10-02")

    assert accepted([*known, last], text, DAY) <= accepted(known, text, DAY)
    assert not accepted([*known, last], text, DAY)


@given(st.lists(versions, max_size=5), st.sampled_from(["h1", "h2"]))
def test_a_stamp_that_runs_out_makes_no_yes_count_again(known: list[FormVersion], text: str) -> None:
    ended = replace(SECOND, stamped_on="2026-10-01", valid_from="", valid_to="2026-11-01")
    before, after = (accepted([FIRST, ended, *known], text, day) for day in ("2026-11-01", "2026-11-02"))

    assert after <= before


@given(st.permutations([FIRST, SECOND, replace(FIRST, number=3, text_hash="h3", change_class="minor")]))
def test_the_order_of_arrival_decides_nothing(known: list[FormVersion]) -> None:
    assert current(known, "guardian_info_consent", DAY).text_hash == "h3"
    assert not accepted(known, "h1", DAY)
    assert to_be_told(known, "h2", DAY)


def test_a_text_that_was_replaced_or_never_known_is_refused() -> None:
    with pytest.raises(NewerVersion):
        newest_with([SECOND, FIRST], "h1")
    with pytest.raises(NotFound):
        newest_with([SECOND, FIRST], "h9")
    with pytest.raises(NotFound):
        newest([SECOND, FIRST], "carer_agreement")


def test_the_newest_version_is_found_among_those_of_its_form_alone() -> None:
    other = FormVersion("carer_agreement", 3, "h3")

    assert newest([other, SECOND, FIRST], "guardian_info_consent") == SECOND
    assert newest_with([SECOND, FIRST, other], "h2") == SECOND


def test_words_that_came_back_in_a_later_version_are_the_newest() -> None:
    again = replace(FIRST, number=3)

    assert newest_with([FIRST, SECOND, again], "h1") == again
