"""Read what is known of children: plain rows of the state tables, hidden children left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from fieldkit.store import duplicates
from fieldkit.store.database import Tables
from fieldkit.store.merge import DISPUTED
from fieldkit.studies import Pair

Row = dict[str, Any]


Rows = Callable[[str, str, str], list[Row]]


def looked_up(tables: Tables) -> Rows:
    """Return how the rows of one child are read: (table, column, value), in a fixed order."""

    def rows_with(table: str, column: str, value: str) -> list[Row]:
        return list(tables.query(f"SELECT * FROM {table} WHERE {column} = ? ORDER BY id", [value]))  # noqa: S608

    return rows_with


def read_at_once(tables: Tables) -> Rows:
    """Return the same for many children: each table is read once, whole."""

    @cache
    def gathered(table: str, column: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for one in tables.query(f"SELECT * FROM {table} ORDER BY id"):  # noqa: S608 - our own words
            found.setdefault(one[column], []).append(one)
        return found

    return lambda table, column, value: gathered(table, column).get(value, [])


def row(tables: Tables, table: str, where: str, *values: object) -> Row | None:
    """Return the first row of a state table that matches, or None."""
    return next(tables.query(f"SELECT * FROM {table} WHERE {where} LIMIT 1", values), None)  # noqa: S608 - our own words


def last_site(tables: Tables, author: str) -> str:
    """Return the site of the child whom *author* wrote down last."""
    found = tables.execute(
        "SELECT p.site FROM participants AS p CROSS JOIN changes AS c ON c.record = p.id "
        "WHERE c.author = ? ORDER BY c.tick DESC LIMIT 1",
        [author],
    ).fetchone()
    return str(found[0]) if found else ""


def participants(tables: Tables) -> list[Row]:
    """Return every child who is not hidden, by case code; one who is known twice once."""
    folded = duplicates.folded(tables)
    return [one for one in records(tables) if one["id"] not in folded]


def records(tables: Tables) -> list[Row]:
    """Return every record of a child who is not hidden, by case code."""
    return [
        dict(one)
        for one in tables.query(
            "SELECT p.*, (SELECT author FROM changes WHERE record = p.id ORDER BY tick LIMIT 1) AS author "
            "FROM participants AS p LEFT JOIN standings AS s ON s.subject = p.id "
            "WHERE coalesce(s.hidden, 0) = 0 ORDER BY p.case_code, p.id"
        )
    ]


def hidden(tables: Tables) -> list[Row]:
    """Return every child whom an open withdrawal hides, by case code."""
    rows = tables.query(
        "SELECT p.* FROM participants AS p JOIN standings AS s ON s.subject = p.id AND s.hidden = 1 "
        "ORDER BY p.case_code, p.id"
    )
    return [dict(one) for one in rows]


def tombstones(tables: Tables) -> list[Row]:
    """Return what stays of the children who are gone, by case code."""
    return [dict(one) for one in tables.query("SELECT * FROM tombstones ORDER BY case_code, id")]


def redactions(tables: Tables) -> list[Row]:
    """Return what stays of single answers that are gone, in a fixed order."""
    return [dict(one) for one in tables.query("SELECT * FROM redactions ORDER BY day DESC, id")]


def team(tables: Tables, subject: str) -> str:
    """Return the team whose drawers hold this child."""
    found = tables.execute(
        "SELECT drawer FROM changes WHERE record = ? AND kind = 'participant' ORDER BY tick, id LIMIT 1", [subject]
    ).fetchone()
    return str(found[0]).partition("/")[2] if found else ""


def teams(tables: Tables) -> dict[str, str]:
    """Return the team of every child."""
    rows = tables.execute(
        "SELECT record, drawer FROM changes WHERE kind = 'participant' ORDER BY record DESC, tick DESC, id DESC"
    )
    return {record: str(drawer).partition("/")[2] for record, drawer in rows}


def is_hidden(tables: Tables, subject: str) -> bool:
    """Tell whether an open withdrawal hides this child."""
    return tables.execute("SELECT 1 FROM standings WHERE subject = ? AND hidden = 1", [subject]).fetchone() is not None


def in_use(tables: Tables, subject: str) -> Row | None:
    """Return what is kept of a child; None where no such child is known, and where an open withdrawal hides it."""
    return None if is_hidden(tables, subject) else row(tables, "participants", "id = ?", subject)


def named(tables: Tables, code: str) -> list[str]:
    """Return the ids of the children whom *code* means: an id, a case code or a pseudonym."""
    rows = tables.execute("SELECT DISTINCT subject FROM child_names WHERE name = ? COLLATE NOCASE", [code])
    return [found[0] for found in rows]


def interviews(tables: Tables, subject: str) -> list[Row]:
    """Return the interviews of a child, oldest first: how much was answered, its ticks, did it end.

    Of one who is known twice those of both records: S1 and S2 are told apart by their order alone.
    """
    return [
        dict(one)
        for one in tables.query(
            f"SELECT i.*, min(c.tick) AS tick, {_HOW_FAR} "  # noqa: S608 - our own words
            "FROM interviews AS i JOIN changes AS c ON c.record = i.id "
            "WHERE i.subject IN (SELECT value FROM json_each(?)) GROUP BY i.id ORDER BY tick, i.id",
            [json.dumps(duplicates.whole(tables, subject))],
        )
    ]


_HOW_FAR = (
    "(SELECT count(*) FROM answers AS a WHERE a.interview = i.id AND a.outcome = 'answered') AS answered, "
    "(SELECT carried FROM ticks WHERE interview = i.id) AS carried, "
    "(SELECT verified FROM ticks WHERE interview = i.id) AS verified, "
    "EXISTS (SELECT 1 FROM closings AS e WHERE e.interview = i.id AND e.ended_on <> '') AS ended"
)


def newest_interviews(tables: Tables, subjects: Iterable[str]) -> dict[str, Row]:
    """Return the newest interview of each of *subjects*, with how many there are as `place`."""
    rows = tables.query(
        f"SELECT i.*, n.place, {_HOW_FAR} FROM (SELECT "  # noqa: S608 - our own words
        "(SELECT count(*) FROM interviews WHERE subject = named.value) AS place, "
        "(SELECT c.record FROM changes AS c WHERE c.kind = 'interview' AND c.subject = named.value "
        "AND EXISTS (SELECT 1 FROM interviews WHERE id = c.record) "
        "AND NOT EXISTS (SELECT 1 FROM changes AS b WHERE b.record = c.record AND b.tick < c.tick) "
        "ORDER BY c.tick DESC, c.record DESC LIMIT 1) AS newest "
        "FROM json_each(?) AS named) AS n JOIN interviews AS i ON i.id = n.newest",
        [json.dumps([*subjects])],
    )
    return {one["subject"]: dict(one) for one in rows}


def interviewed_on(tables: Tables, day: str) -> set[str]:
    """Return the children of whom an interview is dated *day*."""
    return {row[0] for row in tables.execute("SELECT subject FROM interviews WHERE started_on = ?", [day])}


def next_serial(tables: Tables, prefix: str, serials: tuple[int, int]) -> int | None:
    """Return the next free serial of this device's block under *prefix*, or None when it is used up."""
    return next(iter(free_serials(tables, prefix, serials)), None)


