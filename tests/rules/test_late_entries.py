"""An interview typed in from paper is judged for its own day, and by every no since."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fieldkit.rules import gates, late_entries
from fieldkit.rules.consent import CHILD, GUARDIAN, NECESSARY, Event
from fieldkit.rules.gates import TRAINING_NEEDED, needed_facts
from fieldkit.rules.situations import Situation
from fieldkit.rules.versions import FormVersion
from fieldkit.studies import load_study

TITLES = [(gate.id, gate.level, gate.title) for gate in load_study().gates]
YES = dict.fromkeys(NECESSARY, "yes")
BEFORE, DAY, SINCE = "2026-09-02", "2026-09-03", "2026-09-05"
MOTHER = Event("m", GUARDIAN, "given", "mother", "mother", items=YES, form_text_hash="v1", day=BEFORE)
STAMPED = FormVersion("guardian_info_consent", 1, "v1", stamped_on="2026-09-01", valid_from="2026-09-01")
FACTS = [code for gate in ("G01", "G03", "G08") for code in needed_facts(gate)]
READY = Situation(
    [MOTHER],
    "a12_13",
    DAY,
    "",
    guide_published=True,
    facts={**dict.fromkeys(FACTS, "x"), "ethics_from": "2026-01-01", "ethics_to": "2027-12-31"},
    member=dict.fromkeys(TRAINING_NEEDED, "2026-03-01"),
    screening="eligible",
    forms=[STAMPED],
)


def guardian(act: str, day: str, **more: object) -> Event:
    said = {"id": f"m {day} {act}", "act": act, "day": day, "items": {}, "follows": ("m",), **more}
    return replace(MOTHER, **said)  # type: ignore[arg-type]


def child(act: str, day: str, **more: object) -> Event:
    return Event(**{"id": f"c {day} {act}", "actor": CHILD, "act": act, "person": "xiaohe", "day": day, **more})  # type: ignore[arg-type]


def judged(*events: Event, **changes: object) -> dict[str, gates.Gate]:
    case = replace(READY, events=events, **changes)  # type: ignore[arg-type]
    found = late_entries.judge(TITLES, late_entries.with_paper_yes(case, "xiaohe"))
    return {gate.id: gate for gate in gates.failing(found)}


@pytest.mark.parametrize(
    ("events", "missing"),
    [
        ([], {"G04", "G14"}),
        ([replace(MOTHER, day=SINCE)], {"G04", "G14"}),
        ([MOTHER, guardian("declined", SINCE)], {"G05"}),
        ([MOTHER, guardian("withdrawn", SINCE)], {"G05", "G13"}),
        ([MOTHER, guardian("withdrawn", "")], {"G04", "G05", "G13"}),
        ([MOTHER, guardian("deferred", SINCE)], {"G04"}),
        ([MOTHER, guardian("voided", SINCE, voids=("m",))], {"G04", "G14"}),
        ([MOTHER, guardian("declined", DAY)], {"G04", "G05"}),
        ([MOTHER, child("declined", SINCE)], {"G06"}),
        ([MOTHER, child("withdrawn", SINCE, scope="stop_keep")], {"G06", "G13"}),
        ([MOTHER, child("declined", DAY)], {"G06"}),
        ([MOTHER, child("deferred", SINCE)], {"G06", "G07"}),
        ([MOTHER, child("deferred", DAY)], {"G06", "G07"}),
    ],
)
def test_what_was_not_said_by_that_day_or_was_taken_back_since_keeps_it_out(
    events: list[Event], missing: set[str]
) -> None:
    assert judged(*events).keys() == missing


def test_with_all_in_place_on_that_day_nothing_fails() -> None:
    assert judged(MOTHER) == {}


@pytest.mark.parametrize(
    "since",
    [
        [guardian("declined", SINCE), guardian("reconsented", SINCE, items=YES, lifts=(f"m {SINCE} declined",))],
        [child("declined", BEFORE)],
        [child("deferred", BEFORE)],
        [child("declined", BEFORE), child("reconsented", SINCE, items=YES, lifts=(f"c {BEFORE} declined",))],
        [guardian("deferred", SINCE, person="father", relation="father", follows=())],
        [child("given", SINCE, items=YES, session="another")],
    ],
)
def test_what_was_lifted_or_said_before_does_not_keep_it_out(since: list[Event]) -> None:
    assert judged(MOTHER, *since) == {}


def test_a_yes_of_that_day_ends_a_thought_of_that_day() -> None:
    thought = child("deferred", DAY)
    yes = child("given", DAY, items=YES, session="here", told=(1, 2, 3), follows=(thought.id,))
    case = replace(READY, events=[MOTHER, thought, yes], session="here")

    assert gates.failing(late_entries.judge(TITLES, case)) == []


@pytest.mark.parametrize(
    ("event", "missing"),
    [
        (replace(MOTHER, id="d"), {"G04", "G14"}),
        (guardian("declined", BEFORE, id="d"), {"G05"}),
        (guardian("withdrawn", BEFORE, id="d"), {"G05", "G13"}),
        (guardian("deferred", BEFORE, id="d"), {"G04"}),
        (child("declined", BEFORE, id="d"), {"G06"}),
        (child("deferred", BEFORE, id="d"), {"G06", "G07"}),
    ],
)
def test_what_was_written_under_a_doubtful_date_permits_nothing_as_if_said_before_and_forbids_as_if_said_since(
    event: Event, missing: set[str]
) -> None:
    said = [event] if event.act == "given" else [MOTHER, event]

    assert judged(*said, doubtful={"d"}).keys() == missing


def test_of_what_is_doubtful_only_the_day_that_the_clock_gave_is_in_doubt() -> None:
    from_paper = replace(MOTHER, entered_on=SINCE)

    assert late_entries.doubtful([from_paper, replace(MOTHER, id="live")], {"m", "live", "else"}) == {"live"}


def test_an_open_no_of_that_day_is_not_mended_by_a_later_yes() -> None:
    no = guardian("declined", DAY)
    yes = guardian("reconsented", SINCE, items=YES, lifts=(no.id,))

    assert judged(MOTHER, no, yes).keys() == {"G04", "G05"}


def test_a_version_of_the_form_that_came_later_asks_nobody_anew() -> None:
    newer = FormVersion("guardian_info_consent", 2, "v2", "major", SINCE, SINCE)

    assert judged(MOTHER, forms=[STAMPED, newer]) == {}
    assert judged(MOTHER, forms=[STAMPED, replace(newer, stamped_on=DAY, valid_from=DAY)]).keys() == {"G04"}


def test_who_was_fourteen_that_day_has_a_form_of_their_own() -> None:
    assert judged(MOTHER, age_group="a14_17") == {}


def test_an_interviewer_who_was_trained_after_that_day_was_not_trained() -> None:
    assert judged(MOTHER, member=dict.fromkeys(TRAINING_NEEDED, SINCE)).keys() == {"G02"}


@pytest.mark.parametrize(
    ("events", "changes", "gate", "said"),
    [
        ([MOTHER, child("declined", DAY)], {}, "G06", "The child said no on that day"),
        ([MOTHER, child("declined", SINCE)], {}, "G06", "The child said no afterwards"),
        ([MOTHER, child("deferred", SINCE)], {}, "G06", "wanted to think about it"),
        ([MOTHER, child("deferred", DAY)], {}, "G06", "wanted to think about it"),
        ([MOTHER, child("declined", BEFORE)], {"doubtful": {f"c {BEFORE} declined"}}, "G06", "said no afterwards"),
        ([MOTHER], {"doubtful": {"m"}}, "G04", "check it first"),
        ([MOTHER], {"facts": {**READY.facts, "ethics_from": SINCE}}, "G01", "That day is outside"),
        ([MOTHER], {"facts": {**READY.facts, "closed_on": BEFORE}}, "G01", "of that day is not typed in"),
        ([MOTHER], {"member": dict.fromkeys(TRAINING_NEEDED, SINCE)}, "G02", "Ask the coordinator to check the dates"),
    ],
)
def test_why_it_stays_out_and_what_to_do_is_said_of_that_day_and_not_of_today(
    events: list[Event], changes: dict[str, object], gate: str, said: str
) -> None:
    reason = judged(*events, **changes)[gate].reason

    assert said in reason.en
    assert "今天" not in reason.zh
    assert "today" not in reason.en.lower()
