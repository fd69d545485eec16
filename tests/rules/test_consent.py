"""Two keys, one lock: as a table, as laws over random histories, and by planting bugs that the laws must catch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from fieldkit.rules import consent
from fieldkit.rules.consent import (
    ADULT,
    AGREEING,
    CARER,
    CHILD,
    GUARDIAN,
    LIMITED,
    NECESSARY,
    NO,
    REFUSING,
    Event,
    effective,
    grounds,
    hidden,
    open_noes,
    takes_back,
    usable,
    valid_pair,
)

YES = dict.fromkeys(NECESSARY, "yes")
TODAY, BEFORE = "today's session", "an earlier session"
MOTHER = Event("mother", GUARDIAN, "given", "wang", items=YES, form_text_hash="approved", guardian_basis="parent")
FATHER = replace(MOTHER, id="father", person="liu")
GRANNY = Event("granny", CARER, "given", "zhao", items=YES, form_text_hash="approved")
XIAOHE = Event("child", CHILD, "given", "xiaohe", items=YES, session=TODAY, form_text_hash="approved")
GROWN = Event("grown", ADULT, "given", "xiaohe", items=YES, form_text_hash="approved")


def no(spoken: Event, **facts: object) -> Event:
    """The same person says no."""
    said = Event(f"{spoken.id}-no", spoken.actor, "declined", spoken.person, session=spoken.session)
    return replace(said, **facts)  # type: ignore[arg-type]


def again(spoken: Event, **facts: object) -> Event:
    """The same person says yes once more, with what was on the screen."""
    said = replace(spoken, id=f"{spoken.id}-again", act="reconsented", follows=(spoken.id,))
    return replace(said, **facts)  # type: ignore[arg-type]


NO_NOTES = {**YES, "notes": "no"}
REFUSED: dict[str, list[Event]] = {
    "nobody was asked": [],
    "only the guardian said yes": [MOTHER],
    "only the child said yes": [XIAOHE],
    "a carer is no guardian": [GRANNY, XIAOHE],
    "a carer is no child": [MOTHER, replace(GRANNY, session=TODAY)],
    "the child's yes lasts one session": [MOTHER, replace(XIAOHE, session=BEFORE)],
    "the guardian was not asked for notes": [replace(MOTHER, items={**YES, "notes": "not_asked"}), XIAOHE],
    "the guardian was never asked for notes": [replace(MOTHER, items={"participate": "yes"}), XIAOHE],
    "the child was not asked for notes": [MOTHER, replace(XIAOHE, items={"participate": "yes"})],
    "the guardian said no to notes": [replace(MOTHER, items=NO_NOTES), XIAOHE],
    "the child said no to notes": [MOTHER, replace(XIAOHE, items=NO_NOTES)],
    "an answer that nobody knows is no yes": [MOTHER, replace(XIAOHE, items={**YES, "notes": "nodded"})],
    "the guardian put it off": [replace(MOTHER, act="deferred"), XIAOHE],
    "the child put it off": [MOTHER, replace(XIAOHE, act="deferred")],
    "the child thinks about it in the middle": [MOTHER, XIAOHE, Event("d", CHILD, "deferred", "xiaohe", session=TODAY)],
    "the child thinks about it before another laptop": [
        replace(MOTHER, day="2026-11-01"),
        replace(XIAOHE, day="2026-11-02"),
        Event("d", CHILD, "deferred", "xiaohe", session="elsewhere", day="2026-11-02"),
    ],
    "the child thinks about it the same day, in no session": [
        MOTHER,
        replace(XIAOHE, day="2026-11-02"),
        Event("d", CHILD, "deferred", "xiaohe", day="2026-11-02"),
    ],
    "the child thinks about it before another laptop, whose clock is a day off": [
        MOTHER,
        replace(XIAOHE, day="2026-11-02"),
        Event("d", CHILD, "deferred", "xiaohe", session="elsewhere", day="2026-11-01"),
    ],
    "the guardian was only informed": [replace(MOTHER, act="informed_only"), XIAOHE],
    "an act of a later version is no yes": [replace(MOTHER, act="blessed"), XIAOHE],
    "the guardian declined": [MOTHER, XIAOHE, no(MOTHER)],
    "the guardian withdrew": [MOTHER, XIAOHE, no(MOTHER, act="withdrawn")],
    "the guardian withdrew on a notice without a name": [MOTHER, XIAOHE, no(MOTHER, act="withdrawn", person="")],
    "the other guardian declined": [MOTHER, XIAOHE, no(FATHER)],
    "the other guardian withdrew": [MOTHER, XIAOHE, no(FATHER, act="withdrawn")],
    "the other guardian said no to notes": [MOTHER, replace(FATHER, items=NO_NOTES), XIAOHE],
    "the child declined": [MOTHER, XIAOHE, no(XIAOHE)],
    "the child declined in an earlier session": [MOTHER, XIAOHE, no(XIAOHE, session=BEFORE)],
    "the child withdrew outside any session": [MOTHER, XIAOHE, no(XIAOHE, act="withdrawn", session="")],
    "the child took notes back in another session": [
        MOTHER,
        XIAOHE,
        again(XIAOHE, session=BEFORE, items=NO_NOTES),
    ],
    "the guardian took notes back": [MOTHER, XIAOHE, again(MOTHER, items=NO_NOTES)],
    "two laptops heard two answers": [MOTHER, replace(MOTHER, id="other", items=NO_NOTES), XIAOHE],
    "a yes after the no lifts nothing by itself": [no(MOTHER), again(MOTHER, follows=("mother-no",)), XIAOHE],
    "the mother cannot lift the father's no": [again(MOTHER, lifts=("father-no",)), no(FATHER), XIAOHE],
    "the mother cannot lift the child's no": [again(MOTHER, lifts=("child-no",)), XIAOHE, no(XIAOHE)],
    "the child cannot lift the mother's no": [MOTHER, no(MOTHER), replace(XIAOHE, lifts=("mother-no",))],
    "the same name in another part lifts nothing": [
        MOTHER,
        no(MOTHER),
        replace(GRANNY, person="wang", lifts=("mother-no",)),
        XIAOHE,
    ],
    "one no does not lift another": [
        MOTHER,
        no(MOTHER),
        no(MOTHER, id="second", lifts=("mother-no", "second")),
        XIAOHE,
    ],
    "putting it off lifts nothing": [
        MOTHER,
        no(MOTHER),
        no(MOTHER, id="x", act="deferred", lifts=("mother-no",)),
        XIAOHE,
    ],
    "only one of two noes was lifted": [again(MOTHER, lifts=("mother-no",)), no(MOTHER), no(MOTHER, id="more"), XIAOHE],
    "a yes lifts the no by name but was not said after it": [
        no(MOTHER, items=NO_NOTES),
        again(MOTHER, lifts=("mother-no",)),
        XIAOHE,
    ],
    "the yes was voided": [MOTHER, XIAOHE, Event("v", GUARDIAN, "voided", voids=("mother",))],
    "the child's yes was voided": [MOTHER, XIAOHE, Event("v", GUARDIAN, "voided", voids=("child",))],
    "the lift was voided": [
        MOTHER,
        no(MOTHER),
        again(MOTHER, lifts=("mother-no",)),
        Event("v", GUARDIAN, "voided", voids=("mother-again",)),
        XIAOHE,
    ],
    "a family's own event voids nothing": [MOTHER, no(MOTHER), again(MOTHER, voids=("mother-no",)), XIAOHE],
    "grown up, only the guardian and a child's yes count no more": [MOTHER, XIAOHE, replace(GROWN, items=NO_NOTES)],
    "grown up, and withdrew": [GROWN, no(GROWN, act="withdrawn")],
}
PERMITTED: dict[str, list[Event]] = {
    "two keys, one lock": [MOTHER, XIAOHE],
    "both parents": [MOTHER, FATHER, XIAOHE],
    "the child thought about it on an earlier day": [
        MOTHER,
        replace(XIAOHE, day="2026-11-02", follows=("d",)),
        Event("d", CHILD, "deferred", "xiaohe", session=BEFORE, day="2026-11-01"),
    ],
    "the child thought about it before another laptop, and then said yes again": [
        MOTHER,
        Event("d", CHILD, "deferred", "xiaohe", session="elsewhere"),
        again(XIAOHE, follows=("child", "d")),
        XIAOHE,
    ],
    "the child thought about it on the day of a talk that is typed in from paper": [
        MOTHER,
        replace(XIAOHE, day="2026-11-02", entered_on="2026-11-04"),
        Event("d", CHILD, "deferred", "xiaohe", session="elsewhere", day="2026-11-02"),
    ],
    "a carer may say no": [MOTHER, XIAOHE, no(GRANNY)],
    "a parent who was not asked for it is not counted": [MOTHER, replace(FATHER, items={"quote": "no"}), XIAOHE],
    "an item answered no is no open no": [replace(MOTHER, items={**YES, "quote": "no"}), XIAOHE],
    "a later yes of the same person replaces their no to an item": [
        replace(MOTHER, items=NO_NOTES),
        again(MOTHER, act="reaffirmed"),
        XIAOHE,
    ],
    "the guardian took the no back by name": [no(MOTHER), again(MOTHER, lifts=("mother-no",)), XIAOHE],
    "the guardian took back a no to the item too": [
        no(MOTHER, items=NO_NOTES),
        again(MOTHER, lifts=("mother-no",), follows=("mother-no",)),
        XIAOHE,
    ],
    "the child took the no back by name": [MOTHER, no(XIAOHE, session=BEFORE), replace(XIAOHE, lifts=("child-no",))],
    "a no by mistake was voided": [MOTHER, XIAOHE, no(FATHER), Event("v", GUARDIAN, "voided", voids=("father-no",))],
    "putting off a second talk takes nothing back": [
        MOTHER,
        replace(XIAOHE, day="2026-11-02"),
        Event("d", CHILD, "deferred", "xiaohe", day="2026-11-03", follows=("child",)),
    ],
    "the child thought about it and goes on": [
        MOTHER,
        XIAOHE,
        Event("d", CHILD, "deferred", "xiaohe", session=TODAY),
        again(XIAOHE, follows=("child", "d")),
    ],
}
GROWN_UP: dict[str, list[Event]] = {
    "grown up, one key is enough": [GROWN],
    "grown up, the parents' no counts no more": [GROWN, no(MOTHER)],
    "grown up, what the parents think over counts no more": [GROWN, MOTHER, replace(MOTHER, id="d", act="deferred")],
    "grown up, thought about it and goes on": [
        replace(GROWN, session=TODAY),
        Event("d", ADULT, "deferred", "xiaohe", session=TODAY, follows=("grown",)),
        replace(GROWN, id="again", session=TODAY, follows=("grown", "d")),
    ],
    "grown up, puts off a second talk": [
        replace(GROWN, session=TODAY),
        Event("d", ADULT, "deferred", "xiaohe", session="another", follows=("grown",)),
    ],
}
GROWN_UP_REFUSED: dict[str, list[Event]] = {
    "grown up, thinks about it in the middle": [
        replace(GROWN, session=TODAY),
        Event("d", ADULT, "deferred", "xiaohe", session=TODAY, follows=("grown",)),
    ],
    "grown up, thinks about it before another laptop": [
        replace(GROWN, session=TODAY),
        Event("d", ADULT, "deferred", "xiaohe", session="elsewhere"),
    ],
    "grown up, thinks about it before a laptop that takes them for a child": [
        replace(GROWN, session=TODAY),
        Event("d", CHILD, "deferred", "xiaohe", session="elsewhere"),
    ],
}
NOT_GROWN: dict[str, list[Event]] = {
    "a wrong clock made a grown-up of the child": [GROWN],
    "a wrong clock made a grown-up of the child, who did not say yes itself": [GROWN, MOTHER],
    "a wrong clock made a grown-up of the child, and the mother says no": [GROWN, MOTHER, XIAOHE, no(MOTHER)],
    "what is thought over as a grown-up is halted": [
        MOTHER,
        XIAOHE,
        Event("d", ADULT, "deferred", "xiaohe", session=TODAY),
    ],
    "what was refused as a grown-up is refused": [MOTHER, XIAOHE, no(GROWN)],
    "what was answered no as a grown-up is refused": [MOTHER, XIAOHE, replace(GROWN, items=NO_NOTES)],
}


@pytest.mark.parametrize("events", NOT_GROWN.values(), ids=NOT_GROWN)
def test_who_is_not_of_age_decides_nothing_alone(events: list[Event]) -> None:
    assert not effective(events, "notes", TODAY, grown=False)
    if GROWN in events:
        assert effective(events, "notes", TODAY, grown=True)


@pytest.mark.parametrize("events", GROWN_UP.values(), ids=GROWN_UP)
def test_who_is_of_age_decides_alone(events: list[Event]) -> None:
    assert effective(events, "notes", TODAY, grown=True)


@pytest.mark.parametrize("events", GROWN_UP_REFUSED.values(), ids=GROWN_UP_REFUSED)
def test_who_is_of_age_and_thinks_about_it_halts_the_talk_as_a_child_does(events: list[Event]) -> None:
    assert not effective(events, "notes", TODAY, grown=True)
    assert usable(events, "notes", grown=True)


def test_who_is_of_age_and_was_never_asked_as_a_grown_up_is_still_bound_by_the_parents() -> None:
    assert not effective([MOTHER, XIAOHE, no(MOTHER)], "notes", TODAY, grown=True)


@pytest.mark.parametrize("events", REFUSED.values(), ids=REFUSED)
def test_notes_are_refused(events: list[Event]) -> None:
    assert not effective(events, "notes", TODAY, grown=False)


@pytest.mark.parametrize("events", PERMITTED.values(), ids=PERMITTED)
def test_notes_are_permitted(events: list[Event]) -> None:
    assert effective(events, "notes", TODAY, grown=False)


def test_a_yes_of_the_child_that_a_coordinator_voided_is_none() -> None:
    """Who voids is not the child: the event must be seen before the child's own are picked."""
    assert not consent.child_ok([XIAOHE, Event("v", GUARDIAN, "voided", voids=("child",))], "notes", TODAY)


