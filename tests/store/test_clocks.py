"""The flag of a doubtful date: what trusts a day, what does not, and what is found again."""

from __future__ import annotations

from datetime import date, timedelta

from fieldkit.clock import Clock
from fieldkit.records import Value
from fieldkit.store import clocks, log
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen

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


def test_what_is_no_repair_is_passed_over(tables: Tables, pen: Pen) -> None:
    good = {"device": "L1", "first": 1, "last": 9, "from_day": "2019-01-01", "to_day": "2019-01-02", "days": 3}
    others: list[dict[str, Value]] = [{"first": "one"}, {"days": None}, {"last": []}, {"device": None}]
    for wrong in ({}, *others):
        log.append(tables, pen, Draft("clock_repair", {**good, "reason": "battery", "replaces": [7, "r"], **wrong}))

    assert [(one.days, one.replaces) for one in clocks.repairs(tables)] == [(3, ("r",))]


def test_only_what_the_clock_dated_is_put_right(tables: Tables, pen: Pen) -> None:
    for said in ({"day": "2019-01-01"}, {"day": "2019-01-02", "entered_on": "2019-01-03"}, {"act": "given"}):
        log.append(tables, pen, Draft("consent_event", {"actor": "guardian", **said}, subject="kid"))

    assert [day for _, day in clocks.dated(tables, pen.device)] == ["2019-01-01"]
    assert [day for *_, day in clocks.dated_of(tables, ["kid"])] == ["2019-01-01"]


def test_what_a_laptop_dated_is_found_without_reading_the_log(tables: Tables) -> None:
    asked = list[str]()
    tables.conn.set_trace_callback(asked.append)
    clocks.dated(tables, "L1")
    tables.conn.set_trace_callback(None)
    plan = tables.execute(f"EXPLAIN QUERY PLAN {asked[-1]}").fetchall()

    assert [step[-1] for step in plan] == ["SEARCH changes USING INDEX changes_dated (device=?)"]