def free_serials(tables: Tables, prefix: str, serials: tuple[int, int]) -> list[int]:
    """Return the free serials of this device's block under *prefix* (`ZK-A03-`), the next one first.

    Children who withdrew or are gone keep theirs: the log is asked, not the lists.
    """
    rows = tables.execute(
        "SELECT json_extract(body, '$.set.case_code') FROM changes WHERE kind IN ('participant', 'tombstone') "
        "AND json_extract(body, '$.set.case_code') LIKE ?",
        [f"{prefix}%"],
    )
    tails = [code[0].rsplit("-", 1)[1] for code in rows]
    used = {int(tail) for tail in tails if tail.isdecimal()}
    return [serial for serial in range(serials[0], serials[1] + 1) if serial not in used]


def moments(tables: Tables, interview: str) -> list[Row]:
    """Return what happened beside the questions of an interview, oldest first."""
    rows = tables.query(
        "SELECT m.* FROM moments AS m JOIN changes AS c ON c.id = m.id WHERE m.interview = ? ORDER BY c.tick, m.id",
        [interview],
    )
    return [dict(one) for one in rows]


def memos(tables: Tables, interview: str) -> list[Row]:
    """Return the memos about an interview, oldest first."""
    rows = tables.query(
        "SELECT m.* FROM memos AS m JOIN changes AS c ON c.id = m.id WHERE m.interview = ? ORDER BY c.tick, m.id",
        [interview],
    )
    return [dict(one) for one in rows]