@pytest.mark.parametrize("relation", ["pgm", "mgm", "uncle_aunt", "teacher", "cadre", "self", ""])
def test_who_is_no_parent_cannot_consent_without_papers(relation: str) -> None:
    assert not consent.may_consent(relation)


@pytest.mark.parametrize("relation", ["father", "mother", "adoptive"])
def test_a_parent_can_consent(relation: str) -> None:
    assert consent.may_consent(relation)


# Laws, over every history that a few people can make on any number of laptops.

Picked = Callable[[list[Event], tuple[str, str]], tuple[str, ...]]
PEOPLE = [(CHILD, "xiaohe"), (GUARDIAN, "wang"), (GUARDIAN, "liu"), (CARER, "zhao")]
ACTS = ["given", "declined", "reconsented", "deferred", "withdrawn", "voided", "reaffirmed", "informed_only"]
DAYS = ["2026-11-24", "2026-11-23", "1999-01-01", ""]


def nothing(_before: list[Event], _who: tuple[str, str]) -> tuple[str, ...]:
    return ()


def everybodys(before: list[Event], _who: tuple[str, str]) -> tuple[str, ...]:
    return tuple(event.id for event in before)


def own(before: list[Event], who: tuple[str, str]) -> tuple[str, ...]:
    return tuple(event.id for event in before if (event.actor, event.person) == who)


