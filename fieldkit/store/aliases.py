"""By which name a child goes in block headers: the same on every machine of a team, and linking nothing for others."""

from __future__ import annotations

from hashlib import blake2b

from fieldkit.records import TEAM_DRAWERS, canonical
from fieldkit.store.database import Tables
from fieldkit.store.keys import b64, unb64


def alias_of(tables: Tables, drawer: str, subject: str) -> str | None:
    """Return the alias of *subject* in *drawer*: a hash keyed by the secret of the drawer's team (`design.md` §4).

    None where the drawer belongs to no team, or its team's secret is not known here.
    """
    base, _, team = drawer.partition("/")
    if base not in TEAM_DRAWERS:
        return None
    row = tables.execute("SELECT secret FROM team_secrets WHERE team = ?", [team]).fetchone()
    return row and b64(blake2b(canonical([drawer, subject]), key=unb64(row[0]), digest_size=16).digest())
