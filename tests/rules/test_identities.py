from __future__ import annotations

import pytest

from fieldkit.rules import ages, identities
from fieldkit.rules.identities import FromPaper, Known, StandsTwice

BORN = ages.birth_date("2014-05-09")
KNOWN = Known("李蕨生", BORN, "told_parent")


@pytest.mark.parametrize("source", sorted(identities.FROM_PAPER))
def test_what_somebody_says_never_goes_over_a_date_from_a_paper(source: str) -> None:
    known = Known("李蕨生", BORN, source)

    with pytest.raises(FromPaper):
        identities.findings(known, "", ages.birth_date("2014-05-10"))
    assert identities.findings(known, "", BORN) == []


@pytest.mark.parametrize("field", ["birth_date", "birth_calendar", "birth_source"])
def test_a_signature_decides_nothing_between_two_dates_that_stand(field: str) -> None:
    known = Known("李蕨生", BORN, "told_parent", frozenset({field}))

    with pytest.raises(StandsTwice):
        identities.findings(known, "", ages.birth_date("2014-05-10"))
    assert identities.findings(known, "", BORN) == []


def test_a_signature_decides_nothing_between_two_names_that_stand() -> None:
    known = Known("李蕨生", BORN, "told_parent", frozenset({"real_name"}))

    with pytest.raises(StandsTwice):
        identities.findings(known, "王别名", None)
    assert not identities.is_new_name(known, "李蕨生")


@pytest.mark.parametrize(("name", "born"), [("王别名", ""), ("", "2014-05-10"), ("李蕨生", "2014-06"), ("李", "2013")])
def test_another_name_or_date_than_the_known_one_asks(name: str, born: str) -> None:
    told = ages.birth_date(born) if born else None

    assert [one.code for one in identities.findings(KNOWN, name, told)] == ["same_child"]


@pytest.mark.parametrize("born", ["", "2014-05-09", "2014-05", "2014"])
def test_what_is_left_empty_or_told_less_exactly_keeps_what_stands(born: str) -> None:
    told = ages.birth_date(born) if born else None

    assert not identities.is_new_date(KNOWN, told)
    assert not identities.is_new_name(KNOWN, " \u200b")
    assert not identities.is_new_name(KNOWN, "李 蕨生")


def test_the_same_day_in_the_other_calendar_is_no_other_date() -> None:
    known = Known(born=ages.birth_date("2014-05-09"))

    assert not identities.is_new_date(known, ages.birth_date("2014-04-11", "lunar"))


def test_a_more_exact_date_is_written_and_asks_nothing() -> None:
    known, told = Known("李蕨生", ages.birth_date("2014-05"), "told_parent"), BORN

    assert identities.is_new_date(known, told)
    assert identities.findings(known, "", told) == []


def test_of_a_child_of_whom_nothing_is_known_nothing_is_asked() -> None:
    assert identities.findings(Known(), "李蕨生", BORN) == []
    assert identities.is_new_name(Known(), "李蕨生")
    assert identities.is_new_date(Known(source="household_book"), BORN)
