"""Read what the coordinator makes ready: facts of the study, team records, help numbers, form versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from fieldkit.records import Value, natural_id
from fieldkit.store import log, merge
from fieldkit.store.database import Tables
from fieldkit.store.people import Row

CLOSED_ON = "closed_on"


def facts(tables: Tables) -> dict[str, str]:
    """Return the facts of the study that were filled in, by code; one that two people wrote differently is no fact.

    Of two closing days the earlier one holds: a study that somebody closed is not open because they disagree on when.
    """
    rows = tables.execute("SELECT code, value, conflict FROM study_facts ORDER BY code").fetchall()
    found = {code: value for code, value, conflict in rows if value and not conflict}
    closings_differ = any(code == CLOSED_ON and conflict for code, _value, conflict in rows)
    return found | _closing_days(tables) if closings_differ else found


def _closing_days(tables: Tables) -> dict[str, str]:
    told = merge.heads(log.standing_of(tables, natural_id("study_fact", CLOSED_ON))).get("value", [])
    days = [str(one.set["value"]) for one in told if one.set.get("value")]
    return {CLOSED_ON: min(days)} if days else {}


def members(tables: Tables) -> dict[str, Row]:
    """Return the team records by member code."""
    return {row["code"]: dict(row) for row in tables.query("SELECT * FROM team_members")}


def help_numbers(tables: Tables, site: str) -> dict[str, Row]:
    """Return the help card's numbers of *site* by line id (`card:1`)."""
    return {row["line"]: dict(row) for row in tables.query("SELECT * FROM help_numbers WHERE site = ?", [site])}


def forms(tables: Tables) -> list[Row]:
    """Return every version of every form, by kind and version."""
    return [dict(row) for row in tables.query("SELECT * FROM forms ORDER BY doc_kind, CAST(version AS INTEGER)")]


def stamps(tables: Tables) -> dict[str, list[dict[str, str]]]:
    """Return, by record of a version that was stamped more than once, what its form said after each stamp in turn."""
    rows = tables.execute(
        "SELECT record FROM changes WHERE kind = 'form' AND json_extract(body, '$.set.state') = 'approved'"
    )
    stamped = Counter(record for (record,) in rows.fetchall())
    again = [record for record, times in stamped.items() if times > 1]
    lines = {record: merge.line(log.standing_of(tables, record), "stamped_on") for record in again}
    return {record: _in_turn(one.set for one in line) for record, line in lines.items()}


def _in_turn(said: Iterable[Mapping[str, Value]]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for one in said:
        found.append({**(found[-1] if found else {}), **one})
    return found


def disputed(tables: Tables) -> set[str]:
    """Return the codes of the facts that two people wrote differently."""
    return {row[0] for row in tables.execute("SELECT code FROM study_facts WHERE conflict")}


def sites(tables: Tables) -> list[str]:
    """Return the codes of the sites that were entered, or at which a child lives."""
    rows = tables.execute("SELECT code FROM sites UNION SELECT site FROM participants WHERE site <> '' ORDER BY 1")
    return [row[0] for row in rows if row[0]]
