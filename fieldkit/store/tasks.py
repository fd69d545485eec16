"""What waits to be done: counted over all children at once, of which only the oldest are read."""

from __future__ import annotations

from fieldkit.rules.moments import VERY_UPSET
from fieldkit.rules.notes import DOUBTED
from fieldkit.store import aftercare
from fieldkit.store.database import Tables
from fieldkit.store.people import Row

_MINE = (
    "WHERE i.interviewer = ? "
    "AND i.subject IN (SELECT id FROM participants EXCEPT SELECT subject FROM standings WHERE hidden = 1) "
)
_HELD_BY = "FROM interviews AS i " + _MINE
_DOUBTED = f"FROM answers WHERE instr(text, '{DOUBTED}')"  # word for word as its index says it
_NO_MEMO = "AND NOT EXISTS (SELECT 1 FROM memos AS m WHERE m.interview = i.id AND m.interviewer = i.interviewer)"
_GOES_ON = (
    "AND i.started_on < ? AND NOT EXISTS (SELECT 1 FROM closings AS e WHERE e.interview = i.id AND e.ended_on <> '')"
)
_NOT_STOPPED = (
    "AND NOT EXISTS (SELECT 1 FROM consent_events AS w WHERE w.subject = i.subject AND w.session = i.id "
    "AND w.act = 'withdrawn' AND w.scope = 'stop_keep') "
)
_UNSEEN = (
    "AND NOT EXISTS (SELECT 1 FROM visits AS v "
    "WHERE v.subject = i.subject AND v.day > i.started_on AND v.outcome = 'met') "
    "AND NOT EXISTS (SELECT 1 FROM interviews AS n WHERE n.subject = i.subject AND n.started_on > i.started_on)"
)


def without_memo(tables: Tables, interviewer: str, most: int) -> tuple[list[Row], int]:
    """Return the interviews that *interviewer* held and wrote no memo about: the oldest *most*, and how many."""
    return _oldest(tables, _HELD_BY + _NO_MEMO, [interviewer], most)


def never_ended(tables: Tables, interviewer: str, day: str, most: int) -> tuple[list[Row], int]:
    """Return the interviews of *interviewer* from before *day* that nobody ended: the oldest *most*, and how many."""
    return _oldest(tables, _HELD_BY + _GOES_ON, [interviewer, day], most)


def with_doubted_words(tables: Tables, interviewer: str, most: int) -> tuple[list[Row], int]:
    """Return the interviews of *interviewer* in which a word waits for who knows it, the first such `question` of each.

    The oldest *most*, and how many. Where the child stopped and let the notes stay, none is written any more.
    """
    found = f"FROM (SELECT DISTINCT interview {_DOUBTED}) AS d CROSS JOIN interviews AS i ON i.id = d.interview "
    rows, total = _oldest(tables, found + _MINE + _NOT_STOPPED, [interviewer], most)
    first = dict(tables.execute(f"SELECT interview, min(question) {_DOUBTED} GROUP BY interview").fetchall())
    return [{**row, "question": first[row["id"]]} for row in rows], total


def unseen_since_upset(tables: Tables, interviewer: str, most: int) -> tuple[list[Row], int]:
    """Return the interviews of *interviewer* in which a child was very upset whom nobody has met on a day since.

    The oldest *most*, and how many; also those of which nothing was to stay.
    """
    upset = "FROM (SELECT DISTINCT interview FROM moments WHERE what = ?) AS d "
    found = f"CROSS JOIN interviews AS i ON i.id = d.interview {_MINE}"
    rows, total = _oldest(tables, upset + found + _UNSEEN, [VERY_UPSET, interviewer], most)
    gone, more = _oldest(tables, aftercare.ROWS + _MINE + _UNSEEN, [interviewer], most)
    both = sorted([*rows, *gone], key=lambda row: (row["started_on"], row["subject"], row["id"]))
    return both[:most], total + more


def _oldest(tables: Tables, which: str, values: list[str], most: int) -> tuple[list[Row], int]:
    """Read in the order of an index (`interviews_of`): to sort them otherwise looks at every one."""
    total = int(tables.execute("SELECT count(*) " + which, values).fetchone()[0])
    rows = tables.query(
        f"SELECT i.id, i.subject, i.started_on {which} ORDER BY i.started_on, i.subject, i.id LIMIT ?",
        [*values, most],
    )
    return list(rows), total


def put_off(tables: Tables, interviewer: str) -> list[Row]:
    """Return the interviews that *interviewer* held whose closing says an end, and lacks the place or who was there."""
    rows = tables.query(
        "SELECT i.id, i.subject, i.started_on, e.setting, e.others_present, e.reasons "
        "FROM closings AS e JOIN interviews AS i ON i.id = e.interview "
        "WHERE (coalesce(e.setting, '') = '' OR coalesce(e.others_present, '') IN ('', '[]')) AND e.ended_on <> '' "
        "AND i.interviewer = ? ORDER BY i.started_on, i.id",
        [interviewer],
    )
    return [dict(one) for one in rows]


def papers_brought(tables: Tables) -> set[str]:
    """Return the consents by phone whose signed paper was brought."""
    return {row[0] for row in tables.execute("SELECT event FROM papers")}


def next_visits(tables: Tables) -> dict[str, str]:
    """Return, by child, the day of the next visit that the newest entry of the visit log names."""
    rows = tables.execute(
        "SELECT subject, next_on FROM visits ORDER BY (SELECT min(tick) FROM changes WHERE record = visits.id), id"
    )
    return {subject: day for subject, day in dict(rows.fetchall()).items() if day}
