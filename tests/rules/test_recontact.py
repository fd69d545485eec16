"""Once a talk was held, the family's word on re-contact decides whether there is another one, a call or a visit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fieldkit.rules.consent import ADULT, CHILD, GUARDIAN, LIMITED, NECESSARY, Event
from fieldkit.rules.recontact import asked_again, family_allows, left_alone, own_noes

YES = dict.fromkeys(NECESSARY, "yes")
AGAIN, NOT_AGAIN = {**YES, "recontact": "yes"}, {**YES, "recontact": "no"}
MOTHER = Event("m", GUARDIAN, "given", "mother", "mother", items=AGAIN)
FATHER = Event("f", GUARDIAN, "given", "father", "father", items=AGAIN)
CHILD_12 = Event("c", CHILD, "given", "kid", items=YES, session="s1")
CHILD_15 = replace(CHILD_12, items=AGAIN)
GROWN = replace(CHILD_15, id="a", actor=ADULT)
NOT_MOTHERS = replace(MOTHER, items=NOT_AGAIN)
TAKEN_BACK = Event("t", GUARDIAN, LIMITED, "mother", "mother", items={"recontact": "no"}, follows=("m",))
OWN_TAKEN_BACK = Event("o", CHILD, LIMITED, "kid", items={"recontact": "no"}, follows=("c",))


@pytest.mark.parametrize(
    ("events", "grown", "alone"),
    [
        ([MOTHER, CHILD_12], False, False),
        ([MOTHER, FATHER, CHILD_12], False, False),
        ([MOTHER, CHILD_15], False, False),
        ([MOTHER, Event("d", GUARDIAN, "deferred", "mother", "mother", follows=("m",))], False, False),
        ([NOT_MOTHERS, CHILD_15], False, True),
        ([MOTHER, replace(FATHER, items=NOT_AGAIN), CHILD_12], False, True),
        ([replace(MOTHER, items=YES), CHILD_12], False, True),  # nobody asked: silence is not consent
        ([NOT_MOTHERS, replace(MOTHER, id="n", follows=("m",)), CHILD_12], False, False),
        ([MOTHER, replace(NOT_MOTHERS, id="n", follows=("m",)), CHILD_12], False, True),
        ([MOTHER, TAKEN_BACK, CHILD_12], False, True),
        ([MOTHER, TAKEN_BACK, replace(MOTHER, id="n", follows=("m", "t"))], False, False),
        ([MOTHER, CHILD_12, OWN_TAKEN_BACK], False, True),
        ([MOTHER, replace(CHILD_15, items=NOT_AGAIN)], False, True),
        ([NOT_MOTHERS, GROWN], True, False),
        ([MOTHER, replace(GROWN, items=NOT_AGAIN)], True, True),
        ([MOTHER, replace(GROWN, items=YES)], True, True),
        ([NOT_MOTHERS, CHILD_15], True, True),  # of age, and not asked as such
    ],
)
def test_who_was_heard_is_left_alone_unless_everybodys_last_word_allows_re_contact(
    events: list[Event], grown: bool, alone: bool
) -> None:
    assert left_alone(events, heard=True, grown=grown) == alone


def test_before_a_talk_was_held_only_what_was_taken_back_leaves_a_family_alone() -> None:
    assert not left_alone([NOT_MOTHERS, CHILD_12], heard=False, grown=False)
    assert left_alone([MOTHER, TAKEN_BACK], heard=False, grown=False)


def test_every_guardian_has_to_allow_it_and_of_who_decides_alone_nobody() -> None:
    assert family_allows([MOTHER, FATHER], grown=False)
    assert not family_allows([MOTHER, replace(FATHER, items=NOT_AGAIN)], grown=False)
    assert not family_allows([CHILD_15], grown=False)
    assert family_allows([NOT_MOTHERS, GROWN], grown=True)
    assert not family_allows([NOT_MOTHERS, GROWN], grown=False)


SECOND: dict[str, Any] = {"id": "d", "session": "s2"}


@pytest.mark.parametrize(
    ("later", "noes"),
    [
        ([], ["c"]),
        ([replace(CHILD_15, **SECOND)], ["c"]),
        ([replace(CHILD_15, **SECOND, follows=("c",))], []),
        ([replace(CHILD_15, **SECOND, follows=("c",), items=NOT_AGAIN)], []),
        ([replace(CHILD_12, **SECOND, follows=("c",))], []),
        ([replace(CHILD_15, **SECOND, follows=("c",), act="deferred", items={})], ["c"]),
    ],
)
def test_only_a_yes_in_knowledge_of_it_talks_over_an_own_no_to_re_contact(later: list[Event], noes: list[str]) -> None:
    said = [MOTHER, replace(CHILD_15, items=NOT_AGAIN), *later]

    assert [one.id for one in own_noes(said, "s2")] == noes


def test_what_is_answered_on_the_day_of_a_talk_is_about_later_ones() -> None:
    said = [MOTHER, replace(CHILD_15, items=NOT_AGAIN)]

    assert own_noes(said, "s1") == []
    assert [one.id for one in own_noes(said, "")] == ["c"]


@pytest.mark.parametrize(
    ("actor", "events", "asked"),
    [
        (GUARDIAN, [MOTHER, CHILD_12], []),
        (GUARDIAN, [], []),
        (GUARDIAN, [NOT_MOTHERS, CHILD_12], ["again_family"]),
        (CHILD, [NOT_MOTHERS, CHILD_12], []),
        (CHILD, [MOTHER, CHILD_12, OWN_TAKEN_BACK], ["again_own"]),
        (ADULT, [GROWN], []),
        (ADULT, [replace(GROWN, items=NOT_AGAIN)], ["again_own"]),
    ],
)
def test_who_is_not_to_be_contacted_again_is_asked_only_after_coming_back_to_it(
    actor: str, events: list[Event], asked: list[str]
) -> None:
    assert [one.code for one in asked_again(actor, [], events, grown=False)] == asked


def test_a_no_is_asked_about_once() -> None:
    no = Event("n", GUARDIAN, "declined", "mother", "mother")

    assert [one.code for one in asked_again(GUARDIAN, [no], [NOT_MOTHERS, no], grown=False)] == ["again_family"]
