"""The search index: one token for each Chinese character, so that one- and two-character words are found."""

from __future__ import annotations

import re
import unicodedata

from fieldkit.records import KINDS, Kind, clean
from fieldkit.store.database import Tables
from fieldkit.store.merge import Shown

_CJK = re.compile(r"([\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])")


def tokens(text: str) -> str:
    """Return *text* in one width and case, every Chinese character a word of its own."""
    return " ".join(_CJK.split(unicodedata.normalize("NFKC", clean(text)))).replace('"', " ")


def index(tables: Tables, kind: Kind, record: str, shown: Shown | None) -> None:
    """Make the index say what *shown* says, and nothing where it is None."""
    if not kind.searched:
        return
    found = tables.execute("SELECT number FROM search_rows WHERE record = ?", [record]).fetchone()
    if shown is None:
        if found:
            tables.execute("DELETE FROM search WHERE rowid = ?", found)
            tables.execute("DELETE FROM search_rows WHERE number = ?", found)
        return
    if not found:
        tables.execute("INSERT INTO search_rows (record, subject) VALUES (?, ?)", [record, shown.subject])
        found = tables.execute("SELECT number FROM search_rows WHERE record = ?", [record]).fetchone()
    words = " ".join(tokens(str(shown.values.get(field) or "")) for field in kind.searched)
    tables.execute("INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)", [found[0], words])


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
