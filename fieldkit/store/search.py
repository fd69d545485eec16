"""The search index: one token for each Chinese character, so that one- and two-character words are found."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping

from fieldkit.records import KINDS, Kind, clean
from fieldkit.store.database import Tables
from fieldkit.store.merge import Shown

_CJK = re.compile(r"([\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")
_WIDE = tuple((mark, unicodedata.normalize("NFKC", mark)) for mark in "，！？：；（）")  # in nearly every note


def tokens(text: str) -> str:
    """Return *text* in one width and case, every Chinese character a word of its own."""
    text = clean(text)
    for wide, narrow in _WIDE:  # what is normal already is normalized at once
        text = text.replace(wide, narrow)
    parts = _CJK.split(unicodedata.normalize("NFKC", text))
    parts[1::2] = map(" ".join, parts[1::2])
    return " ".join(parts).replace('"', " ")


def index(tables: Tables, kind: Kind, shown: Mapping[str, Shown | None]) -> None:
    """Make the index say what *shown* says of each record, and nothing where that is None."""
    if not kind.searched or not shown:
        return
    numbers = _numbers(tables, shown)
    gone = [(numbers[record],) for record, what in shown.items() if what is None and record in numbers]
    tables.conn.executemany("DELETE FROM search WHERE rowid = ?", gone)
    tables.conn.executemany("DELETE FROM search_rows WHERE number = ?", gone)
    said = {record: what for record, what in shown.items() if what is not None}
    new = [(record, what.subject) for record, what in said.items() if record not in numbers]
    if new:
        tables.conn.executemany("INSERT INTO search_rows (record, subject) VALUES (?, ?)", new)
        numbers = _numbers(tables, shown)
    words = [(numbers[record], _words(kind, what)) for record, what in said.items()]
    tables.conn.executemany("INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)", words)


def _numbers(tables: Tables, records: Iterable[str]) -> dict[str, int]:
    rows = tables.execute(
        "SELECT record, number FROM search_rows WHERE record IN (SELECT value FROM json_each(?))",
        [json.dumps([*records])],
    )
    return dict(rows.fetchall())


def _words(kind: Kind, shown: Shown) -> str:
    return " ".join(tokens(str(shown.values.get(field) or "")) for field in kind.searched)


def sweep(tables: Tables) -> None:
    """Let the index keep no letter of what was taken out of it: it drops a word only when it merges its parts."""
    tables.execute("INSERT INTO search (search) VALUES ('optimize')")


def find(tables: Tables, words: str) -> list[str]:
    """Return the subjects that said *words*; children who withdrew are not among them."""
    phrase = tokens(words).strip()
    if not phrase:
        return []
    rows = tables.execute(
        "SELECT DISTINCT r.subject FROM search AS s JOIN search_rows AS r ON r.number = s.rowid "
        "LEFT JOIN standings AS t ON t.subject = r.subject "
        "WHERE search MATCH ? AND coalesce(t.hidden, 0) = 0 ORDER BY r.subject",
        [f'"{phrase}"'],
    )
    return [row[0] for row in rows]


def indexed(tables: Tables) -> set[str]:
    """Return the records that the index holds."""
    return {row[0] for row in tables.execute("SELECT record FROM search_rows")}


SEARCHED_KINDS = tuple(kind.name for kind in KINDS.values() if kind.searched)
