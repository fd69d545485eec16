from __future__ import annotations

from fieldkit.store import log, worklists
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen


def test_what_is_due_first_stands_first_and_hidden_children_are_left_out(tables: Tables, pen: Pen) -> None:
    for subject, due in (("kid", "2026-12-02"), ("boy", "2026-12-01"), ("gone", "2026-12-01")):
        log.append(tables, pen, Draft("participant", {"case_code": subject}, record=subject, subject=subject))
        log.append(tables, pen, Draft("work_item", {"what": "去", "due": due}, subject=subject, drawer="research/B"))
    tables.execute("INSERT OR REPLACE INTO standings VALUES ('gone', 1)")

    assert [(row["case_code"], row["team"]) for row in worklists.items(tables)] == [("boy", "B"), ("kid", "B")]


def test_two_laptops_may_tick_one_item_off(tables: Tables, pen: Pen) -> None:
    for came in ("去了", "没人"):
        log.append(tables, pen, Draft("work_tick", {"item": "i", "came": came, "day": "2026-12-01"}, subject="kid"))

    assert {row["came"] for row in worklists.ticks(tables)["i"]} == {"去了", "没人"}
    assert {row["author"] for row in worklists.ticks(tables)["i"]} == {pen.author}