def newest(before: list[Event], _who: tuple[str, str]) -> tuple[str, ...]:
    return everybodys(before, _who)[-1:]


def oldest(before: list[Event], _who: tuple[str, str]) -> tuple[str, ...]:
    return everybodys(before, _who)[:1]


REFERENCES: list[Picked] = [nothing, own, everybodys, newest, oldest]
SAID = st.fixed_dictionaries(
    {
        "who": st.sampled_from(PEOPLE),
        "act": st.sampled_from(ACTS),
        "items": st.sampled_from([YES, NO_NOTES, {}, {**YES, "store": "not_asked"}]),
        "session": st.sampled_from([TODAY, BEFORE]),
        "day": st.sampled_from(DAYS),
        "scope": st.sampled_from(["all", "stop_keep"]),
        "follows": st.sampled_from([own, *REFERENCES]),
        "lifts": st.sampled_from(REFERENCES),
        "voids": st.sampled_from(REFERENCES),
    }
)


def spoken(before: list[Event], said: Mapping[str, Any]) -> Event:
    """One more event, by somebody who may name any of what was said *before*."""
    who = said["who"]
    return Event(
        id=f"e{len(before)}",
        actor=who[0],
        act=said["act"],
        person=who[1],
        items=said["items"],
        session=said["session"] if who[0] == CHILD else "",
        day=said["day"],
        form_text_hash="approved",
        guardian_basis="parent",
        scope=said["scope"],
        **{name: said[name](before, who) for name in ("follows", "lifts", "voids")},
    )


def history(begun: list[Event], then: list[Mapping[str, Any]]) -> list[Event]:
    events = list(begun)
    for said in then:
        events.append(spoken(events, said))
    return events


@dataclass(frozen=True)
class Case:
    """A history, what one more person would say, and a number that mixes things up."""

    events: list[Event]
    said: Mapping[str, Any]
    seed: int

    def fresh(self, **fixed: object) -> Event:
        return spoken(self.events, {**self.said, **fixed})

    def mixed(self) -> list[Event]:
        """The same events in another order, some of them twice."""
        chance = Random(self.seed)
        mixed = self.events + chance.choices(self.events, k=self.seed % 3 if self.events else 0)
        chance.shuffle(mixed)
        return mixed


