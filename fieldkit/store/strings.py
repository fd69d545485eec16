"""Read the study's words: drafts as they stand, and the texts of a published version."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from fieldkit.records import decode, natural_id
from fieldkit.rules.guides import text_hash
from fieldkit.store import people
from fieldkit.store.database import Tables
from fieldkit.studies import Pair

Row = dict[str, Any]


def newest_version(tables: Tables) -> Row | None:
    """Return the published guide with the highest number; of two with one number the larger id, on every machine."""
    rows = list(tables.table("guide_versions").rows_where(order_by="number DESC, id DESC", limit=1))
    return dict(rows[0]) if rows else None


def version_of(tables: Tables, day: str) -> Row | None:
    """Return the newest guide that was published by *day*, as its publisher's laptop says; else the first one.

    Which words were asked that day is told by a clock at best; whether anything is asked is not decided here.
    """
    rows = [
        dict(one)
        for one in tables.query(
            "SELECT g.*, substr(json_extract(c.body, '$.wall'), 1, 10) AS published_on "
            "FROM guide_versions AS g JOIN changes AS c ON c.record = g.id ORDER BY g.number, g.id"
        )
    ]
    return next((one for one in reversed(rows) if one["published_on"] <= day), next(iter(rows), None))


def guide_of(tables: Tables, interview: Row) -> Row | None:
    """Return the published guide that *interview* follows; None where a torn bundle brought it before its guide."""
    return people.row(tables, "guide_versions", "id = ?", interview["guide_version"])


def hashes(version_row: Row) -> dict[str, str]:
    """Return the text hashes that a published version froze, by string id."""
    found: dict[str, str] = json.loads(version_row["strings"])
    return found


def published(tables: Tables, version_row: Row) -> dict[str, Pair]:
    """Return the texts of a published version by string id, from the log where a later draft has replaced them."""
    wanted = hashes(version_row)
    drafts = {row["code"]: Pair(row["zh"], row["en"]) for row in tables.table("strings").rows}
    texts = {
        code: drafts[code] for code, hashed in wanted.items() if code in drafts and text_hash(drafts[code]) == hashed
    }
    for code in wanted.keys() - texts.keys():
        found = _from_log(tables, code, wanted[code])
        if found is not None:
            texts[code] = found
    return {code: texts[code] for code in wanted if code in texts}


def _from_log(tables: Tables, code: str, hashed: str) -> Pair | None:
    record = natural_id("string", code)
    rows = tables.execute("SELECT body FROM changes WHERE record = ? ORDER BY tick DESC", [record])
    values = [decode(row[0]).set for row in rows]
    for zh in (value["zh"] for value in values if "zh" in value):
        for en in (value["en"] for value in values if "en" in value):
            if text_hash(Pair(zh, en)) == hashed:
                return Pair(zh, en)
    return None


def drafts(tables: Tables) -> list[Row]:
    """Return every string as it stands, in the order of the study."""
    return [dict(row) for row in tables.table("strings").rows_where(order_by="position, code")]


def questions(tables: Tables) -> list[Row]:
    """Return the questions in the order of the guide; `probes` are string ids."""
    rows = tables.table("questions").rows_where(order_by="position, code")
    return [{**row, "probes": json.loads(row["probes"] or "[]")} for row in rows]


def asked(tables: Tables, texts: Collection[str]) -> list[Row]:
    """Return the questions among the string ids *texts* of a published guide, in the order of the guide."""
    return [one for one in questions(tables) if f"guide:{one['code']}" in texts]


def form(tables: Tables, text_hash: str) -> Row | None:
    """Return the form version whose text has *text_hash*, its lists unpacked, its strings in the form's order."""
    rows = list(tables.table("forms").rows_where("text_hash = ?", [text_hash], limit=1))
    if not rows:
        return None
    hashes_of = sorted(json.loads(rows[0]["strings"]).items(), key=lambda one: int(one[0].rpartition(":")[2]))
    return {**rows[0], "strings": dict(hashes_of), "items": json.loads(rows[0]["items"])}


def texts_with(tables: Tables, hashes: dict[str, str]) -> dict[str, Pair]:
    """Return the texts that *hashes* (string id to text hash) name, whatever a later draft says."""
    return published(tables, {"strings": json.dumps(hashes)})