def tallied(tables: Tables) -> dict[str, int]:
    """Return what the database counts: `interviews` here, those `waiting` to be sealed whole, `unsealed` changes."""
    return dict(tables.execute("SELECT name, n FROM tallies").fetchall())


def counted(tables: Tables) -> dict[str, int]:
    """Return what `tallied` should say, counted anew."""
    row = tables.execute(
        "SELECT (SELECT count(*) FROM interviews), (SELECT count(*) FROM interviews AS i WHERE EXISTS "
        "(SELECT 1 FROM changes AS c WHERE c.session = i.id AND c.block IS NULL)), "
        "(SELECT count(*) FROM changes WHERE block IS NULL)"
    ).fetchone()
    return dict(zip(("interviews", "waiting", "unsealed"), row, strict=True))


def pseudonyms(tables: Tables, but: str = "") -> list[Pair]:
    """Return every pseudonym that any child has or ever had, of hidden children too; those of the child *but* left out.

    Notes, slips and paper still bear a former one, and a withdrawal by it means the child who had it.
    """
    rows = tables.execute(
        "SELECT DISTINCT coalesce(json_extract(body, '$.set.pseudonym_zh'), '') AS zh, "
        "coalesce(json_extract(body, '$.set.pseudonym_en'), '') AS en FROM changes "
        "WHERE kind = 'participant' AND record <> ? AND zh || en <> ''",
        [but],
    )
    return [Pair(*row) for row in rows]


def adult(tables: Tables, subject: str, relation: str, day: str, person: str = "") -> Row | None:
    """Return this child's adult of *relation*: one whose role has not ended by *day* before one whose role has.

    *person*: which one, by id, where there are several.
    """
    known = adults(tables, subject, relation)
    return adult_among([one for one in known if one["id"] == person] or known, relation, day)


def adults(tables: Tables, subject: str, relation: str) -> list[Row]:
    """Return every adult of *relation* that this child has or had."""
    return [one for one in rows(tables, "persons", subject) if one["relation"] == relation]


def adult_among(persons: Iterable[Row], relation: str, day: str) -> Row | None:
    """Return the same of the *persons* of one child."""
    known = [one for one in persons if one["relation"] == relation]
    return min(known, key=lambda one: bool(one["ended_on"] and one["ended_on"] <= day), default=None)


def names_of(tables: Tables, subject: str) -> str:
    """Return all that a child is known to be called, written together (V11); nothing where the vault is not held."""
    rows = tables.execute(
        "SELECT coalesce(real_name, '') || ' ' || coalesce(pet_names, '') FROM identities WHERE subject = :child "
        "UNION ALL SELECT called FROM slips WHERE subject = :child",
        {"child": subject},
    )
    return " ".join(row[0] for row in rows if row[0])