BEGUN = [
    *([MOTHER, XIAOHE],) * 3,
    [],
    [MOTHER],
    [XIAOHE],
    [MOTHER, replace(XIAOHE, session=BEFORE)],
    [replace(MOTHER, items=NO_NOTES), XIAOHE],
    [no(MOTHER, act="withdrawn", scope="all")],
]
HISTORIES = st.builds(history, st.sampled_from(BEGUN), st.lists(SAID, max_size=4))
CASES = st.builds(Case, HISTORIES, SAID, st.integers(0, 99))


def permitted(events: Iterable[Event]) -> set[str]:
    told = list(events)
    return {item for item in NECESSARY if consent.effective(told, item, TODAY, grown=False)}


def everything(events: Iterable[Event]) -> object:
    """All that is ever computed from events."""
    told = list(events)
    noes = {event.id for event in consent.open_noes(told)}
    return permitted(told), noes, consent.hidden(told), consent.grounds(told, TODAY)


def accepted(events: list[Event], named: Iterable[str], items: Iterable[str] = NECESSARY) -> bool:
    return consent.valid_pair({event.id: event for event in events}, named, items, TODAY, {"approved"})


def order_and_repetition_change_nothing(case: Case) -> bool:
    return everything(case.mixed()) == everything(case.events)


def after_a_fresh_no_of_guardian_or_child_nothing_is_permitted(case: Case) -> bool:
    who, act = PEOPLE[case.seed % 3], sorted(REFUSING)[case.seed % 2]
    return permitted([*case.events, case.fresh(who=who, act=act)]) == set()


def taking_all_lifts_away_never_opens_anything(case: Case) -> bool:
    return permitted(replace(event, lifts=()) for event in case.events) <= permitted(case.events)


def only_a_yes_of_the_same_person_closes_a_no(case: Case) -> bool:
    def rightly(event: Event) -> tuple[str, ...]:
        mine = own(case.events, (event.actor, event.person))
        return tuple(name for name in event.lifts if name in mine and event.act in AGREEING)

    return everything(replace(event, lifts=rightly(event)) for event in case.events) == everything(case.events)


def only_a_voiding_event_voids(case: Case) -> bool:
    rightly = [event if event.act == "voided" else replace(event, voids=()) for event in case.events]
    return everything(rightly) == everything(case.events)


def to_have_heard_another_takes_no_word_of_theirs_away(case: Case) -> bool:
    yes = {"who": (GUARDIAN, "liu"), "act": "given", "items": YES}
    of_all, of_own = (case.fresh(**yes, follows=seen) for seen in (everybodys, own))
    return permitted([*case.events, of_all]) == permitted([*case.events, of_own])


def clocks_decide_nothing(case: Case) -> bool:
    chance = Random(case.seed)
    return everything(replace(event, day=chance.choice(DAYS)) for event in case.events) == everything(case.events)


def a_carers_event_changes_nothing(case: Case) -> bool:
    who = (CARER, ("zhao", "wang", "xiaohe", "")[case.seed % 4])
    return everything([*case.events, case.fresh(who=who, voids=nothing)]) == everything(case.events)


def a_permission_stands_on_two_spoken_yeses(case: Case) -> bool:
    def both(item: str) -> bool:
        yes = [event for event in case.events if event.act in AGREEING and event.items.get(item) == "yes"]
        return {GUARDIAN, CHILD} <= {event.actor for event in yes if event.session in {TODAY, ""}}

    return all(both(item) for item in permitted(case.events))


def a_fresh_no_to_one_item_takes_that_item_only(case: Case) -> bool:
    told = case.fresh(who=PEOPLE[case.seed % 4], act="given", items={"notes": "no"}, follows=nothing, lifts=nothing)
    lost = set() if told.actor == CARER else {"notes"}
    return permitted([*case.events, told]) == permitted(case.events) - lost


def a_hidden_child_is_not_interviewed(case: Case) -> bool:
    return not (consent.hidden(case.events) and permitted(case.events))


def what_is_permitted_has_grounds_that_every_machine_accepts(case: Case) -> bool:
    return accepted(case.events, consent.grounds(case.events, TODAY), permitted(case.events))


def what_is_said_since_holds_nothing_back(case: Case) -> bool:
    """A withdrawal suspends, it does not hold; only a voiding takes the ground away."""
    named = [event.id for event in case.events]
    return accepted([*case.events, case.fresh(voids=nothing)], named) == accepted(case.events, named)


def back(case: Case, **said: object) -> list[Event]:
    """Return the history after the child withdrew and, in another talk, came back to it."""
    out = case.fresh(who=PEOPLE[0], act="withdrawn", session="", **said)
    yes = {"who": PEOPLE[0], "act": "reconsented", "items": YES, "session": "another talk"}
    gone = [*case.events, out]
    return [*gone, spoken(gone, {**case.said, **yes, "follows": own, "lifts": newest, "voids": nothing})]


def a_talk_that_the_child_left_stays_ended(case: Case) -> bool:
    return permitted(back(case)) == set()


def what_was_written_down_by_mistake_was_never_said(case: Case) -> bool:
    """A withdrawal of the child's that a coordinator voids changes nothing, not even today's talk."""
    out = case.fresh(who=PEOPLE[0], act="withdrawn", session="", voids=nothing)
    void = spoken([*case.events, out], {**case.said, "act": "voided", "voids": newest, "items": {}})
    said = [*case.events, out, void]
    return everything(said) == everything(case.events) and consent.against_on(said, out.day) == consent.against_on(
        case.events, out.day
    )


