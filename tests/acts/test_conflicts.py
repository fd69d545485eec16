"""The coordinator decides between two versions: nothing unseen is overwritten, and every laptop shows the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldkit.acts import answers, checks, conflicts, handover, household, people, questions, strings, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.conflicts import ConflictGone, Disputed, Said
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import ConsentMissing
from fieldkit.acts.strings import ConflictOpen, PlaceholdersDiffer, SaveString
from fieldkit.acts.told import ChildFacts, Seen
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import Change, natural_id
from fieldkit.rules.conflicts import BOTH, COMBINE
from fieldkit.rules.names import TooLong
from fieldkit.store import log
from fieldkit.store.log import Draft, TypingErased
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]
Joins = Callable[[str, str, str], Desk]
Changes = Callable[[Desk, str], list[Change]]
MINE, THEIRS = "别人家都有人送伞，我没有。", "别人家都有人打伞来接。"


@pytest.fixture
def second(desks: Desks, joins: Joins, interview: str, carry: Carry) -> Desk:
    """王越 at another laptop of the team, who holds the same interview."""
    other = joins("王越", "interviewer", desks["interviewer"].device.team)
    carry(desks["coordinator"], desks["interviewer"])  # L1 knows the new laptop
    carry(desks["interviewer"], other)
    return other


@pytest.fixture
def note(interview: str) -> str:
    """The record of the note on the first question."""
    return natural_id("answer", interview, "W1")


@pytest.fixture
def disputed(desks: Desks, second: Desk, interview: str, carry: Carry) -> Desk:
    """L1 and L2 wrote one note apart, and the coordinator has read both."""
    write(desks["interviewer"], interview, MINE)
    write(second, interview, THEIRS)
    for one in (desks["interviewer"], second):
        carry(one, desks["coordinator"])
    return desks["coordinator"]


def write(desk: Desk, interview: str, text: str, base: str = "{}") -> None:
    answers.save(desk, SaveAnswer(interview, "W1", new_id(), base, text))


def said(found: Disputed, choice: str, **more: str) -> Said:
    return Said("text", choice, base=found.base, **{"reason": "closer", **more})


def taking(desk: Desk, record: str, text: str) -> Said:
    """Take the version that says *text*, as a page of *desk* that is opened now."""
    found = conflicts.one(desk, record)
    return said(found, next(one.id for one in found.conflicts[0].versions if one.value == text))


def shows(desk: Desk, interview: str) -> tuple[str, list[str], str]:
    """What a page shows of the note: the text, what stands against it, and why both may stand."""
    line = questions.page(desk, interview, "W").questions[0]
    return line.text_now, sorted(other.text for other in line.others), line.kept


def test_nobody_but_the_coordinator_decides(refused: Refused, disputed: Desk, note: str) -> None:
    others = "interviewer translator sg_lead"
    refused(NotAllowed, others, conflicts.listing)
    refused(NotAllowed, others, conflicts.decided)
    refused(NotAllowed, others, conflicts.waiting)
    refused(NotAllowed, others, lambda desk: conflicts.one(desk, note))
    refused(NotAllowed, others, lambda desk: conflicts.decide(desk, note, Said("text", BOTH, "closer", base="{}")))


def test_without_a_reason_nothing_is_decided(refused: Refused, disputed: Desk, note: str) -> None:
    mine = taking(disputed, note, MINE)
    for reason in ("", "whatever"):
        refused(Missing, "coordinator", partial(conflicts.decide, record=note, said=replace(mine, reason=reason)))
    told = refused(Missing, "coordinator", lambda desk: conflicts.decide(desk, note, replace(mine, reason="other")))
    assert told.details["field"] == "the reason in your own words"


@pytest.mark.parametrize("choice", ["", "newest", "a" * 22, "take"])
def test_an_unknown_choice_is_refused(refused: Refused, disputed: Desk, note: str, choice: str) -> None:
    found = conflicts.one(disputed, note)
    refused(Invalid, "coordinator", lambda desk: conflicts.decide(desk, note, said(found, choice)))


@pytest.mark.parametrize(
    ("base", "field"),
    [("{}", "text"), ("[]", "text"), ('{"text": ["x", "y"]}', "text"), ("", "outcome"), ("", "smell")],
)
def test_a_page_that_shows_no_two_versions_decides_nothing(
    refused: Refused, disputed: Desk, note: str, base: str, field: str
) -> None:
    found = conflicts.one(disputed, note)
    one = replace(said(found, BOTH), base=base or found.base, field=field)
    refused(Invalid, "coordinator", lambda desk: conflicts.decide(desk, note, one))


def test_an_empty_or_endless_combined_text_is_refused(refused: Refused, disputed: Desk, note: str) -> None:
    found = conflicts.one(disputed, note)
    refused(Missing, "coordinator", lambda desk: conflicts.decide(desk, note, said(found, COMBINE, text=" \n")))
    long = said(found, COMBINE, text="长" * 50_001)
    refused(TooLong, "coordinator", lambda desk: conflicts.decide(desk, note, long))
    refused(TooLong, "coordinator", lambda desk: conflicts.decide(desk, note, said(found, BOTH, note="长" * 501)))


def test_what_is_no_record_here_has_no_page(refused: Refused, disputed: Desk, interview: str) -> None:
    for record in ("nothing", natural_id("answer", interview, "W2")):
        refused(NotFound, "coordinator", partial(conflicts.one, record=record))
        refused(NotFound, "coordinator", partial(conflicts.decide, record=record, said=Said("text", BOTH, "typo")))


def test_it_is_listed_with_who_wrote_what_where_and_when(
    disputed: Desk, desks: Desks, second: Desk, consented: str, interview: str, note: str
) -> None:
    (found,) = conflicts.listing(disputed)
    (one,) = found.conflicts

    assert conflicts.waiting(disputed) == 1
    assert (found.place.record, found.place.kind, found.place.subject) == (note, "answer", consented)
    assert (found.place.code, found.place.question, found.place.interview) == ("ZK-A03-001-S1", "W1", interview)
    assert (one.field, one.klass, one.open) == ("text", "field_edit", True)
    assert {(each.value, each.author, each.device) for each in one.versions} == {
        (MINE, "李岚", desks["interviewer"].device.name),
        (THEIRS, "王越", second.device.name),
    }
    assert all(each.wall[-6] in "+-" for each in one.versions)


def test_what_is_taken_stands_on_every_laptop_once_the_bundle_is_read_back(
    disputed: Desk, desks: Desks, second: Desk, interview: str, note: str, carry: Carry
) -> None:
    conflicts.decide(disputed, note, taking(disputed, note, MINE))
    for one in (desks["interviewer"], second):
        carry(disputed, one)

    for desk in (disputed, desks["interviewer"], second):
        assert shows(desk, interview) == (MINE, [], "")
        assert checks.check(desk).ok
    assert (conflicts.listing(disputed), conflicts.waiting(disputed)) == ([], 0)


def test_a_combined_text_replaces_all_versions(
    disputed: Desk, desks: Desks, second: Desk, interview: str, note: str, carry: Carry
) -> None:
    whole = "别人家都有人打伞来接，我没有。"
    conflicts.decide(disputed, note, said(conflicts.one(disputed, note), COMBINE, text=whole))
    for one in (desks["interviewer"], second):
        carry(disputed, one)

    assert [shows(desk, interview) for desk in (disputed, desks["interviewer"], second)] == [(whole, [], "")] * 3


def test_how_a_note_was_noted_is_decided_with_its_words(
    desks: Desks, second: Desk, interview: str, note: str, carry: Carry
) -> None:
    chief = desks["coordinator"]
    for desk, text, kind in ((desks["interviewer"], MINE, "verbatim"), (second, THEIRS, "summary")):
        answers.save(desk, SaveAnswer(interview, "W1", new_id(), "{}", text, kind))
        carry(desk, chief)
    assert [one.field for one in conflicts.one(chief, note).conflicts] == ["text", "text_kind"]
    found = conflicts.one(chief, note)
    conflicts.decide(chief, note, said(found, BOTH))
    assert conflicts.waiting(chief) == 0
    conflicts.decide(chief, note, taking(chief, note, THEIRS))

    line = questions.page(chief, interview, "W").questions[0]
    assert (line.text_now, line.text_kind, line.others) == (THEIRS, "summary", [])
    assert conflicts.one(chief, note).conflicts == []


def test_a_combined_text_leaves_how_it_was_noted_to_be_decided(
    desks: Desks, second: Desk, interview: str, note: str, carry: Carry
) -> None:
    chief = desks["coordinator"]
    for desk, text, kind in ((desks["interviewer"], MINE, "verbatim"), (second, THEIRS, "summary")):
        answers.save(desk, SaveAnswer(interview, "W1", new_id(), "{}", text, kind))
        carry(desk, chief)
    conflicts.decide(chief, note, said(conflicts.one(chief, note), COMBINE, text=MINE + THEIRS))

    assert [one.field for one in conflicts.one(chief, note).conflicts] == ["text_kind"]


def test_both_kept_are_both_shown_without_alarm_until_somebody_writes_anew(
    disputed: Desk, desks: Desks, second: Desk, interview: str, note: str, carry: Carry, consented: str
) -> None:
    conflicts.decide(disputed, note, said(conflicts.one(disputed, note), BOTH, reason="both_hold"))
    for one in (desks["interviewer"], second):
        carry(disputed, one)

    for desk in (disputed, desks["interviewer"], second):
        text, others, kept = shows(desk, interview)
        assert ({text, *others}, kept) == ({MINE, THEIRS}, "both_hold")
        assert not people.case(desk, consented).conflict
        assert checks.check(desk).ok
    assert (conflicts.listing(disputed), conflicts.waiting(disputed)) == ([], 0)
    assert not conflicts.one(disputed, note).conflicts[0].open

    write(second, interview, "谁也没来。")  # from a page that saw neither
    carry(second, disputed)
    assert conflicts.waiting(disputed) == 1
    assert len(conflicts.one(disputed, note).conflicts[0].versions) == 3
    assert people.case(disputed, consented).conflict


def test_what_was_kept_twice_can_still_be_decided(disputed: Desk, interview: str, note: str) -> None:
    conflicts.decide(disputed, note, said(conflicts.one(disputed, note), BOTH))
    conflicts.decide(disputed, note, taking(disputed, note, THEIRS))

    assert shows(disputed, interview) == (THEIRS, [], "")


def test_who_saw_both_and_writes_on_loses_neither_and_it_is_to_be_decided_again(
    disputed: Desk, desks: Desks, interview: str, note: str, carry: Carry
) -> None:
    mine = desks["interviewer"]
    conflicts.decide(disputed, note, said(conflicts.one(disputed, note), BOTH))
    carry(disputed, mine)
    write(mine, interview, "下雨没人来。", questions.page(mine, interview, "W").questions[0].base)
    carry(mine, disputed)

    text, others, kept = shows(disputed, interview)
    assert (text, len(others), kept) == ("下雨没人来。", 1, "")
    assert conflicts.waiting(disputed) == 1


def test_what_came_while_the_page_was_open_is_not_overwritten(
    disputed: Desk, second: Desk, interview: str, note: str, carry: Carry
) -> None:
    decision = taking(disputed, note, MINE)
    write(second, interview, "谁也没来。")
    carry(second, disputed)
    conflicts.decide(disputed, note, decision)

    (left,) = conflicts.one(disputed, note).conflicts
    assert {one.value for one in left.versions} == {MINE, "谁也没来。"}
    assert left.open


def test_both_kept_of_two_says_nothing_of_a_third_that_came_meanwhile(
    disputed: Desk, second: Desk, interview: str, note: str, carry: Carry
) -> None:
    decision = said(conflicts.one(disputed, note), BOTH)
    write(second, interview, "谁也没来。")
    carry(second, disputed)
    conflicts.decide(disputed, note, decision)

    assert conflicts.one(disputed, note).conflicts[0].open


def test_what_was_decided_in_another_window_is_not_decided_again(refused: Refused, disputed: Desk, note: str) -> None:
    mine, theirs = taking(disputed, note, MINE), taking(disputed, note, THEIRS)
    conflicts.decide(disputed, note, mine)

    for late in (theirs, mine, replace(mine, choice=BOTH)):
        refused(ConflictGone, "coordinator", partial(conflicts.decide, record=note, said=late))


def test_two_coordinators_who_decide_apart_make_a_new_conflict(
    disputed: Desk, desks: Desks, joins: Joins, interview: str, note: str, carry: Carry
) -> None:
    other = joins("郑晓", "coordinator", disputed.device.team)
    carry(disputed, other)
    conflicts.decide(disputed, note, taking(disputed, note, MINE))
    conflicts.decide(other, note, taking(other, note, THEIRS))
    carry(disputed, other)
    carry(other, disputed)

    for desk in (disputed, other):
        (again,) = conflicts.one(desk, note).conflicts
        assert {(one.value, one.author) for one in again.versions} == {(MINE, "陈静"), (THEIRS, "郑晓")}
        assert (again.open, len(conflicts.decided(desk))) == (True, 2)
    conflicts.decide(other, note, taking(other, note, THEIRS))
    for desk in (disputed, desks["interviewer"]):
        carry(other, desk)
        assert shows(desk, interview) == (THEIRS, [], "")


def test_two_coordinators_who_decide_alike_agree(disputed: Desk, joins: Joins, note: str, carry: Carry) -> None:
    other = joins("郑晓", "coordinator", disputed.device.team)
    carry(disputed, other)
    for desk in (disputed, other):
        conflicts.decide(desk, note, taking(desk, note, MINE))
    carry(other, disputed)

    assert conflicts.waiting(disputed) == 0


def test_a_decision_about_a_note_stands_on_both_consents(disputed: Desk, note: str, changes: Changes) -> None:
    conflicts.decide(disputed, note, taking(disputed, note, MINE))
    written, opened = changes(disputed, "answer")[-1], changes(disputed, "interview")[0]

    assert (written.author, written.set["text"], written.grounds) == (disputed.me.code, MINE, opened.grounds)
    assert (written.drawer, written.session, written.subject) == ("research/A", opened.record, opened.subject)
    assert len(written.grounds) == 2


def test_without_the_consents_no_note_is_written_and_both_can_still_stand(
    refused: Refused, disputed: Desk, desks: Desks, note: str, consented: str, carry: Carry
) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "guardian", "mother")
    carry(desks["interviewer"], disputed)
    mine = taking(disputed, note, MINE)

    refused(ConsentMissing, "coordinator", lambda desk: conflicts.decide(desk, note, mine))
    conflicts.decide(disputed, note, replace(mine, choice=BOTH))
    assert conflicts.waiting(disputed) == 0


@pytest.mark.parametrize("choices", [[], [BOTH]])
def test_a_child_who_withdrew_is_in_no_list_and_has_no_page(
    refused: Refused, disputed: Desk, desks: Desks, note: str, consented: str, carry: Carry, choices: list[str]
) -> None:
    mine = taking(disputed, note, MINE)
    for choice in choices:
        conflicts.decide(disputed, note, replace(mine, choice=choice))
    withdrawals.withdraw_each(desks["interviewer"], [consented])
    carry(desks["interviewer"], disputed)

    assert (conflicts.listing(disputed), conflicts.waiting(disputed), conflicts.decided(disputed)) == ([], 0, [])
    refused(NotFound, "coordinator", lambda desk: conflicts.one(desk, note))
    refused(NotFound, "coordinator", lambda desk: conflicts.decide(desk, note, mine))


def test_words_that_a_child_took_back_meanwhile_are_not_decided_on(
    refused: Refused, disputed: Desk, desks: Desks, interview: str, note: str, carry: Carry
) -> None:
    first = said(conflicts.one(disputed, note), BOTH, note="和孩子核对过")
    conflicts.decide(disputed, note, first)
    mine = taking(disputed, note, THEIRS)
    answers.erase(desks["interviewer"], interview, "W1")
    carry(desks["interviewer"], disputed)

    for choice in (mine, replace(mine, choice=COMBINE, text=MINE + THEIRS)):
        refused(TypingErased, "coordinator", partial(conflicts.decide, record=note, said=choice))
    assert shows(disputed, interview) == (THEIRS, [], "")
    assert [one.decision.note for one in conflicts.decided(disputed)] == [""]  # it may repeat them
    assert checks.check(disputed).ok


def test_a_fact_of_a_child_is_decided_like_a_note(desks: Desks, second: Desk, consented: str, carry: Carry) -> None:
    for desk, grade in ((desks["interviewer"], "p5"), (second, "p6")):
        household.save_child(desk, consented, ChildFacts(grade=grade), Seen(reasons={"V08": "checked"}))
        carry(desk, desks["coordinator"])
    chief = desks["coordinator"]
    (found,) = conflicts.listing(chief)
    (one,) = found.conflicts
    assert (found.place.record, one.field, one.prose, one.choices) == (consented, "grade", False, ("take", "both"))
    taken = next(each.id for each in one.versions if each.value == "p6")
    conflicts.decide(chief, consented, Said("grade", taken, "paper", base=found.base))
    carry(chief, desks["interviewer"])

    for desk in (chief, desks["interviewer"]):
        assert not people.case(desk, consented).conflict
        assert household.view(desk, consented).child.values["grade"] == "p6"


def test_what_is_no_prose_is_not_combined(refused: Refused, disputed: Desk, desks: Desks, consented: str) -> None:
    with disputed.db.writing() as tables:
        for grade in ("p5", "p6"):
            log.append(
                tables, disputed.pen, Draft("participant", {"grade": grade}, record=consented, subject=consented)
            )
    combined = Said("grade", COMBINE, "paper", text="五六年级", base=conflicts.one(disputed, consented).base)

    refused(Invalid, "coordinator", lambda desk: conflicts.decide(desk, consented, combined))


@pytest.fixture
def wording(desks: Desks, carry: Carry) -> str:
    """Translator and coordinator changed one string apart; only one of them kept its placeholder."""
    texts = {"translator": ("说说{away}吧。", "Tell me about {away}."), "coordinator": ("说说家里吧。", "About home.")}
    for role, (zh, en) in texts.items():
        strings.save(desks[role], SaveString("guide:P4", zh, en, "{}", f"editor-{role}"))
    carry(desks["translator"], desks["coordinator"])
    return natural_id("string", "guide:P4")


def test_of_two_wordings_one_is_chosen_and_its_placeholders_have_to_agree(
    refused: Refused, desks: Desks, wording: str
) -> None:
    chief = desks["coordinator"]
    found = conflicts.one(chief, wording)
    zh, en = sorted(found.conflicts, key=lambda one: one.field == "en")
    away = {one.field: next(each.id for each in one.versions if "{away}" in each.value) for one in (zh, en)}
    assert (zh.klass, found.place.name) == ("guide_edit", "guide:P4")

    refused(
        Invalid, "coordinator", lambda desk: conflicts.decide(desk, wording, Said("zh", BOTH, "typo", base=found.base))
    )
    conflicts.decide(chief, wording, Said("zh", away["zh"], "typo", base=found.base))
    plain = next(each.id for each in en.versions if each.id != away["en"])
    refused(
        PlaceholdersDiffer,
        "coordinator",
        lambda desk: conflicts.decide(desk, wording, Said("en", plain, "typo", base=found.base)),
    )
    refused(ConflictOpen, "coordinator", strings.publish)
    conflicts.decide(chief, wording, Said("en", away["en"], "typo", base=found.base))
    assert strings.publish(chief) == 2


def test_every_decision_is_listed_with_who_when_and_why(
    disputed: Desk, desks: Desks, note: str, carry: Carry, changes: Changes
) -> None:
    conflicts.decide(disputed, note, replace(taking(disputed, note, MINE), reason="other", note="孩子自己改的"))
    (line,) = conflicts.decided(disputed)
    (written,) = changes(disputed, "conflict_decision")

    one = line.decision
    assert (one.author, one.choice, one.reason, one.note) == ("陈静", "take", "other", "孩子自己改的")
    assert (one.field, line.of, line.place.code, one.wall) == ("text", "李岚", "ZK-A03-001-S1", written.wall)
    assert (written.drawer, written.subject, written.session) == ("research/A", line.place.subject, None)
    carry(disputed, desks["interviewer"])
    assert changes(desks["interviewer"], "conflict_decision") == [written]


def test_the_newest_decisions_come_first_and_not_more_than_asked_for(disputed: Desk, note: str) -> None:
    for reason in ("typo", "closer"):
        conflicts.decide(disputed, note, said(conflicts.one(disputed, note), BOTH, reason=reason))

    assert [line.decision.reason for line in conflicts.decided(disputed)] == ["closer", "typo"]
    assert [line.decision.reason for line in conflicts.decided(disputed, 1)] == ["closer"]
    assert [one.reason for one in conflicts.one(disputed, note).conflicts[0].kept] == ["typo", "closer"]


def test_a_fathers_no_beside_the_mothers_yes_is_told_and_not_decided(
    desks: Desks, disputed: Desk, consented: str, carry: Carry
) -> None:
    assert conflicts.clashes(disputed) == []
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "guardian", "father")
    carry(desks["interviewer"], disputed)

    assert [case.id for case in conflicts.clashes(disputed)] == [consented]


def test_what_two_wrote_alike_waits_for_nobody(
    desks: Desks, second: Desk, interview: str, note: str, carry: Carry
) -> None:
    for desk in (desks["interviewer"], second):
        write(desk, interview, MINE)
        carry(desk, desks["coordinator"])

    assert conflicts.listing(desks["coordinator"]) == []
    assert conflicts.one(desks["coordinator"], note).conflicts == []


def test_a_power_cut_leaves_the_whole_decision_or_nothing_of_it(
    desks: Desks, disputed: Desk, note: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    mine = taking(disputed, note, MINE)
    for place in (1, 2):
        broken(place, lambda: conflicts.decide(disputed, note, mine))


@pytest.fixture
def play(
    disputed: Desk, desks: Desks, second: Desk, joins: Joins, note: str, interview: str, carry: Carry, tmp_path: Path
) -> Callable[..., list[object]]:
    """Two coordinators decide apart, a laptop writes on; each machine reads the four sticks in an order of its own."""
    other = joins("郑晓", "coordinator", disputed.device.team)
    carry(disputed, other)
    machines = [disputed, other, desks["interviewer"], second]

    def decide(desk: Desk, choice: int) -> None:
        found = conflicts.one(desk, note)
        if found.conflicts:
            named = [COMBINE, BOTH, *sorted(one.id for one in found.conflicts[0].versions)][choice]
            conflicts.decide(desk, note, said(found, named, text=f"{desk.me.name}写的"))

    def run(orders: list[tuple[int, ...]], choices: tuple[int, int]) -> list[object]:
        write(second, interview, new_id())
        for desk, choice in zip((disputed, other), choices, strict=True):
            decide(desk, choice)
        sticks = [handover.write(desk, tmp_path / new_id()).path for desk in machines]
        for desk, order in zip(machines, [*orders, ORDERS[0]], strict=True):
            for number in order:
                handover.read(desk, sticks[number])
        assert all(checks.check(desk).ok for desk in machines)
        digests = [checks.check(desk).digests["research/A"] for desk in machines]
        return [(*shows(desk, interview), digest) for desk, digest in zip(machines, digests, strict=True)]

    return run


ORDERS = sorted(permutations(range(4)))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=st.lists(st.sampled_from(ORDERS), min_size=3, max_size=3), choices=st.tuples(*[st.integers(0, 3)] * 2))
def test_whatever_is_decided_and_in_whatever_order_it_arrives_all_machines_show_the_same(
    orders: list[tuple[int, ...]], choices: tuple[int, int], play: Callable[..., list[object]]
) -> None:
    views = play(orders, choices)

    assert views[1:] == views[:-1]
