from __future__ import annotations

from typing import Any

import pytest

from fieldkit.store import grown, log
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, Pen


def kept(tables: Tables) -> list[tuple[str, str]]:
    return tables.execute("SELECT subject, since FROM grown").fetchall()


@pytest.mark.parametrize(
    "who",
    [
        {},
        {"birth_date": "someday"},
        {"birth_date": "2014-13"},
        {"birth_date": "2014-05", "birth_calendar": "of the moon"},
        {"registered_on": "long ago", "age_group": "a12_13"},
        {"registered_on": "2016-05-01", "age_group": ""},
    ],
)
def test_what_is_no_date_makes_nobody_grown(tables: Tables, pen: Pen, who: dict[str, Any]) -> None:
    write(tables, pen, who)
    assert kept(tables) == []


@pytest.mark.parametrize(
    ("who", "since"),
    [
        ({"birth_date": "2008-05-09"}, "2026-05-10"),
        ({"birth_date": "2008-05"}, "2026-06-01"),
        ({"birth_date": "2008"}, "2027-01-01"),
        ({"birth_date": "2008-02-29"}, "2026-03-01"),
        ({"birth_date": "2008年正月", "birth_calendar": "lunar"}, "2026-03-08"),
        ({"registered_on": "2020-05-01", "age_group": "a12_13"}, "2026-05-02"),
        ({"registered_on": "2020-05-01", "age_group": "a18"}, "2020-05-01"),
        ({"birth_date": "2008-05-09", "registered_on": "2020-05-01", "age_group": "a9_11"}, "2026-05-10"),
    ],
)
def test_who_may_be_the_youngest_by_what_is_known_is_grown_from_a_day_on(
    tables: Tables, pen: Pen, who: dict[str, Any], since: str
) -> None:
    write(tables, pen, who)
    assert kept(tables) == [("kid", since)]
    assert grown.since(tables, "kid") == since


@pytest.mark.parametrize(
    ("other", "since"),
    [
        ({"birth_date": "2010-03-04"}, "2028-03-05"),
        ({"birth_date": "2006-03-04"}, "2026-05-10"),
        ({"birth_calendar": "lunar"}, "2026-06-13"),
        ({"birth_date": "someday"}, None),
    ],
)
def test_while_two_birth_dates_stand_the_later_one_counts(
    tables: Tables, pen: Pen, other: dict[str, str], since: str | None
) -> None:
    for born in ({"birth_date": "2008-05-09", "birth_calendar": "gregorian"}, other):
        log.append(tables, pen, Draft("identity", born, record="who", subject="kid"))

    assert kept(tables) == ([("kid", since)] if since else [])


def write(tables: Tables, pen: Pen, who: dict[str, Any]) -> None:
    """Let the vault say the birth date, and the participant the rest."""
    born = {name: value for name, value in who.items() if name.startswith("birth")}
    log.append(tables, pen, Draft("identity", born, record="who", subject="kid"))
    facts = {name: value for name, value in who.items() if name not in born}
    log.append(tables, pen, Draft("participant", facts, record="kid", subject="kid"))