LAWS = [
    a_talk_that_the_child_left_stays_ended,
    what_was_written_down_by_mistake_was_never_said,
    order_and_repetition_change_nothing,
    after_a_fresh_no_of_guardian_or_child_nothing_is_permitted,
    taking_all_lifts_away_never_opens_anything,
    only_a_yes_of_the_same_person_closes_a_no,
    only_a_voiding_event_voids,
    to_have_heard_another_takes_no_word_of_theirs_away,
    clocks_decide_nothing,
    a_carers_event_changes_nothing,
    a_permission_stands_on_two_spoken_yeses,
    a_fresh_no_to_one_item_takes_that_item_only,
    a_hidden_child_is_not_interviewed,
    what_is_permitted_has_grounds_that_every_machine_accepts,
    what_is_said_since_holds_nothing_back,
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: str(law.__name__))
@settings(max_examples=100, deadline=None)
@given(case=CASES)
def test_a_law_of_consent_holds_for_every_history(law: Callable[[Case], bool], case: Case) -> None:
    assert law(case)


# Bugs planted on purpose. Each is one that somebody has made; the law beside it has to fail.

Events = Iterable[Event]


def any_lift_closes(events: Events, actors: Iterable[str] = (GUARDIAN, CHILD, ADULT)) -> list[Event]:
    told = consent.in_force(events)
    lifted = {name for event in told for name in event.lifts}
    return [e for e in told if e.act in REFUSING and e.actor in actors and e.id not in lifted]


def a_no_lifts_a_no(events: Events, actors: Iterable[str] = (GUARDIAN, CHILD, ADULT)) -> list[Event]:
    told = consent.in_force(events)
    lifted = {(event.actor, event.person, name) for event in told for name in event.lifts}
    return [e for e in told if e.act in REFUSING and e.actor in actors and (e.actor, e.person, e.id) not in lifted]


def the_later_event_wins(events: Events, actors: Iterable[str] = (GUARDIAN, CHILD, ADULT)) -> list[Event]:
    newest = {(event.actor, event.person): event for event in consent.in_force(events)}
    return [event for event in newest.values() if event.act in REFUSING and event.actor in actors]


def the_later_day_wins(events: Events, actors: Iterable[str] = (GUARDIAN, CHILD, ADULT)) -> list[Event]:
    return the_later_event_wins(sorted(events, key=lambda event: (event.day, event.id)), actors)


def carers_count(events: Events, actors: Iterable[str] = ()) -> list[Event]:
    return open_noes(events, (GUARDIAN, CHILD, ADULT, CARER))


def the_childs_no_is_forgotten(events: Events, actors: Iterable[str] = ()) -> list[Event]:
    return open_noes(events, {GUARDIAN})


def declining_is_not_withdrawing(events: Events, actors: Iterable[str] = (GUARDIAN, CHILD, ADULT)) -> list[Event]:
    return [event for event in open_noes(events, list(actors)) if event.act == "withdrawn"]


def anything_voids(events: Events) -> list[Event]:
    told = list(events)
    voided = {name for event in told for name in event.voids}
    return [event for event in told if event.id not in voided]


def the_last_line_is_the_last_word(events: Events, item: str) -> list[Event]:
    return [event for event in consent.in_force(events) if event.items.get(item, "not_asked") != "not_asked"][-1:]


def silence_is_consent(events: Events, item: str) -> bool:
    return all(event.act in AGREEING and event.items[item] == "yes" for event in consent.last(events, item))


def the_act_is_not_looked_at(events: Events, item: str) -> bool:
    words = consent.last(events, item)
    return bool(words) and all(event.items[item] == "yes" for event in words)


def a_yes_that_lifts_is_no_yes(events: Events, item: str) -> bool:
    words = consent.last(events, item)
    return bool(words) and all(e.act in AGREEING and e.items[item] == "yes" and not e.lifts for e in words)


def one_yes_of_several_is_enough(events: Events, item: str) -> bool:
    return any(event.act in AGREEING and event.items[item] == "yes" for event in consent.last(events, item))


def one_guardian_is_enough(events: Events, item: str) -> bool:
    told = consent.by_person(consent.in_force(events), GUARDIAN).values()
    return any(consent.says_yes(one, item) for one in told) and not consent.open_noes(events, {GUARDIAN})


def all_guardians_are_one_person(events: Events, item: str) -> bool:
    told = [event for event in events if event.actor == GUARDIAN]
    return consent.says_yes(told, item) and not consent.open_noes(told, {GUARDIAN})


def a_carer_is_a_guardian(events: Events, item: str) -> bool:
    told = [event for event in events if event.actor in {GUARDIAN, CARER}]
    return consent.says_yes(told, item) and not consent.open_noes(told, {GUARDIAN})


def a_childs_yes_lasts(events: Events, item: str, session: str) -> bool:
    told = [event for event in events if event.actor == CHILD]
    return consent.says_yes(told, item) and not consent.open_noes(told, {CHILD})


def other_sessions_are_not_looked_at(events: Events, item: str, session: str) -> bool:
    here = [event for event in events if event.actor == CHILD and event.session == session]
    return consent.says_yes(here, item) and not consent.open_noes(events, {CHILD})


def a_no_of_another_session_is_not_looked_at(events: Events, item: str, session: str) -> bool:
    here = [event for event in events if event.actor == CHILD and event.session == session]
    return consent.says_yes(here, item) and not consent.open_noes(here, {CHILD})


def one_key_opens(events: Events, item: str, session: str, *, grown: bool) -> bool:
    return consent.guardian_ok(events, item) or consent.child_ok(events, item, session)


def a_no_hides_nobody_once_somebody_agrees(events: Events) -> bool:
    told = list(events)
    return hidden(told) and told[-1].act not in AGREEING


def a_no_to_anything_hides(events: Events) -> bool:
    return any("no" in event.items.values() for event in events)


def the_newest_event_is_no_ground(events: Events, session: str) -> tuple[str, ...]:
    return grounds(list(events)[:-1], session)