def names_around(tables: Tables, subject: str) -> list[str]:
    """Return the names of this child's adults and of those who opened the door of school or village (V12)."""
    rows = tables.execute(
        "SELECT name FROM person_names WHERE subject = ? UNION "
        "SELECT value FROM places, json_each(json_array(gatekeeper, child_director)) WHERE site = "
        "(SELECT site FROM participants WHERE id = ?)",
        [subject, subject],
    )
    return [row[0] for row in rows if row[0]]


def answers(tables: Tables, interview: str) -> list[Row]:
    """Return the notes of an interview in the order of the guide."""
    return [
        dict(one)
        for one in tables.query(
            "SELECT a.* FROM answers AS a LEFT JOIN questions AS q ON q.code = a.question "
            "WHERE a.interview = ? ORDER BY q.position, a.question",
            [interview],
        )
    ]


_OPEN = f"conflict AND conflict = {DISPUTED}"  # the first half names the index
_DISPUTABLE = ("participants", "parents", "persons", "identities", "closings", "observations", "answers")


def disagrees(tables: Tables, subject: str) -> bool:
    """Tell whether two versions of anything about this child wait for a decision: a fact, a note, a closing."""
    each = " UNION ALL ".join(f"SELECT 1 FROM {table} WHERE subject = :child AND {_OPEN}" for table in _DISPUTABLE)  # noqa: S608
    return tables.execute(each, {"child": subject}).fetchone() is not None


def disputed(tables: Tables) -> set[str]:
    """Return the children about whom two versions of anything wait for a decision."""
    each = " UNION ".join(f"SELECT subject FROM {table} WHERE {_OPEN}" for table in _DISPUTABLE)  # noqa: S608
    return {row[0] for row in tables.execute(each)}


def siblings(tables: Tables, subject: str) -> list[Row]:
    """Return the other children of the same household who are not hidden, by case code."""
    own = row(tables, "participants", "id = ?", subject) or {}
    home = own.get("household") or subject
    same = duplicates.whole(tables, subject)
    return [one for one in participants(tables) if one["id"] not in same and (one["household"] or one["id"]) == home]


def rows(tables: Tables, table: str, subject: str) -> list[Row]:
    """Return the rows of a state table that belong to a child, in a fixed order."""
    return looked_up(tables)(table, "subject", subject)


def held_interviews(tables: Tables) -> int:
    """Return how many interviews arrived without a valid pair of consents and wait for it."""
    return int(
        tables.execute(
            "SELECT count(DISTINCT record) FROM changes INDEXED BY changes_interviews "
            "WHERE kind = 'interview' AND record NOT IN (SELECT id FROM interviews)"
        ).fetchone()[0]
    )


def hidden_children(tables: Tables) -> int:
    """Return how many children withdrew; who is known twice counts once, and who is gone counts too (COREQ 13).

    Those of the pilot do not count, here as elsewhere.
    """
    rows = tables.execute(
        "SELECT subject FROM standings WHERE hidden = 1 "
        "AND subject IN (SELECT id FROM participants WHERE coalesce(pilot, '') <> 'yes') "
        "UNION SELECT subject FROM tombstones WHERE coalesce(pilot, '') <> 'yes'"
    )
    return len({row[0] for row in rows} - duplicates.folded(tables))


def goes_on(tables: Tables, interviewer: str, day: str) -> bool:
    """Tell whether an interview that *interviewer* opened on *day*, or typed in from paper then, has not ended."""
    rows = tables.execute(
        "SELECT 1 FROM interviews AS i WHERE i.interviewer = ? AND ? IN (i.started_on, i.entered_on) "
        "AND i.subject NOT IN (SELECT subject FROM standings WHERE hidden = 1) "
        "AND NOT EXISTS (SELECT 1 FROM closings AS e WHERE e.interview = i.id AND e.ended_on <> '') LIMIT 1",
        [interviewer, day],
    )
    return rows.fetchone() is not None


def opened_on(tables: Tables, day: str) -> bool:
    """Tell whether an interview was opened on *day*."""
    return tables.execute("SELECT 1 FROM interviews WHERE started_on = ? LIMIT 1", [day]).fetchone() is not None
