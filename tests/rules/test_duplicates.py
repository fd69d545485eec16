"""Two records that may be one child: what is alike, in which order is all one, and the stricter consent holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules import consent
from fieldkit.rules.consent import AGREEING, CHILD, GUARDIAN, NECESSARY, Event
from fieldkit.rules.duplicates import Known, compare, number, phones, possible, stricter

CHUAN = Known("a", ("小川",), "2013-11", phones=("13800000001",), site="A03", sex="m")
ZI = replace(CHUAN, id="b", called=("川子",))


def test_siblings_of_one_household_with_other_names_and_births_are_two() -> None:
    brother = replace(CHUAN, id="b", called=("小满",), birth="2015-02", household="a")

    assert not compare(replace(CHUAN, household="a"), brother).enough
    assert possible([CHUAN, brother]) == []


@pytest.mark.parametrize("called", ["小山", "王岳", "大毛"])
def test_twins_are_not_one_child_by_birth_and_phone_alone(called: str) -> None:
    twin = replace(CHUAN, id="b", called=(called,), household="a")

    assert not compare(CHUAN, twin).enough
    assert possible([CHUAN, twin]) == []


@pytest.mark.parametrize("other", [{"birth": "2010-03"}, {"birth": "", "told_age": 8, "told_on": "2026-11-20"}])
def test_another_birth_speaks_against_a_common_name(other: dict[str, object]) -> None:
    assert not compare(CHUAN, replace(CHUAN, id="b", **other)).enough  # type: ignore[arg-type]


def test_one_name_and_one_site_are_not_enough() -> None:
    assert not compare(Known("a", ("小川",), site="A03"), Known("b", ("小川",), site="A03")).enough


def test_what_was_decided_is_never_asked_again() -> None:
    assert possible([CHUAN, ZI], [frozenset("ab")]) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "alike"),
    [
        ("小川", "小川", "name_same"),
        ("王小川", "小川", "name_same"),
        ("欧阳小川", "小 川", "name_same"),
        ("小川", "晓川", "name_sounds"),
        ("小川", "Xiǎochuān", "name_sounds"),
        ("王书远", "书苑", "name_sounds"),
        ("小川", "川子", "name_part"),
        ("川川", "阿川", "name_part"),
        ("王小川", "川儿", "name_part"),
        ("小川", "小山", ""),
        ("王小川", "王小满", ""),
        ("子", "小", ""),
    ],
)
def test_names_are_alike_in_characters_in_sound_or_without_what_makes_them_pet_names(
    mine: str, theirs: str, alike: str
) -> None:
    found = compare(Known("a", (mine,)), Known("b", (theirs,))).reasons

    assert found == ((alike,) if alike else ())


@pytest.mark.parametrize(
    ("mine", "theirs", "alike"),
    [
        (("2014-05-09", "gregorian"), ("2014-05-09", "gregorian"), "birth_day"),
        (("2013-12-07", "gregorian"), ("2013-11-05", "lunar"), "birth_day"),
        (("2013年冬月初五", "lunar"), ("2013-12-07", "gregorian"), "birth_day"),
        (("2013-11-05", "gregorian"), ("2013-11-05", "lunar"), "birth_calendar"),
        (("2014-05", "gregorian"), ("2014-05-09", "gregorian"), "birth_month"),
        (("2014", "gregorian"), ("2014-05-09", "gregorian"), "birth_year"),
    ],
)
def test_a_birth_is_the_same_in_either_calendar_and_as_exactly_as_it_is_known(
    mine: tuple[str, str], theirs: tuple[str, str], alike: str
) -> None:
    assert compare(Known("a", (), *mine), Known("b", (), *theirs)).reasons == (alike,)


@pytest.mark.parametrize(("age", "nominal"), [(13, True), (14, True), (12, False), (13, False)])
def test_a_told_age_is_near_within_one_year(age: int, nominal: bool) -> None:
    told = Known("b", ("小川",), told_age=age, nominal=nominal, told_on="2026-11-20")

    assert "age_near" in compare(CHUAN, told).reasons


@pytest.mark.parametrize(
    "text",
    ["13800000001", "+86 138 0000 0001", "0086-138-0000-0001", "138 0000 0001", "（奶奶）１３８０００００００１"],
)
def test_a_phone_is_its_digits(text: str) -> None:
    assert number(text.removeprefix("（奶奶）")) == "13800000001"
    assert phones(f"爸爸 {text}；老家 0394-1234567") == ("13800000001", "03941234567")


@pytest.mark.parametrize(
    "text", ["0394-1234567", "+86 0394 1234567", "+86 394 1234567", "0086-394-1234567", "86 (0394) 1234567"]
)
def test_a_landline_is_its_digits_however_its_country_is_written(text: str) -> None:
    assert number(text) == "03941234567"
    assert phones(f"爸爸 {text}") == ("03941234567",)


def test_no_phone_is_no_likeness() -> None:
    assert number("没有") == number("110") == ""
    assert "phone" not in compare(Known("a", phones=()), Known("b", phones=())).reasons


def test_the_story_is_enough_and_says_why() -> None:
    (found,) = possible([ZI, CHUAN])

    assert (found.first, found.second) == ("a", "b")
    assert found.likeness.reasons == ("name_part", "birth_month", "phone", "site")


CHILDREN = st.builds(
    Known,
    id=st.sampled_from("abcdef"),
    called=st.tuples(st.sampled_from(["小川", "川子", "王小川", "晓川", "小满", "满满", ""])),
    birth=st.sampled_from(["", "2013", "2013-11", "2013-11-05", "2014-01", "看不清"]),
    calendar=st.sampled_from(["gregorian", "lunar"]),
    told_age=st.none() | st.integers(8, 16),
    nominal=st.booleans(),
    told_on=st.just("2026-11-20"),
    phones=st.sets(st.sampled_from(["13800000001", "13800000002"])).map(lambda found: tuple(sorted(found))),
    site=st.sampled_from(["", "A03", "B07"]),
    household=st.sampled_from(["", "a"]),
    sex=st.sampled_from(["", "m", "f"]),
)


@given(CHILDREN, CHILDREN)
def test_which_of_the_two_stands_first_changes_nothing(one: Known, other: Known) -> None:
    assert compare(one, other) == compare(other, one)


@given(st.lists(CHILDREN, max_size=6, unique_by=lambda child: child.id), st.randoms())
def test_the_order_of_the_children_changes_nothing_and_no_likely_pair_is_missed(
    children: list[Known], chance: object
) -> None:
    shuffled = list(children)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    found = possible(children)

    assert possible(shuffled) == found
    each = {frozenset((a.id, b.id)) for a in children for b in children if a.id < b.id and compare(a, b).enough}
    assert {frozenset((one.first, one.second)) for one in found} == each


ALL = dict.fromkeys(NECESSARY, "yes")
MOTHER = Event("m1", GUARDIAN, "given", "m", items=ALL)
OWN = Event("c1", CHILD, "given", "kid", items=ALL, session="S1")


@pytest.mark.parametrize(
    "no",
    [
        Event("x", GUARDIAN, "declined", "f"),
        Event("x", GUARDIAN, "withdrawn", "f", scope="all"),
        Event("x", CHILD, "withdrawn", "other", scope="all"),
        Event("x", GUARDIAN, "given", "f", items=ALL | {"notes": "no"}),
        Event("x", CHILD, "given", "other", items=ALL | {"notes": "no"}, session="S2"),
    ],
)
def test_a_no_of_either_holds_for_both(no: Event) -> None:
    assert consent.effective([MOTHER, OWN], "notes", "S1", grown=False)
    strict = stricter([MOTHER, OWN], [no])

    assert not consent.effective(strict, "notes", "S1", grown=False)
    assert consent.hidden(strict) == (no.scope == "all")


def test_a_yes_of_the_one_is_no_yes_of_the_other() -> None:
    strict = stricter([], [MOTHER, OWN])

    assert strict == []  # nobody has asked yet, where the other one stands
    assert not consent.effective(strict, "notes", "S1", grown=False)
    assert not consent.effective(stricter([OWN], [MOTHER]), "notes", "S1", grown=False)


def test_who_thinks_about_it_again_after_a_yes_holds_both() -> None:
    father = Event("f1", GUARDIAN, "given", "f", items=ALL)
    thinks = Event("f2", GUARDIAN, "deferred", "f", follows=("f1",))

    assert consent.effective(stricter([MOTHER, OWN], [father]), "notes", "S1", grown=False)
    assert not consent.effective(stricter([MOTHER, OWN], [father, thinks]), "notes", "S1", grown=False)
    voided = Event("v", "coordinator", "voided", voids=("f2",))
    assert consent.effective(stricter([MOTHER, OWN, voided], [father, thinks]), "notes", "S1", grown=False)


def test_one_mother_who_thinks_about_it_again_on_the_other_record_holds_both_until_she_says_yes_on_either() -> None:
    yes = replace(MOTHER, relation="mother")
    thinks = Event("t", GUARDIAN, "deferred", "other", relation="mother")
    again = replace(yes, id="again", follows=(yes.id, "t"))

    def holds(own: list[Event], beside: list[Event]) -> bool:
        return not consent.effective(stricter([*own, OWN], beside), "notes", "S1", grown=False)

    assert holds([yes], [thinks])
    assert holds([yes], [replace(yes, id="b", person="other"), replace(thinks, follows=("b",))])
    assert not holds([yes, again], [thinks])
    assert not holds([yes], [thinks, replace(again, id="there", person="other", follows=("t",))])
    assert not holds([yes], [replace(thinks, relation="father")])  # who was never asked
    there = [replace(yes, id="b", person="other"), replace(thinks, follows=("b",))]
    assert not holds(there, [yes, again])  # on the record where it was said


def test_a_child_that_puts_the_talk_off_on_one_record_holds_both_until_it_says_yes_again() -> None:
    own = replace(OWN, day="2026-11-20")
    thinks = Event("t", CHILD, "deferred", "other", session="S2", day="2026-11-20")
    again = replace(own, id="again", follows=("t",))

    assert not consent.effective(stricter([MOTHER, own], [thinks]), "notes", "S1", grown=False)
    assert consent.effective(stricter([MOTHER, own, again], [thinks]), "notes", "S1", grown=False)
    there = Event("y", CHILD, "given", "other", items=ALL, session="S3", follows=("t",))
    assert consent.effective(stricter([MOTHER, own], [thinks, there]), "notes", "S1", grown=False)


def test_a_no_that_was_followed_by_a_yes_binds_nobody() -> None:
    no = Event("x", GUARDIAN, "given", "f", items={"notes": "no"})
    yes = Event("y", GUARDIAN, "given", "f", items={"notes": "yes"}, follows=("x",))

    assert consent.effective(stricter([MOTHER, OWN], [no, yes]), "notes", "S1", grown=False)
    taken_back = replace(no, act="limited")
    assert not consent.effective(stricter([MOTHER, OWN], [taken_back]), "notes", "S1", grown=False)
    assert consent.effective(stricter([MOTHER, OWN], [taken_back, yes]), "notes", "S1", grown=False)


@pytest.mark.parametrize("relation", ["uncle_aunt", "adoptive", "pgm", "other"])
def test_a_guardian_under_the_other_record_is_not_the_one_of_this_by_the_relation_alone(relation: str) -> None:
    """An uncle and an aunt may be two: what the one refused, the other does not take back."""
    no = Event("n", GUARDIAN, "declined", "aunt", relation)
    yes = Event("y", GUARDIAN, "reconsented", "uncle", relation, items=ALL, lifts=("n",))

    for own, beside in (([yes], [no]), ([no], [yes])):
        assert consent.open_noes(stricter(own, beside)) == [no]
    mine = replace(yes, person="aunt")
    for own, beside in (([no, mine], []), ([], [no, mine])):
        assert consent.open_noes(stricter(own, beside)) == []  # where it was said


@pytest.mark.parametrize("relation", ["mother", "father"])
def test_of_one_mother_and_one_father_a_no_is_taken_back_under_whichever_record(relation: str) -> None:
    no = Event("n", GUARDIAN, "declined", "hers here", relation)
    yes = Event("y", GUARDIAN, "reconsented", "hers there", relation, items=ALL, lifts=("n",))
    first = replace(yes, id="before", person="written down twice", lifts=())

    for own, beside in (([no], [yes]), ([yes], [no]), ([first, no], [yes]), ([first, yes], [no])):
        assert consent.open_noes(stricter(own, beside)) == []


EVENTS = st.lists(
    st.builds(
        Event,
        id=st.uuids().map(str),
        actor=st.sampled_from([GUARDIAN, CHILD, "adult_participant"]),
        act=st.sampled_from([*sorted(AGREEING), "declined", "withdrawn", "deferred"]),
        person=st.sampled_from(["m", "f"]),
        items=st.dictionaries(st.sampled_from(NECESSARY), st.sampled_from(["yes", "no"])),
        session=st.sampled_from(["S1", "S2"]),
        scope=st.sampled_from(["", "all", "stop_keep"]),
    ),
    max_size=5,
)


@st.composite
def two_records(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """Events of two records; any of them may follow, lift or void any other."""
    own, beside = draw(EVENTS), draw(EVENTS)
    ids = [event.id for event in own + beside]
    some = st.lists(st.sampled_from(ids), max_size=2).map(tuple) if ids else st.just(())

    def bound(event: Event) -> Event:
        names = draw(some)
        return replace(event, follows=names, lifts=names if event.act in AGREEING else ())

    return [bound(event) for event in own], [bound(event) for event in beside]


@given(two_records(), st.sampled_from(NECESSARY), st.sampled_from(["S1", "S2"]))
def test_together_nothing_is_permitted_that_the_record_alone_would_not_permit(
    both: tuple[list[Event], list[Event]], item: str, session: str
) -> None:
    own, beside = both[0], [replace(event, lifts=(), follows=()) for event in both[1]]

    if consent.effective(stricter(own, beside), item, session, grown=False):
        assert consent.effective(own, item, session, grown=False)


@given(two_records())
def test_both_records_have_the_same_open_noes_and_are_hidden_together(both: tuple[list[Event], list[Event]]) -> None:
    own, beside = both
    one, other = stricter(own, beside), stricter(beside, own)

    assert {event.id for event in consent.open_noes(one)} == {event.id for event in consent.open_noes(other)}
    assert consent.hidden(one) == consent.hidden(other)