def a_withdrawal_holds(events: Mapping[str, Event], *rest: Iterable[str]) -> bool:
    return valid_pair(events, *rest) and not open_noes(events.values())  # type: ignore[arg-type]


def nobody_leaves(events: Events, session: str) -> bool:
    return False


def nothing_is_void(events: Events) -> list[Event]:
    return list(events)


FIRST_ONE = settings(max_examples=1000, deadline=None, database=None, phases=[Phase.generate])
PLANTED: list[tuple[str, Callable[..., object], Callable[[Case], bool]]] = [
    ("left", nobody_leaves, a_talk_that_the_child_left_stays_ended),
    ("in_force", nothing_is_void, what_was_written_down_by_mistake_was_never_said),
    ("open_noes", any_lift_closes, only_a_yes_of_the_same_person_closes_a_no),
    ("open_noes", a_no_lifts_a_no, only_a_yes_of_the_same_person_closes_a_no),
    ("open_noes", the_later_event_wins, order_and_repetition_change_nothing),
    ("says_yes", a_yes_that_lifts_is_no_yes, taking_all_lifts_away_never_opens_anything),
    ("open_noes", the_later_day_wins, clocks_decide_nothing),
    ("open_noes", carers_count, a_carers_event_changes_nothing),
    ("open_noes", the_childs_no_is_forgotten, after_a_fresh_no_of_guardian_or_child_nothing_is_permitted),
    ("open_noes", declining_is_not_withdrawing, after_a_fresh_no_of_guardian_or_child_nothing_is_permitted),
    ("in_force", anything_voids, only_a_voiding_event_voids),
    ("last", the_last_line_is_the_last_word, order_and_repetition_change_nothing),
    ("says_yes", silence_is_consent, a_permission_stands_on_two_spoken_yeses),
    ("says_yes", the_act_is_not_looked_at, a_permission_stands_on_two_spoken_yeses),
    ("says_yes", one_yes_of_several_is_enough, a_fresh_no_to_one_item_takes_that_item_only),
    ("guardian_ok", one_guardian_is_enough, a_fresh_no_to_one_item_takes_that_item_only),
    ("guardian_ok", all_guardians_are_one_person, to_have_heard_another_takes_no_word_of_theirs_away),
    ("guardian_ok", a_carer_is_a_guardian, a_carers_event_changes_nothing),
    ("child_ok", a_childs_yes_lasts, a_permission_stands_on_two_spoken_yeses),
    ("child_ok", other_sessions_are_not_looked_at, a_fresh_no_to_one_item_takes_that_item_only),
    (
        "child_ok",
        a_no_of_another_session_is_not_looked_at,
        after_a_fresh_no_of_guardian_or_child_nothing_is_permitted,
    ),
    ("effective", one_key_opens, a_permission_stands_on_two_spoken_yeses),
    ("hidden", a_no_hides_nobody_once_somebody_agrees, order_and_repetition_change_nothing),
    ("hidden", a_no_to_anything_hides, a_hidden_child_is_not_interviewed),
    ("grounds", the_newest_event_is_no_ground, what_is_permitted_has_grounds_that_every_machine_accepts),
    ("valid_pair", a_withdrawal_holds, what_is_said_since_holds_nothing_back),
]


@pytest.mark.parametrize(("name", "bug", "law"), PLANTED, ids=[bug.__name__ for _, bug, _ in PLANTED])
def test_a_planted_bug_breaks_its_law(
    monkeypatch: pytest.MonkeyPatch, name: str, bug: Callable[..., object], law: Callable[[Case], bool]
) -> None:
    monkeypatch.setattr(consent, name, bug)

    find(CASES, lambda case: not law(case), settings=FIRST_ONE, random=Random(0))


def test_every_law_catches_a_planted_bug() -> None:
    assert {law for _, _, law in PLANTED} == set(LAWS)


# Whose word it is.


@pytest.mark.parametrize("relation", ["uncle_aunt", "adoptive", "pgm", "other", ""])
def test_of_two_guardians_of_one_relation_neither_takes_back_what_the_other_refused(relation: str) -> None:
    refused = no(MOTHER, person="aunt", relation=relation)
    yes = again(MOTHER, person="uncle", relation=relation, lifts=(refused.id,))

    assert open_noes([refused, yes]) == [refused]
    assert open_noes([refused, replace(yes, person="aunt")]) == []


def test_of_one_mother_on_two_records_either_takes_back_what_she_refused_and_a_father_nothing() -> None:
    refused = no(MOTHER, relation="mother")
    yes = again(MOTHER, person="the same, written down twice", relation="mother", lifts=(refused.id,))

    assert open_noes([refused, yes]) == []
    assert open_noes([refused, replace(yes, relation="father")]) == [refused]
    assert open_noes([refused, replace(yes, actor=CARER)]) == [refused]
    put_right = replace(yes, person="wang", relation="step_parent")  # on the household page, since
    assert open_noes([refused, put_right]) == []


def test_of_two_uncles_only_the_one_who_speaks_is_asked_about_his_own_no() -> None:
    uncle, aunt = (no(MOTHER, id=who, person=who, relation="uncle_aunt") for who in ("uncle", "aunt"))

    assert consent.noes_of([uncle, aunt], GUARDIAN, "uncle_aunt", "uncle") == [uncle]
    assert consent.noes_of([uncle, aunt], GUARDIAN, "uncle_aunt") == [uncle, aunt]


# What a stored change stands on.

