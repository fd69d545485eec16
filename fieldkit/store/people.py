"""Read what is known of children: plain rows of the state tables, hidden children left out."""

from __future__ import annotations

from typing import Any

from fieldkit.store.database import Tables
from fieldkit.studies import Pair

Row = dict[str, Any]


def row(tables: Tables, table: str, where: str, *values: object) -> Row | None:
    """Return the first row of a state table that matches, or None."""
    found = list(tables.table(table).rows_where(where, list(values), limit=1))
    return dict(found[0]) if found else None


def last_site(tables: Tables, author: str) -> str:
    """Return the site of the child whom *author* wrote down last."""
    found = tables.execute(
        "SELECT p.site FROM participants AS p JOIN changes AS c ON c.record = p.id "
        "WHERE c.author = ? ORDER BY c.tick DESC LIMIT 1",
        [author],
    ).fetchone()
    return str(found[0]) if found else ""


def participants(tables: Tables) -> list[Row]:
    """Return every child who is not hidden, by case code."""
    return [
        dict(one)
        for one in tables.query(
            "SELECT p.*, (SELECT author FROM changes WHERE record = p.id ORDER BY tick LIMIT 1) AS author "
            "FROM participants AS p LEFT JOIN standings AS s ON s.subject = p.id "
            "WHERE coalesce(s.hidden, 0) = 0 ORDER BY p.case_code, p.id"
        )
    ]


def is_hidden(tables: Tables, subject: str) -> bool:
    """Tell whether an open withdrawal hides this child."""
    return tables.execute("SELECT 1 FROM standings WHERE subject = ? AND hidden = 1", [subject]).fetchone() is not None


def named(tables: Tables, code: str) -> list[str]:
    """Return the ids of the children whom *code* means: an id, a case code or a pseudonym."""
    rows = tables.execute("SELECT DISTINCT subject FROM child_names WHERE name = ? COLLATE NOCASE", [code])
    return [found[0] for found in rows]


def interviews(tables: Tables, subject: str) -> list[Row]:
    """Return the interviews of a child, oldest first: how much was answered, is all sealed, did it end."""
    return [
        dict(one)
        for one in tables.query(
            "SELECT i.*, min(c.tick) AS tick, "
            "(SELECT count(*) FROM answers AS a WHERE a.interview = i.id AND a.outcome = 'answered') AS answered, "
            "(SELECT count(*) FROM changes AS u WHERE u.session = i.id AND u.block IS NULL) AS unsealed, "
            "EXISTS (SELECT 1 FROM closings AS e WHERE e.interview = i.id AND e.ended_on <> '') AS ended "
            "FROM interviews AS i JOIN changes AS c ON c.record = i.id "
            "WHERE i.subject = ? GROUP BY i.id ORDER BY tick, i.id",
            [subject],
        )
    ]


def next_serial(tables: Tables, prefix: str, serials: tuple[int, int]) -> int | None:
    """Return the next free serial of this device's block under *prefix*, or None when it is used up."""
    return next(iter(free_serials(tables, prefix, serials)), None)


def free_serials(tables: Tables, prefix: str, serials: tuple[int, int]) -> list[int]:
    """Return the free serials of this device's block under *prefix* (`ZK-A03-`), the next one first.

    Withdrawn children keep theirs: the log is asked, not the lists.
    """
    rows = tables.execute(
        "SELECT json_extract(body, '$.set.case_code') FROM changes WHERE kind = 'participant' "
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


def without_memo(tables: Tables, subject: str, interviewer: str) -> list[Row]:
    """Return the interviews of a child that *interviewer* held and wrote no memo about."""
    rows = tables.query(
        "SELECT i.* FROM interviews AS i WHERE i.subject = ? AND i.interviewer = ? AND NOT EXISTS "
        "(SELECT 1 FROM memos AS m WHERE m.interview = i.id AND m.interviewer = i.interviewer) ORDER BY i.id",
        [subject, interviewer],
    )
    return [dict(one) for one in rows]


def carried(tables: Tables) -> tuple[int, int]:
    """Return how many interviews are here, and how many of them are sealed to the last change."""
    row = tables.execute(
        "SELECT count(*), coalesce(sum(id NOT IN "
        "(SELECT session FROM changes WHERE block IS NULL AND session IS NOT NULL)), 0) FROM interviews"
    ).fetchone()
    return int(row[0]), int(row[1])


def pseudonyms(tables: Tables) -> list[Pair]:
    """Return every pseudonym that is taken, of hidden children too."""
    rows = tables.query("SELECT pseudonym_zh, pseudonym_en FROM participants WHERE pseudonym_zh IS NOT NULL")
    return [Pair(one["pseudonym_zh"], one["pseudonym_en"] or "") for one in rows]


def last_visit(tables: Tables, subject: str) -> Row | None:
    """Return the newest entry of a child's visit log, or None."""
    found = tables.query(
        "SELECT v.* FROM visits AS v JOIN changes AS c ON c.id = v.id WHERE v.subject = ? ORDER BY c.tick DESC LIMIT 1",
        [subject],
    )
    return next((dict(one) for one in found), None)


def adult(tables: Tables, subject: str, relation: str, day: str) -> Row | None:
    """Return this child's adult of *relation*: one whose role has not ended by *day* before one whose role has."""
    known = [one for one in rows(tables, "persons", subject) if one["relation"] == relation]
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


def disagrees(tables: Tables, subject: str) -> bool:
    """Tell whether two versions of anything about this child wait for a decision: a fact, a note, a closing."""
    found = tables.execute(
        "SELECT 1 FROM participants WHERE subject = :child AND conflict "
        "UNION ALL SELECT 1 FROM parents WHERE subject = :child AND conflict "
        "UNION ALL SELECT 1 FROM persons WHERE subject = :child AND conflict "
        "UNION ALL SELECT 1 FROM identities WHERE subject = :child AND conflict "
        "UNION ALL SELECT 1 FROM closings WHERE subject = :child AND conflict "
        "UNION ALL SELECT 1 FROM observations WHERE subject = :child AND conflict "
        "UNION ALL SELECT 1 FROM answers WHERE subject = :child AND conflict",
        {"child": subject},
    )
    return found.fetchone() is not None


def siblings(tables: Tables, subject: str) -> list[Row]:
    """Return the other children of the same household who are not hidden, by case code."""
    own = row(tables, "participants", "id = ?", subject) or {}
    home = own.get("household") or subject
    return [one for one in participants(tables) if one["id"] != subject and (one["household"] or one["id"]) == home]


def rows(tables: Tables, table: str, subject: str) -> list[Row]:
    """Return the rows of a state table that belong to a child, in a fixed order."""
    return [dict(one) for one in tables.table(table).rows_where("subject = ?", [subject], order_by="id")]


def held_interviews(tables: Tables) -> int:
    """Return how many interviews arrived without a valid pair of consents and wait for it."""
    return int(
        tables.execute(
            "SELECT count(DISTINCT record) FROM changes "
            "WHERE kind = 'interview' AND record NOT IN (SELECT id FROM interviews)"
        ).fetchone()[0]
    )


def hidden_children(tables: Tables) -> int:
    """Return how many children withdrew."""
    return int(tables.execute("SELECT count(*) FROM standings WHERE hidden = 1").fetchone()[0])


def opened_on(tables: Tables, day: str) -> bool:
    """Tell whether an interview was opened on *day*."""
    return tables.execute("SELECT 1 FROM interviews WHERE started_on = ? LIMIT 1", [day]).fetchone() is not None
