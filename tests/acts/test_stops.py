from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from fieldkit.acts import (
    answers,
    assents,
    closings,
    memos,
    moments,
    observations,
    people,
    questions,
    stops,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer, NotAgainToday
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import StopCountsDown, TalkDeleted
from fieldkit.acts.stops import AlreadyStopped, ChoiceNotKept, ChoiceWaits, DecidedSince, TakenBack, TooLate
from fieldkit.acts.told import Seen
from fieldkit.errors import DiskFull, Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.store import log, rebuild, replica, search
from fieldkit.store import people as rows
from fieldkit.store import stops as kept
from fieldkit.store.database import Database
from fieldkit.store.log import Draft

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
KEEP, DISCARD = "stop_keep", "stop_discard"
WORDS = "qx7vk2mpz9lw4td"
ENDED = ClosingTold("full", "", "home_yard", "", "private", ("none",), "zhoukou", "", "during", 4, 5, told=(1, 3))


def later(desk: Desk, seconds: float) -> Desk:
    return replace(desk, clock=replace(desk.clock, ahead=desk.clock.ahead + timedelta(seconds=seconds)))


def after_a_power_cut(desk: Desk) -> Desk:
    return replace(desk, clock=replace(desk.clock, run="another run"))


def note(desk: Desk, interview: str, text: str = WORDS) -> None:
    line = questions.page(desk, interview).questions[0]
    answers.save(desk, SaveAnswer(interview, line.id, line.editor, line.base, text))


def found(desk: Desk, words: str) -> list[str]:
    with desk.db.reading() as tables:
        return search.find(tables, words)


def test_only_an_interviewer_stops_an_interview(refused: Refused, interview: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: stops.begin(desk, interview, KEEP))


@pytest.mark.parametrize("choice", ["", "all", "answers"])
def test_a_choice_that_does_not_exist_is_refused(refused: Refused, interview: str, choice: str) -> None:
    refused(Invalid, "interviewer", lambda desk: stops.begin(desk, interview, choice))


def test_what_is_not_there_is_not_stopped(refused: Refused, interview: str) -> None:
    refused(NotFound, "interviewer", lambda desk: stops.begin(desk, "nowhere", KEEP))
    refused(NotFound, "interviewer", lambda desk: stops.finish(desk, interview, "a mark"))


def test_for_ten_seconds_nothing_has_happened(desks: Desks, interview: str, changes: Changes) -> None:
    me, before = desks["interviewer"], len(changes(desks["interviewer"], "consent_event"))
    note(me, interview)

    chosen = stops.begin(me, interview, DISCARD)
    assert chosen.left == 10
    assert stops.finish_due(later(me, 9)) == 0
    assert stops.undo(me, interview, chosen.mark)

    assert stops.waiting(me, interview) is None
    assert stops.finish_due(later(me, 60)) == 0
    assert len(changes(me, "consent_event")) == before
    assert found(me, WORDS)


def test_a_softer_choice_never_takes_the_place_of_a_stricter_one_that_it_knows_nothing_of(
    desks: Desks, interview: str
) -> None:
    me = desks["interviewer"]
    stricter = stops.begin(me, interview, DISCARD)

    assert stops.begin(me, interview, KEEP).mark == stricter.mark
    assert stops.begin(me, interview, KEEP, instead=["f" * 32]).choice == DISCARD


def test_the_last_choice_holds_where_it_was_made_in_the_place_of_the_one_before(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    before = stops.begin(me, interview, DISCARD)
    stops.finish(me, interview, stops.begin(me, interview, KEEP, instead=[before.mark]).mark)

    assert rows_of(me, "closings")


def rows_of(desk: Desk, table: str) -> list[rows.Row]:
    with desk.db.reading() as tables:
        assert rebuild.differences(tables) == []
        return [dict(row) for row in tables.table(table).rows]


def test_stopped_and_kept_the_session_is_closed_and_nothing_more_is_written(
    desks: Desks, refused: Refused, consented: str, interview: str, changes: Changes
) -> None:
    me = desks["interviewer"]
    note(me, interview, "他打电话来")
    line = questions.page(me, interview).questions[0]
    stops.finish(later(me, 61), interview, stops.begin(me, interview, KEEP).mark)

    event = changes(me, "consent_event")[-1]
    assert (event.set["actor"], event.set["act"], event.set["scope"]) == ("child", "withdrawn", KEEP)
    assert event.set["session"] == interview
    (closing,) = rows_of(me, "closings")
    assert (closing["completion"], closing["ended_on"], closing["interview"]) == ("partial_child", me.today, interview)
    assert closing["duration_ms"] >= 61_000
    assert found(me, "打电话") == [consented]
    said = SaveAnswer(interview, line.id, line.editor, line.base, "再写")
    refused(answers.StoppedSince, "interviewer", lambda desk: answers.save(desk, said))
    refused(NotAgainToday, "interviewer", lambda desk: assents.record(desk, consented, ChildAnswer("think")))
    assert people.case(me, consented).step.code == "not_today"


def test_discarded_all_of_the_session_is_gone_and_the_childs_word_stays(
    desks: Desks, consented: str, interview: str, changes: Changes, clear: Callable[[Database], bytes]
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    moments.note(me, interview, "came_in", "carer")
    memos.write(me, interview, {"self_role": WORDS[::-1]}, shared=True)
    with me.db.writing():
        me.db.leave_no_trace()
    assert WORDS.encode() in clear(me.db)
    assert WORDS[::-1].encode() in clear(me.db)

    stops.finish(me, interview, stops.begin(me, interview, DISCARD).mark)

    assert not any(rows_of(me, table) for table in ("interviews", "answers", "moments", "memos", "closings"))
    assert not [one for kind in ("interview", "answer", "moment", "memo") for one in changes(me, kind)]
    content = clear(me.db).lower()
    assert WORDS.encode() not in content
    assert WORDS[::-1].encode() not in content
    assert me.db.path.with_name(me.db.path.name + "-wal").stat().st_size == 0
    assert found(me, WORDS) == []
    event = changes(me, "consent_event")[-1]
    assert (event.set["act"], event.set["scope"], event.set["session"]) == ("withdrawn", DISCARD, interview)
    case = people.case(me, consented)
    assert (case.interviews, case.step.code) == ([], "not_today")


def test_what_was_chosen_outlives_a_power_cut(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    note(me, interview)
    stops.begin(me, interview, DISCARD)

    assert stops.finish_due(after_a_power_cut(me)) == 1

    assert rows_of(me, "answers") == []


def test_whoever_uses_the_laptop_next_finishes_it(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    stops.begin(me, interview, KEEP)

    assert stops.finish_due(later(me, 10)) == 1
    assert stops.finish_due(later(me, 20)) == 0


def test_locking_the_laptop_finishes_it_at_once(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    stops.begin(me, interview, KEEP)

    assert stops.finish_due(me, all_of_them=True) == 1


def test_another_machine_learns_of_it_and_brings_nothing_back(
    desks: Desks, interview: str, carry: Callable[[Desk, Desk], object]
) -> None:
    me, coordinator = desks["interviewer"], desks["coordinator"]
    note(me, interview)
    carry(me, coordinator)
    assert found(coordinator, WORDS)

    stops.finish(me, interview, stops.begin(me, interview, DISCARD).mark)
    carry(me, coordinator)

    assert found(coordinator, WORDS) == []
    assert rows_of(coordinator, "interviews") == []
    carry(coordinator, me)
    assert rows_of(me, "answers") == []


def test_a_discard_that_fails_half_way_leaves_everything(
    desks: Desks, interview: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    mark = stops.begin(me, interview, DISCARD).mark

    broken(1, lambda: stops.finish(me, interview, mark))

    assert found(me, WORDS)
    assert stops.waiting(me, interview) is not None


def test_a_page_that_counted_down_another_choice_carries_out_nothing(
    refused: Refused, desks: Desks, interview: str
) -> None:
    me = desks["interviewer"]
    stale = stops.begin(me, interview, KEEP).mark
    stops.undo(me, interview, stale)
    stops.begin(me, interview, DISCARD)

    refused(NotFound, "interviewer", lambda desk: stops.finish(desk, interview, stale))

    waiting = stops.waiting(me, interview)
    assert waiting is not None
    assert (waiting.choice, waiting.left) == (DISCARD, 10)
    assert not stops.undo(me, interview, stale)
    assert stops.waiting(me, interview) == waiting


def test_what_the_child_chose_holds_also_where_a_stick_holds_the_interview_back_meanwhile(
    desks: Desks, consented: str, interview: str, changes: Changes
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    stops.begin(me, interview, DISCARD)
    yes = next(event.id for event in people.case(me, consented).events if event.actor == "guardian")
    voided = {"actor": "coordinator", "act": "voided", "voids": [yes], "day": me.today}
    with me.db.writing() as tables:
        log.append(tables, me.pen, Draft("consent_event", voided, subject=consented))
    assert rows_of(me, "interviews") == []

    assert stops.finish_due(later(me, 11)) == 1

    assert changes(me, "answer") == []
    assert changes(me, "consent_event")[-1].set["scope"] == DISCARD


@pytest.mark.parametrize("choice", [KEEP, DISCARD])
def test_a_guardian_who_withdraws_meanwhile_takes_the_childs_choice_from_nobody(
    desks: Desks, consented: str, interview: str, changes: Changes, choice: str
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    withdrawals.withdraw_each(me, [consented], relation="mother")

    stops.finish(me, interview, stops.begin(me, interview, choice).mark)

    assert bool(changes(me, "answer")) == (choice == KEEP)
    assert changes(me, "consent_event")[-1].set["scope"] == choice
    assert stops.whose(me, interview) == consented if choice == KEEP else True


def test_what_is_held_back_can_be_discarded_too_and_only_once(
    refused: Refused, desks: Desks, consented: str, interview: str, changes: Changes
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    yes = next(event.id for event in people.case(me, consented).events if event.actor == "guardian")
    voided = {"actor": "coordinator", "act": "voided", "voids": [yes], "day": me.today}
    with me.db.writing() as tables:
        log.append(tables, me.pen, Draft("consent_event", voided, subject=consented))
    assert rows_of(me, "interviews") == []

    stops.finish(me, interview, stops.begin(me, interview, DISCARD).mark)

    assert changes(me, "answer") == []
    refused(TalkDeleted, "interviewer", lambda desk: stops.begin(desk, interview, DISCARD))


def test_a_later_yes_brings_nothing_back_of_what_another_laptop_wrote_in_that_session(
    desks: Desks, consented: str, interview: str
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    with me.db.writing() as tables:
        (mine,) = [one for one in log.of_session(tables, interview, me.device.id) if one.kind == "answer"]
        theirs = replace(
            mine, id="another laptop's", device="L9", editor="theirs", set={**mine.set, "text": "另一台写的"}
        )
        log.insert(tables, theirs, theirs.encoded(), "a stick", None)
        log.settle(tables, [theirs])
    stops.finish(me, interview, stops.begin(me, interview, DISCARD).mark)
    no = people.case(me, consented).events[-1]
    yes = {"actor": "child", "person": consented, "act": "reconsented", "lifts": [no.id], "session": "a later talk"}
    with me.db.writing() as tables:
        log.append(tables, me.pen, Draft("consent_event", yes, subject=consented))

    assert rows_of(me, "answers") == []
    assert found(me, "另一台") == []


def test_an_interview_that_had_ended_keeps_its_day_and_minutes(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    stops.finish(later(me, 61), interview, stops.begin(me, interview, KEEP).mark)
    (before,) = rows_of(me, "closings")
    stops.finish(later(me, 500), interview, stops.begin(later(me, 400), interview, KEEP).mark)

    (after,) = rows_of(me, "closings")
    assert (after["duration_ms"], after["ended_on"]) == (before["duration_ms"], before["ended_on"])


def full(*_: object) -> None:
    raise DiskFull


def test_on_a_full_disk_it_says_that_the_childs_choice_waits_and_it_is_done_once_there_is_room(
    refused: Refused, desks: Desks, interview: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    mark = stops.begin(me, interview, DISCARD).mark
    with monkeypatch.context() as patched:
        patched.setattr(replica, "erase", full)
        refusal = refused(ChoiceWaits, "interviewer", lambda desk: stops.finish(desk, interview, mark))
        assert "孩子选好的还没有办成" in refusal.sentence("zh_CN")
        assert stops.overdue(me) == {}
        assert stops.overdue(later(me, 10)) == {interview: stops.whose(me, interview)}
        refused(ChoiceWaits, "interviewer", lambda desk: stops.finish_due(later(desk, 10)))
        assert found(me, WORDS)

    assert stops.finish_due(later(me, 10)) == 1
    assert (found(me, WORDS), stops.overdue(later(me, 10))) == ([], {})


def test_once_the_ten_seconds_are_over_it_is_not_taken_back_and_only_made_stricter(
    refused: Refused, desks: Desks, interview: str
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    mark = stops.begin(me, interview, KEEP).mark
    refused(ChoiceWaits, "interviewer", lambda desk: stops.undo(later(desk, 10), interview, mark))
    refused(ChoiceWaits, "interviewer", lambda desk: stops.begin(later(desk, 10), interview, KEEP))

    stops.begin(later(me, 10), interview, DISCARD)
    for choice in (KEEP, DISCARD):
        refused(ChoiceWaits, "interviewer", lambda desk: stops.begin(later(desk, 20), interview, choice))  # noqa: B023

    assert stops.finish_due(later(me, 20)) == 1
    assert found(me, WORDS) == []


def test_a_discard_that_is_undone_leaves_the_stop_whose_ten_seconds_were_over(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    note(me, interview)
    stops.begin(me, interview, KEEP)
    late = later(me, 10)
    stops.begin(late, interview, DISCARD)

    assert stops.undo(late, interview, stops.begin(late, interview, KEEP).mark)

    waiting = stops.waiting(late, interview)
    assert waiting is not None
    assert (waiting.choice, waiting.left) == (KEEP, 0)
    assert stops.finish_due(late) == 1
    assert (rows_of(me, "closings") != [], found(me, WORDS) != []) == (True, True)


@pytest.fixture
def no_room() -> Iterator[Callable[[], None]]:
    """The disk is full before the stop is tapped; what is called makes room."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("keep", "drop"):
            patched.setattr(kept, name, full)
        yield patched.undo


def test_on_a_disk_that_is_full_already_the_choice_is_refused_in_its_own_words_and_tried_again(
    refused: Refused, desks: Desks, interview: str, no_room: Callable[[], None]
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    refusal = refused(ChoiceNotKept, "interviewer", lambda desk: stops.begin(desk, interview, DISCARD))
    assert "孩子选好的还没有办" in refusal.sentence("zh_CN")
    assert "页面" not in refusal.sentence("zh_CN")

    waiting = stops.waiting(me, interview)
    assert waiting is not None
    assert (waiting.choice, waiting.left, waiting.kept) == (DISCARD, 10, False)
    assert stops.overdue(me) == {interview: stops.whose(me, interview)}
    refused(ChoiceWaits, "interviewer", lambda desk: stops.finish_due(desk, all_of_them=True))
    refused(ChoiceWaits, "interviewer", lambda desk: stops.finish_due(later(desk, 10)))
    assert found(me, WORDS)

    no_room()
    assert stops.finish_due(later(me, 10)) == 1
    assert (found(me, WORDS), stops.overdue(me), stops.waiting(me, interview)) == ([], {}, None)


def test_what_the_disk_could_not_take_is_written_down_once_it_can_and_its_ten_seconds_go_on(
    desks: Desks, interview: str, no_room: Callable[[], None]
) -> None:
    me = desks["interviewer"]
    with pytest.raises(ChoiceNotKept):
        stops.begin(me, interview, DISCARD)
    no_room()

    assert stops.finish_due(later(me, 4)) == 0
    waiting = stops.waiting(later(me, 4), interview)
    assert waiting is not None
    assert (waiting.choice, waiting.left, waiting.kept) == (DISCARD, 6, True)
    assert stops.overdue(later(me, 4)) == {}
    assert stops.finish_due(after_a_power_cut(me)) == 1


def test_what_the_disk_could_not_take_is_undone_within_ten_seconds_and_later_only_made_stricter(
    refused: Refused, desks: Desks, interview: str, no_room: Callable[[], None]
) -> None:
    me = desks["interviewer"]
    marked: list[str] = []
    for choice in (DISCARD, KEEP, KEEP):
        refused(ChoiceNotKept, "interviewer", partial(stops.begin, interview=interview, choice=choice, instead=marked))
        waiting = stops.waiting(me, interview)
        assert waiting is not None
        assert waiting.choice == choice
        marked = [waiting.mark]
    late = later(me, 10)
    refused(ChoiceWaits, "interviewer", lambda _: stops.undo(late, interview, marked[0]))
    refused(ChoiceNotKept, "interviewer", lambda _: stops.begin(late, interview, DISCARD))
    later_still = later(me, 20)
    refused(ChoiceWaits, "interviewer", lambda _: stops.begin(later_still, interview, KEEP))

    no_room()
    assert stops.finish_due(later_still) == 1
    assert rows_of(me, "interviews") == []


def test_what_the_disk_could_not_take_and_the_child_takes_back_is_not_done(
    desks: Desks, interview: str, no_room: Callable[[], None]
) -> None:
    me = desks["interviewer"]
    with pytest.raises(ChoiceNotKept):
        stops.begin(me, interview, DISCARD)
    waiting = stops.waiting(me, interview)
    assert waiting is not None

    assert stops.undo(me, interview, waiting.mark)

    assert (stops.waiting(me, interview), stops.overdue(me)) == (None, {})
    no_room()
    assert stops.finish_due(later(me, 60)) == 0


def test_what_the_disk_could_not_take_is_done_by_the_next_tap_that_finds_room(
    desks: Desks, interview: str, no_room: Callable[[], None]
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    with pytest.raises(ChoiceNotKept):
        stops.begin(me, interview, DISCARD)
    waiting = stops.waiting(me, interview)
    assert waiting is not None
    no_room()

    stops.finish(me, interview, waiting.mark)

    assert (found(me, WORDS), stops.overdue(me)) == ([], {})


def test_a_tap_that_finds_room_takes_the_place_of_what_the_disk_could_not_take(
    desks: Desks, interview: str, no_room: Callable[[], None]
) -> None:
    me = desks["interviewer"]
    with pytest.raises(ChoiceNotKept):
        stops.begin(me, interview, DISCARD)
    marked = stops.waiting(me, interview)
    assert marked is not None
    no_room()

    stops.begin(me, interview, KEEP, instead=[marked.mark])

    waiting = stops.waiting(me, interview)
    assert waiting is not None
    assert (waiting.choice, waiting.kept) == (KEEP, True)


def test_a_softer_choice_of_another_page_leaves_what_a_full_disk_could_not_take_and_writes_it_down(
    desks: Desks, interview: str, no_room: Callable[[], None]
) -> None:
    me = desks["interviewer"]
    for choice in (DISCARD, KEEP):
        with pytest.raises(ChoiceNotKept):
            stops.begin(me, interview, choice)
    no_room()

    assert stops.begin(me, interview, KEEP).choice == DISCARD
    waiting = stops.waiting(me, interview)
    assert waiting is not None
    assert (waiting.choice, waiting.kept) == (DISCARD, True)


def test_the_same_choice_tapped_once_more_where_it_stands_marked_stays_the_same_stop(
    desks: Desks, interview: str, no_room: Callable[[], None]
) -> None:
    me, mark = desks["interviewer"], "0123456789abcdef" * 2  # by this name a browser keeps it as well
    with pytest.raises(ChoiceNotKept):
        stops.begin(me, interview, DISCARD, mark)
    with pytest.raises(ChoiceNotKept):
        stops.begin(me, interview, DISCARD, instead=[mark])
    me.folder.unkept.clear()  # the battery dies
    no_room()

    assert stops.begin(me, interview, DISCARD, mark).mark == mark


def test_what_was_chosen_in_its_place_does_not_give_way_to_a_stop_that_was_held_up(
    desks: Desks, interview: str
) -> None:
    me, mark = desks["interviewer"], "0123456789abcdef" * 2
    begun = stops.begin(me, interview, KEEP, "f" * 32, instead=[mark])

    with pytest.raises(TakenBack):
        stops.begin(me, interview, DISCARD, mark)
    assert stops.waiting(me, interview) == begun


@pytest.mark.parametrize("there_is_room", [False, True])
def test_what_the_disk_could_not_take_and_the_child_took_back_stays_so_where_a_browser_kept_it(
    desks: Desks, interview: str, no_room: Callable[[], None], there_is_room: bool
) -> None:
    me, mark = desks["interviewer"], "0123456789abcdef" * 2
    with pytest.raises(ChoiceNotKept):
        stops.begin(me, interview, DISCARD, mark)
    if there_is_room:
        no_room()
    assert stops.undo(me, interview, mark)
    if there_is_room:
        me.folder.undone.clear()  # the program is started anew

    with pytest.raises(TakenBack):
        stops.begin(me, interview, DISCARD, mark)


def test_nothing_is_added_while_a_stop_counts_down_and_going_on_lets_it(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    begun = stops.begin(me, interview, DISCARD)
    for act in (
        lambda: note(me, interview),
        lambda: memos.write(me, interview, {"self_role": "谈得久"}),
        lambda: observations.keep(me, interview, {"setting_desc": "院子里"}),
        lambda: closings.keep(me, interview, ClosingTold(), Seen()),
        lambda: closings.end(me, interview, ClosingTold(completion="full"), Seen()),
    ):
        with pytest.raises(StopCountsDown):
            act()

    assert stops.undo(me, interview, begun.mark)
    note(me, interview)


def test_a_choice_that_comes_after_the_word_that_the_child_goes_on_does_nothing(desks: Desks, interview: str) -> None:
    me, mark = desks["interviewer"], "0123456789abcdef" * 2
    assert not stops.undo(me, interview, mark)  # the page heard no answer, and the child goes on

    with pytest.raises(TakenBack):
        stops.begin(me, interview, DISCARD, mark)
    assert stops.waiting(me, interview) is None


@pytest.mark.parametrize("since", ["kept", "gone on with", "ended"])
def test_a_choice_that_was_held_up_does_nothing_where_something_was_decided_since(
    desks: Desks, interview: str, since: str
) -> None:
    me, mark = desks["interviewer"], "0123456789abcdef" * 2
    knew = stops.standing(me, interview).decided
    if since == "ended":
        closings.end(me, interview, ENDED, Seen(closings.page(me, interview).opened.base))
    else:
        there = stops.begin(me, interview, KEEP).mark
        (stops.undo if since == "gone on with" else stops.finish)(me, interview, there)

    with pytest.raises(DecidedSince):
        stops.begin(me, interview, DISCARD, mark, knew)
    assert stops.waiting(me, interview) is None
    assert stops.begin(me, interview, DISCARD, mark, stops.standing(me, interview).decided).mark == mark


def test_of_a_stop_that_counts_down_nothing_is_decided_yet_and_the_stricter_takes_its_place(
    desks: Desks, interview: str
) -> None:
    me = desks["interviewer"]
    knew = stops.standing(me, interview).decided
    there = stops.begin(me, interview, KEEP)
    standing = stops.standing(me, interview)

    assert standing == stops.Standing(knew, there, asks=False, erased=0)
    assert stops.begin(me, interview, DISCARD, knew=knew).choice == DISCARD


def test_a_page_that_heard_no_answer_to_a_stop_that_was_done_asks_again_and_learns_nothing_wrong(
    desks: Desks, interview: str
) -> None:
    me, mark = desks["interviewer"], "0123456789abcdef" * 2
    knew = stops.standing(me, interview).decided
    stops.begin(me, interview, KEEP, mark, knew)
    stops.finish(me, interview, mark)

    for again in (mark, "another page"):
        with pytest.raises(AlreadyStopped):
            stops.begin(me, interview, KEEP, again, knew)


def test_what_was_taken_back_stays_so_after_the_program_was_started_anew(desks: Desks, interview: str) -> None:
    me, mark = desks["interviewer"], "0123456789abcdef" * 2
    stops.begin(me, interview, DISCARD, mark)
    stops.go_on(me, interview, mark)
    me.folder.undone.clear()

    with pytest.raises(TakenBack):
        stops.begin(me, interview, DISCARD, mark)


@pytest.mark.parametrize(("choice", "refusal"), [(KEEP, TooLate), (DISCARD, TalkDeleted)])
def test_that_the_child_goes_on_comes_too_late_once_the_stop_is_done(
    desks: Desks, interview: str, choice: str, refusal: type[Refusal]
) -> None:
    me = desks["interviewer"]
    mark = stops.begin(me, interview, choice).mark
    stops.finish(me, interview, mark)

    with pytest.raises(refusal):
        stops.go_on(me, interview, mark)
    if choice == DISCARD:
        with pytest.raises(TalkDeleted):
            stops.standing(me, interview)


def test_a_discard_leaves_nothing_of_what_was_decided_before(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    stops.undo(me, interview, stops.begin(me, interview, DISCARD).mark)
    stops.finish(me, interview, stops.begin(me, interview, DISCARD).mark)

    with me.db.reading() as tables:
        assert kept.decided(tables, interview) == ""


def test_what_open_pages_ask_every_two_seconds_reads_no_log_and_writes_nothing(
    desks: Desks, interview: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = desks["interviewer"]
    note(me, interview)
    begun = stops.begin(me, interview, KEEP)
    monkeypatch.setattr(Database, "writing", None)
    for name in ("of_session", "of_record", "all_of", "standing_of"):
        monkeypatch.setattr(log, name, None)

    waits = stops.standing(me, interview).waiting
    assert waits is not None
    assert waits.mark == begun.mark