PAIR = {event.id: event for event in (MOTHER, FATHER, XIAOHE, GRANNY, GROWN)}
HELD: dict[str, tuple[dict[str, Event], list[str]]] = {
    "it names nothing": (PAIR, []),
    "it names the guardian only": (PAIR, ["mother"]),
    "it names the child only": (PAIR, ["child"]),
    "it names a carer": (PAIR, ["granny", "child"]),
    "the guardian's event has not arrived": ({"child": XIAOHE}, ["mother", "child"]),
    "the child's event has not arrived": ({"mother": MOTHER}, ["mother", "child"]),
    "the child said yes in another session": (
        {"mother": MOTHER, "child": replace(XIAOHE, session=BEFORE)},
        ["mother", "child"],
    ),
    "the guardian said no to notes": (
        {"mother": replace(MOTHER, items=NO_NOTES), "child": XIAOHE},
        ["mother", "child"],
    ),
    "the child was not asked": ({"mother": MOTHER, "child": replace(XIAOHE, items={})}, ["mother", "child"]),
    "it names a no": ({"mother": replace(MOTHER, act="declined"), "child": XIAOHE}, ["mother", "child"]),
    "the study never approved the text": (
        {"mother": replace(MOTHER, form_text_hash="other"), "child": XIAOHE},
        ["mother", "child"],
    ),
    "the child heard a text that was never approved": (
        {"mother": MOTHER, "child": replace(XIAOHE, form_text_hash="")},
        ["mother", "child"],
    ),
    "somebody only says to be the guardian": (
        {"mother": replace(MOTHER, guardian_basis="claimed_only"), "child": XIAOHE},
        ["mother", "child"],
    ),
    "the guardian's event was voided": (
        {**PAIR, "v": Event("v", GUARDIAN, "voided", voids=("mother",))},
        ["mother", "child"],
    ),
    "grown up by a clock that nobody believed": ({**PAIR, "grown": replace(GROWN, unsure=True)}, ["grown"]),
}
IN_USE: dict[str, tuple[dict[str, Event], list[str]]] = {
    "a guardian and the child": (PAIR, ["mother", "child"]),
    "more names than it takes": (PAIR, ["child", "father", "mother", "nobody", "mother"]),
    "withdrawn since": ({**PAIR, "mother-no": no(MOTHER, act="withdrawn")}, ["mother", "child"]),
    "grown up": (PAIR, ["grown"]),
    "before the birthday": ({"mother": MOTHER, "child": replace(XIAOHE, age_group="a14_17")}, ["mother", "child"]),
}


@pytest.mark.parametrize(("events", "named"), HELD.values(), ids=HELD)
def test_a_change_without_a_valid_pair_is_held(events: dict[str, Event], named: list[str]) -> None:
    assert not valid_pair(events, named, NECESSARY, TODAY, {"approved"})


@pytest.mark.parametrize(("events", "named"), IN_USE.values(), ids=IN_USE)
def test_a_change_with_a_valid_pair_is_in_use(events: dict[str, Event], named: list[str]) -> None:
    assert valid_pair(events, named, NECESSARY, TODAY, {"approved"})


def test_what_the_pair_does_not_cover_is_held() -> None:
    assert not valid_pair(PAIR, ["mother", "child"], ["audio"], TODAY, {"approved"})


def test_the_grounds_are_the_last_yeses_and_of_the_child_only_this_sessions() -> None:
    older = replace(XIAOHE, id="older", session=BEFORE)
    events = [MOTHER, again(MOTHER), older, XIAOHE, GRANNY, replace(FATHER, act="deferred")]

    assert grounds(events, TODAY) == ("child", "mother-again")


@pytest.mark.parametrize(
    ("events", "away"),
    [
        ([MOTHER, XIAOHE], False),
        ([no(MOTHER)], False),
        ([no(MOTHER, act="withdrawn", scope="stop_keep")], False),
        ([no(GRANNY, act="withdrawn", scope="all")], False),
        ([no(MOTHER, act="withdrawn", scope="all")], True),
        ([no(XIAOHE, act="withdrawn", scope="all"), MOTHER], True),
        ([no(XIAOHE, act="withdrawn", scope="stop_discard")], False),
        ([no(GROWN, act="withdrawn", scope="all")], True),
        ([no(MOTHER, act="withdrawn", scope="all"), again(MOTHER, lifts=("mother-no",))], False),
        ([no(MOTHER, act="withdrawn", scope="all"), again(FATHER, lifts=("mother-no",))], True),
    ],
)
def test_an_open_withdrawal_hides_the_child_as_far_as_it_says(events: list[Event], away: bool) -> None:
    assert hidden(events) is away


MORE = {**YES, "quote": "yes", "recontact": "yes"}


@pytest.mark.parametrize(
    ("noes", "only"),
    [
        ([no(XIAOHE)], False),
        ([no(XIAOHE, act="withdrawn", scope="stop_keep", session=BEFORE)], False),
        ([no(XIAOHE, act="withdrawn", scope="stop_keep"), no(MOTHER)], False),
        ([no(XIAOHE, act="withdrawn", scope="stop_keep")], True),
    ],
    ids=["a no", "another talk stopped", "the mother's no beside", "this talk stopped"],
)
def test_words_are_cut_out_of_a_talk_that_was_only_stopped(noes: list[Event], *, only: bool) -> None:
    assert consent.only_stopped([MOTHER, XIAOHE, *noes], TODAY) is only


@pytest.mark.parametrize("actor", [GUARDIAN, CHILD])
def test_who_takes_a_part_back_leaves_the_rest_as_it_was(actor: str) -> None:
    said = [
        Event("g", GUARDIAN, "given", "mother", items=MORE),
        Event("c", CHILD, "given", "kid", items=YES, session="S1"),
    ]
    assert usable(said, "quote", grown=False)
    person = "mother" if actor == GUARDIAN else "kid"
    part = Event("p", actor, LIMITED, person, items={"quote": NO}, scope="quote", follows=("g", "c"))

    assert not usable([*said, part], "quote", grown=False)
    assert takes_back([*said, part], "quote")
    assert not takes_back([*said, part], "recontact")
    assert usable([*said, part], "recontact", grown=False)
    assert effective([*said, part], "notes", "S1", grown=False)
    assert not open_noes([*said, part])
    assert not hidden([*said, part])


