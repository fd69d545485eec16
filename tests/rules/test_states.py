"""Where a family's consent stands: the edges of `domain.md` §3.3, and what may never happen under any history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fieldkit.rules import consent, states
from fieldkit.rules.consent import CHILD, GUARDIAN, NECESSARY, Event
from fieldkit.rules.states import Adult
from fieldkit.rules.versions import FormVersion

DAY = "2026-11-24"
YES = dict.fromkeys(NECESSARY, "yes")
FORMS = [FormVersion("guardian_info_consent", 1, "v1", stamped_on="2026-09-01")]
MAJOR = FormVersion("guardian_info_consent", 2, "v2", "major", "2026-11-01")
TOLD = Event("t", GUARDIAN, "informed_only", "m", "mother")
LATER = Event("d", GUARDIAN, "deferred", "m", "mother", follows=("t",))
GIVEN = Event("g", GUARDIAN, "given", "m", "mother", items=YES, form_text_hash="v1", follows=("t", "d"))
NO = Event("n", GUARDIAN, "declined", "m", "mother", follows=("g",))
OUT = Event("w", GUARDIAN, "withdrawn", "m", "mother", scope="all", follows=("g",))
FATHERS_NO = Event("f", GUARDIAN, "declined", "f", "father")
BACK = replace(GIVEN, id="b", act="reconsented", follows=("g", "n", "w"), lifts=("n", "w"))
VOID = Event("v", GUARDIAN, "voided", "m", "mother", voids=("g",))
PARTLY = replace(GIVEN, items={**YES, "quote": "no"})


UNNAMED = Adult("uncle_aunt", "claimed_only", unnamed="court")


@pytest.mark.parametrize(
    ("events", "more", "state"),
    [
        ([], {}, "not_sought"),
        ([TOLD], {}, "informed"),
        ([TOLD, LATER], {}, "deferred"),
        ([TOLD, LATER, GIVEN], {}, "given"),
        ([LATER, replace(TOLD, follows=("d",))], {}, "informed"),
        ([GIVEN, replace(LATER, id="e", follows=("g",))], {}, "deferred"),
        ([GIVEN, replace(LATER, id="e", follows=("g",)), replace(TOLD, id="i", follows=("g", "e"))], {}, "deferred"),
        ([GIVEN, replace(LATER, id="e", person="f", relation="father")], {}, "given"),
        ([PARTLY], {}, "given_partial"),
        ([TOLD, NO], {}, "declined"),
        ([GIVEN, OUT], {}, "withdrawn"),
        ([GIVEN, NO, OUT, BACK], {}, "given"),
        ([GIVEN, FATHERS_NO], {}, "declined"),
        ([GIVEN], {"forms": [*FORMS, MAJOR]}, "needs_reconsent"),
        ([GIVEN, replace(GIVEN, id="h", form_text_hash="v2", follows=("g",))], {"forms": [*FORMS, MAJOR]}, "given"),
        ([GIVEN], {"adults": {"m": Adult("mother", ended_on="2026-11-01")}}, "needs_reconfirm"),
        ([GIVEN], {"adults": {"m": Adult("mother", ended_on="2026-12-01")}}, "given"),
        ([GIVEN], {"adults": {"m": Adult("mother", capacity="lacks")}}, "needs_reconfirm"),
        ([GIVEN], {"adults": {"m": UNNAMED}}, "needs_paper"),
        ([GIVEN], {"adults": {"m": replace(UNNAMED, capacity="lacks")}}, "needs_reconfirm"),
        ([GIVEN], {"group": "a18"}, "lapsed"),
        ([GIVEN, VOID], {}, "voided"),
    ],
)
def test_the_guardians_state_is_the_one_of_the_protocol(
    events: list[Event], more: dict[str, object], state: str
) -> None:
    adults, forms = more.get("adults", {}), more.get("forms", FORMS)
    group = str(more.get("group", "a12_13"))

    assert states.guardian(events, adults, forms, group, DAY) == state  # type: ignore[arg-type]


def test_a_new_guardian_takes_the_place_of_one_who_died() -> None:
    grandmother = replace(GIVEN, id="p", person="p", relation="pgm", guardian_basis="parents_dead_or_incapable")
    adults = {"m": Adult("mother", ended_on="2026-11-01"), "p": Adult("pgm", "parents_dead_or_incapable")}

    assert states.guardian([GIVEN, grandmother], adults, FORMS, "a12_13", DAY) == "given"


XIAOHE = Event("c", CHILD, "given", "x", items=YES, session="s1")


@pytest.mark.parametrize(
    ("events", "session", "state"),
    [
        ([], "s1", "not_sought"),
        ([XIAOHE], "s1", "reaffirmed"),
        ([XIAOHE], "s2", "given"),
        ([XIAOHE], "", "given"),
        ([replace(XIAOHE, act="deferred", items={})], "s1", "deferred"),
        ([replace(XIAOHE, act="declined", items={})], "s1", "declined"),
        ([XIAOHE, Event("w", CHILD, "withdrawn", "x", scope="all")], "s1", "withdrawn"),
        ([XIAOHE, Event("v", CHILD, "voided", "x", voids=("c",))], "s1", "voided"),
    ],
)
def test_the_childs_yes_lasts_one_session_only(events: list[Event], session: str, state: str) -> None:
    assert states.child(events, session) == state


@pytest.mark.parametrize(
    ("events", "held"),
    [
        ([GIVEN], False),
        ([GIVEN, FATHERS_NO], True),
        ([FATHERS_NO], False),
        ([GIVEN, NO], False),
        ([GIVEN, VOID, FATHERS_NO], False),
    ],
)
def test_a_case_is_on_hold_while_one_guardian_agrees_and_another_objects(events: list[Event], held: bool) -> None:
    assert states.on_hold(events) == held


Judge = Callable[[list[Event], dict[str, Adult], list[FormVersion]], bool]


def opens(events: list[Event], adults: dict[str, Adult], forms: list[FormVersion]) -> bool:
    """Tell whether something new may begin, as gate G04 asks it."""
    state = states.guardian(events, adults, forms, "a12_13", DAY)
    return state in {states.GIVEN, states.GIVEN_PARTIAL} and all(consent.guardian_ok(events, one) for one in NECESSARY)


class Family(RuleBasedStateMachine):
    """Two guardians who agree, refuse, take back and change, against a model that only remembers last words."""

    judge: Judge = staticmethod(opens)

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.adults = {"m": Adult("mother"), "f": Adult("father")}
        self.forms = list(FORMS)
        self.yes: dict[str, str] = {}  # person: the text that the last yes was given to
        self.against: set[str] = set()
        self.thinking: set[str] = set()

    def _say(self, person: str, act: str, **more: object) -> Event:
        mine = tuple(event.id for event in self.events if event.person == person)
        event = Event(
            f"e{len(self.events)}", GUARDIAN, act, person, follows=mine, relation=self.adults[person].relation
        )
        event = replace(event, **more)  # type: ignore[arg-type]
        self.events.append(event)
        return event

    @rule(person=st.sampled_from("mf"), whole=st.booleans())
    def agrees(self, person: str, whole: bool) -> None:
        noes = tuple(no.id for no in consent.open_noes(self.events, {GUARDIAN}) if no.person == person)
        text = self.forms[-1].text_hash
        items = YES if whole else {**YES, "notes": "no"}
        self._say(person, "reconsented" if noes else "given", items=items, lifts=noes, form_text_hash=text)
        self.against.discard(person)
        self.thinking.discard(person)
        self.yes[person] = text if whole else ""

    @rule(person=st.sampled_from("mf"), act=st.sampled_from(["declined", "withdrawn"]))
    def refuses(self, person: str, act: str) -> None:
        self._say(person, act, scope="all")
        self.against.add(person)

    @rule(person=st.sampled_from("mf"), act=st.sampled_from(["informed_only", "deferred"]))
    def is_undecided(self, person: str, act: str) -> None:
        self._say(person, act)
        self.thinking |= {person} if act == "deferred" else set()

    @rule(person=st.sampled_from("mf"))
    def is_no_guardian_any_more(self, person: str) -> None:
        self.adults[person] = replace(self.adults[person], ended_on="2026-11-01")

    @rule(change=st.sampled_from(["editorial", "minor", "major"]))
    def the_form_changes(self, change: str) -> None:
        number = len(self.forms) + 1
        self.forms.append(FormVersion("guardian_info_consent", number, f"v{number}", change, "2026-10-01"))

    def permitted(self) -> bool:
        binding = [text for who, text in self.yes.items() if not self.adults[who].ended_on]
        texts = {form.text_hash: form.number for form in self.forms}
        last_major = max((form.number for form in self.forms if form.change_class == "major"), default=0)
        current = all(text and texts[text] >= last_major for text in binding)
        return (
            not self.against
            and not self.thinking & self.yes.keys()
            and bool(binding)
            and current
            and all(self.yes.values())
        )

    @invariant()
    def opens_only_with_permission(self) -> None:
        assert self.judge(self.events, self.adults, self.forms) == self.permitted()

    @invariant()
    def no_order_of_arrival_changes_it(self) -> None:
        backwards = self.judge(self.events[::-1], self.adults, self.forms[::-1])
        assert backwards == self.judge(self.events, self.adults, self.forms)


Family.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestFamily = Family.TestCase


def forgets_the_noes(events: list[Event], adults: dict[str, Adult], forms: list[FormVersion]) -> bool:
    return opens([event for event in events if event.act not in consent.REFUSING], adults, forms)


def forgets_who_is_guardian(events: list[Event], adults: dict[str, Adult], forms: list[FormVersion]) -> bool:
    return opens(events, {who: replace(one, ended_on="") for who, one in adults.items()}, forms)


def forgets_the_form(events: list[Event], adults: dict[str, Adult], forms: list[FormVersion]) -> bool:
    return opens(events, adults, [replace(one, change_class="editorial") for one in forms])


def trusts_the_newest(events: list[Event], adults: dict[str, Adult], forms: list[FormVersion]) -> bool:
    return opens(events[-1:], adults, forms)


@pytest.mark.parametrize("planted", [forgets_the_noes, forgets_who_is_guardian, forgets_the_form, trusts_the_newest])
def test_the_machine_finds_a_planted_fault(planted: Judge) -> None:
    faulty = type("Faulty", (Family,), {"judge": staticmethod(planted)})
    found_is_enough: dict[str, Any] = {"phases": [Phase.generate], "report_multiple_bugs": False}
    chosen = settings(max_examples=3_000, stateful_step_count=20, deadline=None, database=None, **found_is_enough)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(faulty, settings=chosen)
