"""What came here and waits: interviews without a valid pair of consents, sealed blocks, lines of a later program."""

from __future__ import annotations

from fieldkit.store.database import Tables


def held(tables: Tables) -> list[tuple[str, str]]:
    """Return (child, device) of each interview that is in no list for want of a consent; no hidden children."""
    rows = tables.execute(
        "SELECT DISTINCT c.subject, c.device FROM changes AS c INDEXED BY changes_interviews "
        "LEFT JOIN standings AS s ON s.subject = c.subject WHERE c.kind = 'interview' "
        "AND NOT EXISTS (SELECT 1 FROM interviews WHERE id = c.record) AND coalesce(s.hidden, 0) = 0"
    )
    return sorted(rows)


def parked(tables: Tables) -> list[tuple[str, int]]:
    """Return by the device that is said to have made them how many sealed blocks wait: for an order, or for a key."""
    return tables.execute(
        "SELECT s.device, count(*) FROM blocks AS b JOIN streams AS s ON s.id = b.stream WHERE b.standing = 'parked' "
        "GROUP BY s.device ORDER BY s.device"  # the word as it stands names the index
    ).fetchall()


def unread(tables: Tables) -> int:
    """Return how many changes are of a kind or version that this program does not know."""
    return int(tables.execute("SELECT count(*) FROM parked").fetchone()[0])
