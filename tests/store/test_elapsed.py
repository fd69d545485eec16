from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from fieldkit.clock import Clock
from fieldkit.records import Change
from fieldkit.rules import elapsed as counters
from fieldkit.store import elapsed
from fieldkit.store.database import Tables

CLOCK = Clock()


def after(seconds: float) -> Clock:
    return replace(CLOCK, ahead=timedelta(seconds=seconds))


def test_an_interview_that_never_ran_here_stands_at_nothing(tables: Tables) -> None:
    assert elapsed.now(tables, "S1", CLOCK) == 0


def test_it_counts_from_one_mark_to_the_next(tables: Tables) -> None:
    elapsed.keep(tables, "S1", CLOCK)

    assert 90_000 <= elapsed.keep(tables, "S1", after(90)) < 150_000
    assert 150_000 <= elapsed.now(tables, "S1", after(150)) < 210_000


def test_the_date_of_the_laptop_moves_nothing(tables: Tables) -> None:
    elapsed.keep(tables, "S1", CLOCK)

    assert elapsed.now(tables, "S1", replace(CLOCK, stated=timedelta(days=2000))) < 60_000


def test_after_a_power_cut_it_goes_on_from_where_it_stood(tables: Tables) -> None:
    elapsed.keep(tables, "S1", CLOCK)
    stood = elapsed.keep(tables, "S1", after(120))
    again = replace(after(9000), run="after the cut")

    assert elapsed.now(tables, "S1", again) == elapsed.keep(tables, "S1", again) == stood


def test_a_break_stops_it(tables: Tables) -> None:
    elapsed.keep(tables, "S1", CLOCK)
    stood = elapsed.keep(tables, "S1", after(60), counters.pause)

    assert elapsed.now(tables, "S1", after(400)) == stood


def test_silences_and_breaks_are_kept_so_that_a_page_can_tell_later(tables: Tables) -> None:
    elapsed.keep(tables, "S1", CLOCK)
    elapsed.keep(tables, "S1", after(700), counters.pause)
    elapsed.keep(tables, "S1", after(800), counters.resume)
    told = elapsed.keep(tables, "S1", after(860), partial(counters.hear, ago=[510.0]))

    assert 755_000 <= told <= 765_000
    assert 345_000 <= elapsed.now(tables, "S1", after(860), 510.0) <= 355_000


def test_a_restored_laptop_starts_at_what_the_last_change_said(
    tables: Tables, say: Callable[..., str], answer: Callable[..., Change]
) -> None:
    both = (say("guardian"), say("child"))
    answer(both, "奶奶在家", elapsed=61_000)

    assert elapsed.now(tables, "S1", CLOCK) == 61_000


def test_a_counter_that_is_dropped_is_gone(tables: Tables) -> None:
    elapsed.keep(tables, "S1", CLOCK)
    elapsed.keep(tables, "S1", after(60))
    elapsed.drop(tables, "S1")

    assert elapsed.now(tables, "S1", after(60)) == 0