def test_only_a_later_yes_of_that_person_gives_it_back() -> None:
    said = [
        Event("g", GUARDIAN, "given", "mother", items=MORE),
        Event("f", GUARDIAN, "given", "father", items=MORE),
        Event("p", GUARDIAN, LIMITED, "mother", items={"quote": NO}, scope="quote", follows=("g",)),
    ]
    by_father = Event("x", GUARDIAN, "given", "father", items=MORE, follows=("f",))
    by_mother = Event("y", GUARDIAN, "given", "mother", items=MORE, follows=("g", "p"))

    assert not usable([*said, by_father], "quote", grown=False)
    assert usable([*said, by_mother], "quote", grown=False)


def test_a_grown_participant_decides_alone_what_may_be_used() -> None:
    said = [Event("a", ADULT, "given", "kid", items=MORE), Event("g", GUARDIAN, "given", "mother", items={})]

    part = Event("p", ADULT, LIMITED, "kid", items={"quote": NO}, follows=("a",))
    assert usable(said, "quote", grown=True)
    assert not usable([*said, part], "quote", grown=True)
    assert not usable([*said, no(said[0])], "quote", grown=True)


def test_a_part_that_a_grown_participant_takes_back_by_notice_is_theirs_until_they_say_yes_to_it_again() -> None:
    said = [Event("a", ADULT, "given", "kid", items=MORE, session="S1")]
    notice = Event("n", CHILD, LIMITED, items={"quote": NO}, scope="quote")
    by_mother = replace(notice, actor=GUARDIAN)
    anew = Event("b", ADULT, "given", "kid", items=MORE, session="S2", follows=("a", "n"))

    assert not usable([*said, notice], "quote", grown=True)
    assert not effective([*said, notice], "quote", "S1", grown=True)
    assert usable([*said, notice], "recontact", grown=True)
    assert usable([*said, by_mother], "quote", grown=True)
    assert usable([*said, notice, anew], "quote", grown=True)


def test_what_was_said_as_a_grown_up_by_a_wrong_clock_lets_nothing_be_used() -> None:
    mother, grown = Event("g", GUARDIAN, "given", "mother", items=MORE), Event("a", ADULT, "given", "kid", items=MORE)
    assert not usable([grown], "quote", grown=False)
    assert usable([mother, grown], "quote", grown=False)
    assert not usable([mother, no(mother), grown], "quote", grown=False)
    assert not usable([mother, replace(grown, items={**MORE, "quote": NO})], "quote", grown=False)


def test_what_nobody_was_asked_for_may_not_be_used() -> None:
    assert not usable([], "quote", grown=False)
    assert not usable([Event("g", GUARDIAN, "given", "mother", items=YES)], "quote", grown=False)


@pytest.mark.parametrize(
    ("of_age", "day", "too_late"),
    [
        ("2026-11-20", "2026-11-20", True),
        ("2026-11-20", "2026-11-19", False),
        ("2026-11-20", "", True),
        ("", "2026-11-20", False),
        ("", "", False),
    ],
)
def test_a_guardian_asks_too_late_from_the_day_on_which_they_are_of_age(of_age: str, day: str, too_late: bool) -> None:
    asked = no(MOTHER, act="withdrawn", scope="all", day=day)
    assert consent.asked_too_late(asked, [MOTHER, XIAOHE, asked], of_age) == too_late


def test_who_answered_as_a_grown_up_was_of_age_and_their_own_word_is_never_too_late() -> None:
    asked = no(MOTHER, act="withdrawn", scope="all", day="2026-11-20")
    answered = replace(GROWN, day="2026-11-01")
    assert consent.asked_too_late(asked, [answered, asked], "")
    assert not consent.asked_too_late(asked, [replace(answered, day="2026-11-21"), asked], "")
    assert not consent.asked_too_late(no(GROWN, act="withdrawn", day="2026-11-20"), [answered], "2026-11-01")


@pytest.mark.parametrize(
    ("out", "yes", "ended"),
    [
        ({}, {}, True),
        ({"session": TODAY}, {}, True),
        ({"session": BEFORE}, {}, False),  # who stops one talk leaves that one alone
        ({"actor": ADULT}, {}, True),
        ({"actor": GUARDIAN}, {}, False),
        ({"act": "declined"}, {}, False),
        ({}, {"follows": ("out",)}, False),
        ({}, {"entered_on": "2026-11-24"}, False),
        ({"session": TODAY}, {"entered_on": "2026-11-24"}, True),
    ],
)
def test_a_talk_is_left_by_a_withdrawal_that_its_yes_did_not_know(
    out: dict[str, Any], yes: dict[str, Any], ended: bool
) -> None:
    no = Event(**{"id": "out", "actor": CHILD, "act": "withdrawn", "scope": "stop_keep", **out})
    assert consent.left([MOTHER, replace(XIAOHE, **yes), no], TODAY) == ended


@pytest.mark.parametrize(
    ("day", "late", "against"),
    [
        ("2026-11-24", "", True),
        ("2026-11-23", "2026-11-24", True),
        ("2026-11-23", "2026-11-25", True),
        ("2026-11-23", "2026-11-23", False),
        ("2026-11-23", "", False),
        ("2026-11-25", "2026-11-25", False),
        ("2026-11-25", "2026-11-24", False),
    ],
)
def test_a_no_stays_one_of_its_day_while_a_clock_shows_an_earlier_one(day: str, late: str, against: bool) -> None:
    no = Event("no", CHILD, "declined", day="2026-11-24")
    assert consent.against_on([no], day, late) == against


def test_what_was_written_down_by_mistake_keeps_nobody_from_being_asked_today() -> None:
    no = Event("out", CHILD, "withdrawn", scope="all", day="2026-11-24")
    assert consent.against_on([no], "2026-11-24")
    assert not consent.against_on([no, Event("void", CHILD, "voided", voids=("out",))], "2026-11-24")
