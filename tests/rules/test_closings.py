from __future__ import annotations

import pytest

from fieldkit.rules import closings
from fieldkit.rules.findings import ASK, HINT


def codes(setting: str = "home_yard", privacy: str = "private", others: str = "none", minutes: int = 30) -> list[str]:
    found = closings.findings(setting, privacy, others.split(), minutes, 80)
    assert all(one.level == (ASK if one.code == "V37" else HINT) for one in found)
    return [one.code for one in found]


def test_a_whole_closing_has_nothing_to_look_at() -> None:
    assert codes() == []


@pytest.mark.parametrize(("setting", "others"), [("", "none"), ("home_yard", ""), ("", "")])
def test_v37_what_only_those_who_were_there_can_know_is_asked_for(setting: str, others: str) -> None:
    assert codes(setting=setting, others=others) == ["V37"]


@pytest.mark.parametrize(("minutes", "found"), [(9, ["V32"]), (10, []), (80, []), (81, ["V32"])])
def test_v32_an_unusual_length_is_a_hint(minutes: int, found: list[str]) -> None:
    assert codes(minutes=minutes) == found


@pytest.mark.parametrize(
    ("privacy", "found"),
    [("overheard", ["V36"]), ("overheard_some", ["V36"]), ("seen_not_heard", []), ("private", []), ("", [])],
)
def test_v36_somebody_who_can_hear_is_a_hint(privacy: str, found: list[str]) -> None:
    assert codes(privacy=privacy) == found


@pytest.mark.parametrize(
    ("done", "far"),
    [("W1 W2 W3", "full"), ("W1 W3", "core"), ("W1 W2", ""), ("", ""), ("W1 W2 W3 X9", "full")],
)
def test_how_far_it_came_is_said_by_the_questions(done: str, far: str) -> None:
    assert closings.how_far(done.split(), ["W1", "W3"], ["W1", "W2", "W3"]) == far


def test_without_a_guide_nobody_knows_how_far_it_came() -> None:
    assert closings.how_far(["W1"], [], []) == ""


def test_who_came_in_twice_was_there_once() -> None:
    assert closings.present(["carer", "", "sibling", "none", "carer"]) == ["carer", "sibling"]
