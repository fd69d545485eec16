"""A child's status under both definitions, and the rules about when a parent left: what is not known is never a yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fieldkit.errors import Invalid
from fieldkit.rules.left_behind import (
    AwayInFuture,
    AwayTooLong,
    ParentFacts,
    StartsTooLate,
    away,
    carer_findings,
    check,
    findings,
    migration,
    status,
)
from fieldkit.studies import load_study

TODAY = date(2026, 3, 10)
OUT = ParentFacts("father", "yes", "no", "2019-03", 10, "other_province", "has")
HOME = ParentFacts("father", "yes", "yes", capacity="has")
DEAD = ParentFacts("father", "no")
NOTHING = ParentFacts("father")


def mother(one: ParentFacts, **changes: object) -> ParentFacts:
    return replace(one, parent="mother", **changes)  # type: ignore[arg-type]


def father(one: ParentFacts, **changes: object) -> ParentFacts:
    return replace(one, parent="father", **changes)  # type: ignore[arg-type]


# V14, V16: what cannot be


@pytest.mark.parametrize("since", ["2026-04", "2027", "2030-01"])
def test_v14_away_since_a_month_to_come_is_refused(since: str) -> None:
    with pytest.raises(AwayInFuture):
        check(replace(OUT, away_since=since), TODAY)


@pytest.mark.parametrize("since", ["三年前", "2019-13", "19-03", "2019-03-01", "😀"])
def test_a_start_that_is_no_month_is_refused(since: str) -> None:
    with pytest.raises(Invalid):
        check(replace(OUT, away_since=since), TODAY, birth_year=2014)


@pytest.mark.parametrize(
    ("since", "born"), [("1993-12", 2014), ("1993", 2014), ("1900-01", None), ("1965-12", None), ("0001", None)]
)
def test_a_start_long_before_the_birth_or_a_lifetime_ago_is_refused(since: str, born: int | None) -> None:
    with pytest.raises(AwayTooLong):
        check(replace(OUT, away_since=since), TODAY, born)


@pytest.mark.parametrize("since", ["1966-01", "1966"])
def test_a_start_within_a_working_life_passes_while_the_birth_date_is_not_known(since: str) -> None:
    check(replace(OUT, away_since=since), TODAY)


@pytest.mark.parametrize("months", [-1, 13])
def test_a_year_has_twelve_months(months: int) -> None:
    with pytest.raises(Invalid):
        check(replace(OUT, months_away=months), TODAY)


@pytest.mark.parametrize("since", ["", "2026-03", "2026", "1994-01", "2019年3月"])
def test_a_start_that_can_be_passes(since: str) -> None:
    check(replace(OUT, away_since=since), TODAY, birth_year=2014)


def test_v16_nobody_was_older_at_the_start_than_now() -> None:
    with pytest.raises(StartsTooLate):
        check(replace(OUT, start_age=13), TODAY, 2014, age=12)
    check(replace(OUT, start_age=12), TODAY, 2014, age=12)
    check(replace(OUT, start_age=13), TODAY)


# V15, V17: what asks for a reason


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"months_away": 5, "away_since": ""}, ["V15"]),
        ({"months_away": 6, "away_since": ""}, []),
        ({"months_away": None, "away_since": "2026-01"}, ["V15"]),
        ({"months_away": None, "away_since": "2025-09"}, []),
        ({"months_away": 3, "away_since": "", "living_with": "yes"}, []),
        ({"months_away": 3, "away_since": "", "alive": ""}, []),
        ({"months_away": None, "away_since": ""}, []),
    ],
)
def test_v15_a_short_absence_asks(changes: dict[str, object], found: list[str]) -> None:
    assert [one.code for one in findings(replace(OUT, **changes), TODAY)] == found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"months_away": 12}, []),
        ({"months_away": 11}, []),
        ({"months_away": 7}, ["V17"]),
        ({"months_away": 10, "away_since": "2026-01"}, ["V17"]),
        ({"months_away": 8, "away_since": "2025"}, []),
        ({"months_away": 12, "away_since": "2025"}, []),
        ({"months_away": None}, []),
        ({"months_away": 12, "start_age": 5}, []),
        ({"months_away": 12, "start_age": 8}, ["V17"]),
        ({"months_away": 3, "living_with": "yes"}, []),
    ],
)
def test_v17_what_does_not_agree_asks(changes: dict[str, object], found: list[str]) -> None:
    told = replace(OUT, **changes)  # type: ignore[arg-type]

    assert [one.code for one in findings(told, TODAY, birth_years=(2014, 2014))] == found


@pytest.mark.parametrize(("start_age", "found"), [(2, ["V17"]), (9, []), (10, []), (11, []), (14, ["V17"])])
def test_v17_where_only_the_age_group_is_known_every_year_that_is_possible_counts(
    start_age: int, found: list[str]
) -> None:
    told = replace(OUT, months_away=None, away_since="2024", start_age=start_age)

    assert [one.code for one in findings(told, TODAY, birth_years=(2012, 2014))] == found


def test_the_reason_for_a_short_absence_names_the_months() -> None:
    (found,) = findings(replace(OUT, months_away=2, away_since=""), TODAY)

    assert "6 个月" in found.sentence("zh_CN")
    assert "6 months" in found.sentence("en")


# V18, V19: carers


@pytest.mark.parametrize(
    ("relation", "band", "care", "found"),
    [
        ("sib_minor", "", "sibling", ["V18"]),
        ("neighbour", "u18", "", ["V18"]),
        ("pgm", "60_69", "grandparents", []),
        ("sib_adult", "", "sibling", []),
    ],
)
def test_v18_a_carer_who_is_a_minor_asks(relation: str, band: str, care: str, found: list[str]) -> None:
    assert [one.code for one in carer_findings(relation, band, care, 12)] == found


@pytest.mark.parametrize(
    ("relation", "care", "age", "found"),
    [
        ("self", "", 12, ["V19"]),
        ("other", "self", 15, ["V19"]),
        ("self", "", 16, []),
        ("self", "", None, []),
        ("pgm", "grandparents", 9, []),
    ],
)
def test_v19_a_child_alone_is_marked(relation: str, care: str, age: int | None, found: list[str]) -> None:
    assert [one.code for one in carer_findings(relation, "", care, age)] == found


# The status


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (OUT, True),
        (HOME, False),
        (DEAD, False),
        (NOTHING, None),
        (replace(OUT, months_away=0, away_since="", work_place=""), False),
        (replace(OUT, months_away=0, away_since="2025", work_place=""), None),
        (replace(OUT, months_away=0, away_since="", work_place="henan"), None),
        (replace(OUT, months_away=None, away_since="", work_place=""), None),  # lives elsewhere: perhaps divorced
        (replace(OUT, months_away=None, away_since="", work_place="unknown"), None),
        (replace(OUT, alive="unknown"), None),
        (replace(OUT, living_with=""), None),
    ],
)
def test_who_is_away(one: ParentFacts, said: bool | None) -> None:
    assert away(one) is said


@pytest.mark.parametrize(
    ("parents", "age", "code"),
    [
        ([father(OUT), mother(OUT)], 12, "yes_sc2016"),
        ([father(OUT, months_away=2), mother(OUT, months_away=2)], 12, "yes_sc2016"),
        ([father(OUT), mother(OUT)], 15, "yes_sc2016"),
        ([father(OUT), mother(OUT)], 16, "yes_research"),
        ([father(OUT), mother(OUT)], 18, "not_lbc"),
        ([father(OUT), mother(HOME)], 12, "yes_research"),
        ([father(HOME), mother(OUT)], 12, "yes_research"),
        ([father(OUT), mother(HOME, capacity="lacks")], 12, "yes_sc2016"),
        ([father(OUT), mother(DEAD)], 12, "yes_sc2016"),
        ([father(OUT), mother(HOME, capacity="")], 12, "unknown"),
        ([father(OUT)], 12, "unknown"),
        ([father(OUT, months_away=3, away_since=""), mother(HOME)], 12, "not_lbc"),
        ([father(OUT, months_away=None, away_since=""), mother(HOME)], 12, "unknown"),
        ([father(HOME), mother(HOME)], 12, "not_lbc"),
        ([father(HOME, months_away=8), mother(HOME)], 12, "former"),
        ([father(DEAD), mother(DEAD)], 12, "not_lbc"),
        ([father(DEAD), mother(HOME)], 12, "not_lbc"),
        ([], 12, "unknown"),
        ([father(OUT), mother(OUT)], None, "unknown"),
    ],
)
def test_the_status_under_both_definitions(parents: list[ParentFacts], age: int | None, code: str) -> None:
    assert status(parents, age) == code
    assert code in load_study().codes["lbc_status"]


def test_the_months_that_research_asks_for_are_the_studys() -> None:
    parents = [father(OUT, months_away=4), mother(HOME)]

    assert status(parents, 12, min_months=4) == "yes_research"
    assert status(parents, 12, min_months=5) == "not_lbc"


@pytest.mark.parametrize(
    ("since", "code"),
    [("2025-09", "yes_research"), ("2026-01", "not_lbc"), ("2025", "unknown"), ("2024", "yes_research")],
)
def test_with_the_day_the_start_counts_where_no_months_were_told(since: str, code: str) -> None:
    parents = [father(OUT, months_away=None, away_since=since), mother(HOME)]

    assert status(parents, 12, today=TODAY) == code


@pytest.mark.parametrize(
    ("parents", "code"),
    [
        ([father(OUT), mother(OUT)], "both_away"),
        ([father(OUT), mother(HOME)], "father_away"),
        ([father(DEAD), mother(OUT)], "mother_away"),
        ([father(HOME), mother(HOME)], "none_now"),
        ([father(HOME)], "unknown"),
        ([father(OUT), mother(OUT, alive="")], "unknown"),
    ],
)
def test_who_is_away_now_as_one_code(parents: list[ParentFacts], code: str) -> None:
    assert migration(parents) == code
    assert code in load_study().codes["migration"]


FACTS = st.builds(
    ParentFacts,
    st.just("father"),
    st.sampled_from(["yes", "no", ""]),
    st.sampled_from(["yes", "no", ""]),
    st.sampled_from(["", "2019-03", "2025", "2026-01"]),
    st.sampled_from([None, 0, 3, 6, 12]),
    st.sampled_from(["", "unknown", "henan"]),
    st.sampled_from(["", "has", "lacks"]),
)


def contradicts_itself(one: ParentFacts) -> bool:
    told = bool(one.away_since) or one.work_place not in {"", "unknown"}
    return one.living_with == "no" and one.months_away == 0 and told


KNOWN = {"alive": "", "living_with": "", "away_since": "", "months_away": None, "work_place": "", "capacity": ""}
LESS = st.sets(st.sampled_from(sorted(KNOWN)))


@given(FACTS, FACTS, LESS, LESS, st.integers(min_value=0, max_value=20), st.sampled_from([None, TODAY]))
def test_a_fact_less_never_makes_a_yes(
    one: ParentFacts, other: ParentFacts, less: set[str], lesser: set[str], age: int, today: date | None
) -> None:
    """Of facts that contradict each other one less can tell more: they leave it open, as the table above says."""
    assume(not any(map(contradicts_itself, (one, other))))
    told = status([one, mother(other)], age, today=today)
    fewer = [
        replace(one, **{name: KNOWN[name] for name in less}),  # type: ignore[arg-type]
        mother(other, **{name: KNOWN[name] for name in lesser}),
    ]

    if told in {"not_lbc", "former"}:
        assert status(fewer, age, today=today) in {"not_lbc", "former", "unknown"}
    if told == "unknown":
        assert status(fewer, age, today=today) == "unknown"
