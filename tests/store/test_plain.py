from __future__ import annotations

import sqlite3
from contextlib import closing

from fieldkit.store import plain


def test_an_empty_sheet_is_an_empty_table() -> None:
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.deserialize(plain.database({"nobody": (("case_code",), [])}))

        assert opened.execute("SELECT name FROM sqlite_master").fetchall() == [("nobody",)]
        assert opened.execute("SELECT * FROM nobody").fetchall() == []
