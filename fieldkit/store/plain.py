"""A plain SQLite file, made in memory: an export that other programs read, never a store of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing

Sheet = tuple[Sequence[str], Iterable[Sequence[str | int | None]]]  # headings, rows


def database(sheets: Mapping[str, Sheet]) -> bytes:
    """Return the bytes of a database with one table for each of *sheets*; its columns are of no type."""
    with closing(sqlite3.connect(":memory:")) as made:
        for name, (headings, rows) in sheets.items():
            columns, marks = ", ".join(f'"{one}"' for one in headings), ", ".join("?" * len(headings))
            made.execute(f'CREATE TABLE "{name}" ({columns})')
            made.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)  # noqa: S608 - our own words
        made.commit()
        return made.serialize()
