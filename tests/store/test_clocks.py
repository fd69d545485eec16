"""The flag of a doubtful date: what trusts a day, what does not, and what is found again."""

from __future__ import annotations

from datetime import date, timedelta

from fieldkit.clock import Clock
from fieldkit.store import clocks
from fieldkit.store.database import Tables

TODAY = Clock().today()


def test_a_wrong_day_is_flagged_and_trusted_by_nobody(tables: Tables) -> None:
    clocks.trust(tables, TODAY)

    for days in (-2000, 4000):
        assert clocks.flags(tables, Clock(timedelta(days=days))) == ("clock",)
        clocks.follow(tables, Clock(timedelta(days=days)))
        assert clocks.trusted_day(tables) == TODAY


def test_a_stated_day_is_flagged_and_trusted(tables: Tables) -> None:
    clocks.trust(tables, TODAY)
    stated = Clock(timedelta(days=-2000), timedelta(days=2001))

    assert clocks.flags(tables, stated) == ("clock",)
    clocks.follow(tables, stated)
    assert clocks.trusted_day(tables) == TODAY + timedelta(days=1)


def test_the_first_day_of_a_folder_is_believed(tables: Tables) -> None:
    assert clocks.flags(tables, Clock()) == ()
    assert clocks.trusted_day(tables) is None  # to ask moves nothing
    clocks.follow(tables, Clock())
    assert clocks.trusted_day(tables) == date.today()  # noqa: DTZ011 - the civil day of this laptop


def test_a_child_of_whom_nothing_is_doubtful_has_nothing_flagged(tables: Tables) -> None:
    assert clocks.flagged(tables, "kid") == set()
