from __future__ import annotations

from fieldkit.clock import Clock
from fieldkit.records import natural_id
from fieldkit.store import log, sampling
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen


def test_cells_stand_in_one_order_wherever_they_were_added(tables: Tables, pen: Pen) -> None:
    for sex, site in (("m", "A04"), ("f", "A04"), ("", "A03")):
        cell = {"sex": sex, "age_band": "", "lbc_group": "", "site": site, "target": 3}
        log.append(tables, pen, Draft("quota_cell", cell))

    assert [(row["site"], row["sex"]) for row in sampling.cells(tables)] == [("A03", ""), ("A04", "f"), ("A04", "m")]


def test_who_is_known_twice_and_withdrew_counts_once_before_and_after(tables: Tables, pen: Pen) -> None:
    for subject in ("b", "a", "c"):
        log.append(tables, pen, Draft("participant", {"site": subject, "sex": "f"}, record=subject, subject=subject))
    log.append(tables, pen, Draft("same_child", {"first": "b", "second": "a", "state": "linked"}, drawer="research/A"))
    tables.execute("INSERT OR REPLACE INTO standings VALUES ('a', 1), ('b', 1), ('c', 1)")
    before = [row["site"] for row in sampling.withdrawn(tables)]

    for subject in ("a", "b"):
        log.append(tables, pen, Draft("tombstone", {"site": subject, "sex": "f"}, subject=subject))
        tables.execute("DELETE FROM participants WHERE id = ?", [subject])

    assert sorted(before) == ["a", "c"]
    assert sorted(row["site"] for row in sampling.withdrawn(tables)) == sorted(before)


def test_a_cell_is_one_record_on_every_machine(tables: Tables) -> None:
    there = Pen("C2", "L9", "B", Clock())
    cell = {"sex": "f", "age_band": "", "lbc_group": "", "site": "A03", "target": 3}

    assert log.append(tables, there, Draft("quota_cell", cell)).record == natural_id("quota_cell", "f", "", "", "A03")
