"""Sites in the store: codes for everybody, names and addresses in the vault."""

from __future__ import annotations

from fieldkit.store.database import Tables
from fieldkit.store.people import Row


def known(tables: Tables) -> list[Row]:
    """Return every site, by code."""
    return [dict(one) for one in tables.query("SELECT * FROM sites ORDER BY code")]


def place(tables: Tables, code: str) -> Row:
    """Return what the vault knows of a site; nothing where no vault is held."""
    found = list(tables.table("places").rows_where("site = ?", [code], limit=1))
    return dict(found[0]) if found else {}
