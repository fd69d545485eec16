from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldkit.acts import answers, assents, checks, consents, handover, questions, queues, stops, wishes, withdrawals
from fieldkit.acts.answers import CameLate, NotTakenOut, OnlyTakenOut, SaveAnswer, StoppedSince, TextTooLong
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.interviews import ConsentMissing
from fieldkit.acts.questions import QuestionLine
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change, clean
from fieldkit.store import log, replica
from fieldkit.store.database import Database, WallBroken
from fieldkit.store.log import Draft

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
EDITOR, OTHER = "editor-number-1", "editor-number-2"
WALL = re.compile("consents for this are not in place")


def note(interview: str, text: str = "下雨放学的时候。", editor: str = EDITOR, base: str = "") -> SaveAnswer:
    return SaveAnswer(interview, "W1", editor, base, text)


def shown(desk: Desk, interview: str) -> QuestionLine:
    return next(line for line in questions.page(desk, interview, "W").questions if line.id == "W1")


def seal(desk: Desk) -> None:
    with desk.db.writing() as tables:
        replica.seal(tables)


def test_only_an_interviewer_writes_a_note(refused: Refused, interview: str) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: answers.save(desk, note(interview)))


WRONG: list[tuple[dict[str, Any], type[Refusal]]] = [
    ({"text": "字" * 50_001}, TextTooLong),
    ({"text_kind": "guess"}, Invalid),
    ({"outcome": "unwilling"}, Invalid),
    ({"editor": "short"}, Invalid),
    ({"editor": "x" * 65}, Invalid),
    ({"interview": "no-such-interview"}, NotFound),
    ({"question": "Z99"}, NotFound),
    *[
        ({"base": base}, Invalid)
        for base in ("{", "[1]", "7", '"x"', '{"text": 1}', '{"text": null}', "\ud800", "[" * 99_999)
    ],
]


def test_what_cannot_be_a_note_is_refused(refused: Refused, interview: str) -> None:
    for wrong, refusal in WRONG:
        said = replace(note(interview), **wrong)
        refused(refusal, "interviewer", partial(answers.save, said=said))


def test_the_refusals_keep_their_codes() -> None:
    assert (TextTooLong.code, ConsentMissing.code) == ("text_too_long", "consent_missing")


def test_a_note_is_refused_when_the_child_stopped_while_the_page_was_open(
    refused: Refused, desks: Desks, interview: str, consented: str, wall_down: Callable[[Desk], None]
) -> None:
    opened = shown(desks["interviewer"], interview)
    wall_down(desks["interviewer"])
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "child")

    said = note(interview, editor=opened.editor, base=opened.base)
    refused(ConsentMissing, "interviewer", lambda desk: answers.save(desk, said))


def test_a_note_of_a_child_who_withdrew_is_refused_as_unknown(
    refused: Refused, desks: Desks, interview: str, wall_down: Callable[[Desk], None]
) -> None:
    answers.save(desks["interviewer"], note(interview))
    wall_down(desks["interviewer"])
    withdrawals.withdraw_each(desks["interviewer"], ["ZK-A03-001"])

    refused(NotFound, "interviewer", lambda desk: answers.save(desk, note(interview, "还有一句")))


def test_a_notice_from_another_machine_closes_the_open_page(
    refused: Refused,
    desks: Desks,
    interview: str,
    wall_down: Callable[[Desk], None],
    carry: Callable[[Desk, Desk], object],
) -> None:
    wall_down(desks["interviewer"])
    withdrawals.withdraw_each(desks["sg_lead"], ["ZK-A03-001"], "stop_keep")
    carry(desks["sg_lead"], desks["interviewer"])

    refused(ConsentMissing, "interviewer", lambda desk: answers.save(desk, note(interview)))


def test_a_note_is_refused_once_the_father_objects(
    refused: Refused, desks: Desks, interview: str, consented: str, wall_down: Callable[[Desk], None]
) -> None:
    wall_down(desks["interviewer"])
    consents.record(desks["interviewer"], consented, GuardianAnswer("father", {"participate": "no"}, []))

    refused(ConsentMissing, "interviewer", lambda desk: answers.save(desk, note(interview)))


def test_a_note_is_refused_after_the_childs_no_of_another_day(
    refused: Refused,
    desks: Desks,
    interview: str,
    consented: str,
    wall_down: Callable[[Desk], None],
    later: Callable[[Desk, int], Desk],
) -> None:
    wall_down(desks["interviewer"])
    assents.record(later(desks["interviewer"], 1), consented, ChildAnswer("no"))

    refused(ConsentMissing, "interviewer", lambda desk: answers.save(desk, note(interview)))


def test_the_yes_of_one_session_permits_no_note_in_another(
    refused: Refused, desks: Desks, interview: str, changes: Changes, wall_down: Callable[[Desk], None]
) -> None:
    wall_down(desks["interviewer"])
    (opened,) = changes(desks["interviewer"], "interview")
    with desks["interviewer"].db.writing() as tables:
        second = Draft("interview", opened.set, "another", opened.subject, interview, grounds=opened.grounds)
        log.append(tables, desks["interviewer"].pen, second)

    refused(ConsentMissing, "interviewer", lambda desk: answers.save(desk, note("another")))


def test_the_yes_of_one_child_permits_no_note_about_another(
    refused: Refused,
    desks: Desks,
    interview: str,
    other_child: str,
    changes: Changes,
    wall_down: Callable[[Desk], None],
) -> None:
    wall_down(desks["interviewer"])
    (opened,) = changes(desks["interviewer"], "interview")
    with desks["interviewer"].db.writing() as tables:
        borrowed = Draft("interview", opened.set, "another", other_child, interview, grounds=opened.grounds)
        log.append(tables, desks["interviewer"].pen, borrowed)

    refused(NotFound, "interviewer", lambda desk: answers.save(desk, note("another")))


def test_with_the_triggers_in_place_what_slips_past_the_act_stops_at_the_log(
    desks: Desks, interview: str, consented: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [consented], "stop_keep", "child")
    monkeypatch.setattr("fieldkit.rules.consent.effective", lambda *_, **__: True)

    with pytest.raises(WallBroken, match=WALL):
        answers.save(desks["interviewer"], note(interview))


def test_a_note_is_written_over_nothing_on_the_grounds_of_both(
    desks: Desks, interview: str, consented: str, changes: Changes
) -> None:
    saved = answers.save(desks["interviewer"], note(interview))

    (change,) = changes(desks["interviewer"], "answer")
    guardian, child = changes(desks["interviewer"], "consent_event")
    assert (change.id, change.drawer, change.over) == (saved.change, "research/A", {})
    assert (change.subject, change.session, change.editor) == (consented, interview, EDITOR)
    assert set(change.grounds) == {guardian.id, child.id}
    assert (change.set["text"], change.set["text_kind"]) == ("下雨放学的时候。", "verbatim")


def test_a_power_cut_leaves_no_half_note(
    desks: Desks, interview: str, broken: Callable[[int, Callable[[], object]], None]
) -> None:
    answers.save(desks["interviewer"], note(interview, "从前的话"))

    broken(1, lambda: answers.save(desks["interviewer"], note(interview, "后来的话")))
    assert shown(desks["interviewer"], interview).text_now == "从前的话"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("字" * 50_000, "字" * 50_000),
        ("一\0二", "一\ufffd二"),
        ("一\ud83d二", "一\ufffd二"),
        ("<b>妈妈</b> & 'x' \"y\" {away}", "<b>妈妈</b> & 'x' \"y\" {away}"),
        ("第一行\n\n第三行\r\n\t末尾 ", "第一行\n\n第三行\r\n\t末尾 "),
        ("𠮷野家 👧🏽 e\u0301", "𠮷野家 👧🏽 e\u0301"),
        ("", ""),
    ],
    ids=["50,000 characters", "NUL", "lone surrogate", "HTML", "line breaks", "rare characters", "nothing"],
)
def test_text_stays_as_typed(desks: Desks, interview: str, typed: str, stored: str) -> None:
    answers.save(desks["interviewer"], note(interview, typed))

    assert shown(desks["interviewer"], interview).text_now == stored


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(st.characters(), max_size=60))
def test_any_text_comes_back_and_the_store_stays_sound(desks: Desks, interview: str, typed: str) -> None:
    answers.save(desks["interviewer"], note(interview, typed))

    assert shown(desks["interviewer"], interview).text_now == clean(typed)
    assert checks.check(desks["interviewer"]).ok


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(base=st.text() | st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.tuples(inner)).map(repr))
def test_a_base_that_is_none_is_refused_and_never_breaks(desks: Desks, interview: str, base: str) -> None:
    with suppress(Invalid):
        answers.save(desks["interviewer"], note(interview, editor=OTHER, base=base))
    assert len(shown(desks["interviewer"], interview).others) == 0


def test_one_editor_keeps_one_unsealed_change(desks: Desks, interview: str, changes: Changes) -> None:
    first = answers.save(desks["interviewer"], note(interview, "下"))
    second = answers.save(desks["interviewer"], note(interview, "下雨"))

    (change,) = changes(desks["interviewer"], "answer")
    assert first.change != second.change == change.id
    assert (change.set["text"], change.over) == ("下雨", {})


def test_saving_the_same_words_again_writes_nothing(desks: Desks, interview: str) -> None:
    first = answers.save(desks["interviewer"], note(interview, "下雨"))

    assert answers.save(desks["interviewer"], note(interview, "下雨")).change == first.change


def test_a_save_reads_what_was_said_once_for_the_act_and_once_for_the_log(desks: Desks, interview: str) -> None:
    desk, heard = desks["interviewer"], list[str]()
    desk.db._writer.set_trace_callback(heard.append)
    answers.save(desk, note(interview))
    assert sum("kind = 'consent_event'" in one and one.startswith("SELECT") for one in heard) == 2


def test_what_is_read_of_a_note_to_judge_a_save_is_not_read_again_to_settle_it(desks: Desks, interview: str) -> None:
    desk, heard = desks["interviewer"], list[str]()
    answers.save(desk, note(interview))
    desk.db._writer.set_trace_callback(heard.append)
    answers.save(desk, note(interview, "下雨放学的时候，别人家都有人送伞。"))
    assert sum("FROM changes AS c LEFT JOIN parked_stubs" in one for one in heard) == 1


def test_after_sealing_the_same_editor_goes_on_over_its_own_words(
    desks: Desks, interview: str, changes: Changes
) -> None:
    first = answers.save(desks["interviewer"], note(interview, "下雨"))
    seal(desks["interviewer"])
    answers.save(desks["interviewer"], note(interview, "下雨放学"))

    assert changes(desks["interviewer"], "answer")[-1].over["text"] == (first.change,)
    assert (shown(desks["interviewer"], interview).text_now, shown(desks["interviewer"], interview).others) == (
        "下雨放学",
        [],
    )


def test_what_another_page_was_opened_on_is_not_replaced(desks: Desks, interview: str, changes: Changes) -> None:
    answers.save(desks["interviewer"], note(interview, "下雨"))
    opened = shown(desks["interviewer"], interview)
    answers.save(desks["interviewer"], note(interview, "下雪", opened.editor, opened.base))
    answers.save(desks["interviewer"], note(interview, "下雨了"))

    assert [change.set["text"] for change in changes(desks["interviewer"], "answer")] == ["下雨", "下雪", "下雨了"]
    line = shown(desks["interviewer"], interview)
    assert {line.text_now, line.others[0].text} == {"下雪", "下雨了"}


def test_two_editors_on_one_base_keep_both_texts(desks: Desks, interview: str) -> None:
    answers.save(desks["interviewer"], note(interview, "妈妈打了电话"))
    answers.save(desks["interviewer"], note(interview, "爸爸打了电话", OTHER))

    line = shown(desks["interviewer"], interview)
    assert (line.text_now, [other.text for other in line.others]) == ("爸爸打了电话", ["妈妈打了电话"])
    assert (line.others[0].author, line.others[0].device) == ("李岚", "L1")


def test_an_older_copy_that_comes_late_goes_over_nothing(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    for turn, text in ((1, "一。"), (2, "一。二。")):
        answers.save(me, replace(note(interview, text), turn=turn))
    with pytest.raises(CameLate):
        answers.save(me, replace(note(interview, "一。"), turn=1))
    off = replace(note(interview, "一。"), turn=3)
    fresh = answers.off_record(me, off, "二。")
    answers.save(me, replace(note(interview, "一。三。", fresh.editor, fresh.base), turn=4))
    with pytest.raises(CameLate):
        answers.off_record(me, off, "二。")

    assert shown(me, interview).text_now == "一。三。"


def test_whoever_saw_both_texts_and_types_on_loses_neither(desks: Desks, interview: str) -> None:
    answers.save(desks["interviewer"], note(interview, "妈妈"))
    answers.save(desks["interviewer"], note(interview, "爸爸", OTHER))
    opened = shown(desks["interviewer"], interview)
    answers.save(desks["interviewer"], note(interview, "爸爸来了", opened.editor, opened.base))

    line = shown(desks["interviewer"], interview)
    assert (line.text_now, [other.text for other in line.others]) == ("爸爸来了", ["妈妈"])


def test_who_takes_words_back_from_one_of_two_texts_leaves_the_other(desks: Desks, interview: str) -> None:
    answers.save(desks["interviewer"], note(interview, "甲写的很长一段，孩子没有收回。"))
    answers.save(desks["interviewer"], note(interview, "乙。这句别记。", OTHER))
    opened = shown(desks["interviewer"], interview)
    stays = note(interview, "乙。", opened.editor, opened.base)
    answers.off_record(desks["interviewer"], stays, "这句别记。")

    line = shown(desks["interviewer"], interview)
    assert sorted([line.text_now, *(other.text for other in line.others)]) == ["乙。", "甲写的很长一段，孩子没有收回。"]


def test_a_base_of_unknown_changes_replaces_nothing(desks: Desks, interview: str, changes: Changes) -> None:
    answers.save(desks["interviewer"], note(interview, base='{"text": ["never-heard-of"], "nonsense": []}'))

    assert changes(desks["interviewer"], "answer")[0].over == {}


Steps = st.lists(
    st.tuples(st.sampled_from(["first", "second", "third", "seal"]), st.sampled_from("雨雪风")), max_size=9
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=Steps)
def test_whatever_the_order_each_editor_keeps_its_last_words_and_only_those(
    desks: Desks, interview: str, changes: Changes, steps: list[tuple[str, str]]
) -> None:
    desk, question, last = desks["interviewer"], f"A{len(changes(desks['interviewer'], 'answer'))}", {}
    with desk.db.writing() as tables:  # a question of its own for each history
        log.append(tables, desk.pen, Draft("question", {"code": question, "section": "W"}))
    for who, text in steps:
        if who == "seal":
            seal(desk)
        else:
            answers.save(desk, SaveAnswer(interview, question, f"{who}-of-{question}", "", text))
            last[who] = text
    with desk.db.reading() as tables:
        rows = tables.execute("SELECT conflict FROM answers WHERE question = ?", [question]).fetchall()
    heads = [change for change in changes(desk, "answer") if change.set["question"] == question]
    named = {one for change in heads for one in change.over.get("text", ())}
    assert sorted(change.set["text"] for change in heads if change.id not in named) == sorted(last.values())
    assert rows == ([(int(len(set(last.values())) > 1),)] if last else [])


def test_a_sealed_note_says_so(desks: Desks, interview: str, tmp_path: object) -> None:
    answers.save(desks["interviewer"], note(interview))
    assert not shown(desks["interviewer"], interview).sealed
    seal(desks["interviewer"])

    assert shown(desks["interviewer"], interview).sealed
    assert handover.state(desks["interviewer"]).unsealed == 0


STAYS = "他打电话来"
GOES = "qx7vk2mpz9lw4td"


def test_only_an_interviewer_takes_words_off_the_record(refused: Refused, interview: str) -> None:
    said = note(interview, text=STAYS)
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: answers.off_record(desk, said, GOES))


def test_words_go_off_the_record_and_leave_no_byte(
    desks: Desks, interview: str, clear: Callable[[Database], bytes]
) -> None:
    me = desks["interviewer"]
    line = questions.page(me, interview).questions[0]
    said = SaveAnswer(interview, line.id, line.editor, line.base, f"{STAYS}。{GOES}")
    answers.save(me, said)
    with me.db.writing():
        me.db.leave_no_trace()
    assert GOES.encode() in clear(me.db)

    kept = answers.off_record(me, replace(said, text=f"{STAYS}。"), GOES)

    assert GOES.encode() not in clear(me.db).lower()
    assert me.db.path.with_name(me.db.path.name + "-wal").stat().st_size == 0
    again = questions.page(me, interview).questions[0]
    assert (again.text_now, again.state, again.others) == (f"{STAYS}。", "answered", [])
    assert kept.editor != said.editor
    assert not checks.check(me).problems


def test_the_note_goes_on_from_a_fresh_editor_and_the_old_one_is_closed(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    line = questions.page(me, interview).questions[0]
    said = SaveAnswer(interview, line.id, line.editor, line.base, f"{STAYS}{GOES}")
    answers.save(me, said)
    kept = answers.off_record(me, replace(said, text=STAYS), GOES)

    with pytest.raises(log.TypingErased):
        answers.save(me, said)
    answers.save(me, replace(said, editor=kept.editor, base=kept.base, text=f"{STAYS}，再写"))

    again = questions.page(me, interview).questions[0]
    assert (again.text_now, again.others) == (f"{STAYS}，再写", [])


def test_a_page_that_missed_a_taking_back_does_not_bring_the_words_back_with_one_of_its_own(
    desks: Desks, interview: str, clear: Callable[[Database], bytes], changes: Changes
) -> None:
    me = desks["interviewer"]
    first = note(interview, f"{STAYS}。{GOES}。", base="{}")
    answers.save(me, first)
    line = shown(me, interview)
    answers.off_record(me, note(interview, f"{STAYS}。", line.editor, line.base), f"{GOES}。")

    for _ in range(2):
        with pytest.raises(log.TypingErased):
            answers.off_record(me, first, "后来的话。")

    assert GOES.encode() not in clear(me.db).lower()
    assert (shown(me, interview).text_now, shown(me, interview).others) == (f"{STAYS}。", [])
    assert len(changes(me, "moment")) == 1


def test_where_nothing_stays_only_the_childs_wish_is_kept(desks: Desks, interview: str, changes: Changes) -> None:
    me = desks["interviewer"]
    line = questions.page(me, interview).questions[0]
    said = SaveAnswer(interview, line.id, line.editor, line.base, GOES)
    answers.save(me, said)

    answers.off_record(me, replace(said, text=""), GOES)

    again = questions.page(me, interview).questions[0]
    assert (again.text_now, again.state) == ("", "off_record")
    assert [one.set["what"] for one in changes(me, "moment")] == ["off_record"]


def test_another_page_on_the_same_note_loses_the_words_and_keeps_its_own(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    first, second = (questions.page(me, interview).questions[0] for _ in range(2))
    said = SaveAnswer(interview, first.id, first.editor, first.base, f"{STAYS}{GOES}")
    answers.save(me, said)
    answers.save(me, SaveAnswer(interview, second.id, second.editor, second.base, f"另一页{GOES}也有"))

    answers.off_record(me, replace(said, text=STAYS), GOES)

    again = questions.page(me, interview).questions[0]
    texts = {again.text_now, *(other.text for other in again.others)}
    assert texts == {STAYS, "另一页也有"}


def test_another_version_without_the_words_stays_of_the_kind_it_was(
    desks: Desks, interview: str, changes: Changes
) -> None:
    me = desks["interviewer"]
    answers.save(me, replace(note(interview, f"另一页{GOES}也有", OTHER), text_kind="summary"))
    answers.save(me, note(interview, f"{STAYS}{GOES}"))
    answers.off_record(me, note(interview, STAYS), GOES)

    kinds = {one.set["text"]: one.set["text_kind"] for one in changes(me, "answer")}
    assert kinds == {STAYS: "verbatim", "另一页也有": "summary"}


@pytest.mark.parametrize(
    ("before", "state"),
    [
        ([], "open"),
        ([note("", "打错了")], "open"),
        ([replace(note("", ""), outcome="child_skipped")], "skipped"),
        ([replace(note("", "不想说"), outcome="child_skipped"), note("", "还是说了")], "open"),
    ],
    ids=["nothing", "typed by mistake", "skipped", "skipped, then typed by mistake"],
)
def test_a_note_without_a_word_is_no_answer(desks: Desks, interview: str, before: list[SaveAnswer], state: str) -> None:
    me = desks["interviewer"]
    for said in [*before, note("", " \n")]:
        answers.save(me, replace(said, interview=interview))

    assert shown(me, interview).state == state
    assert questions.page(me, interview, "W").sections[0].answered == 0


def test_where_nothing_stays_the_childs_wish_stands_whatever_is_tapped_on_the_empty_note(
    desks: Desks, interview: str
) -> None:
    me = desks["interviewer"]
    answers.save(me, note(interview, GOES))
    fresh = answers.off_record(me, note(interview, ""), GOES)
    answers.save(me, replace(note(interview, "", fresh.editor, fresh.base), text_kind="summary"))
    assert shown(me, interview).state == "off_record"
    line = shown(me, interview)
    answers.save(me, note(interview, "", line.editor, line.base))
    assert shown(me, interview).state == "off_record"

    line = shown(me, interview)
    answers.save(me, note(interview, "还有一句", line.editor, line.base))
    assert shown(me, interview).state == "answered"


def test_words_that_are_gone_do_not_come_back_with_a_bundle(
    desks: Desks, interview: str, carry: Callable[[Desk, Desk], object]
) -> None:
    me, coordinator = desks["interviewer"], desks["coordinator"]
    line = questions.page(me, interview).questions[0]
    said = SaveAnswer(interview, line.id, line.editor, line.base, f"{STAYS}{GOES}")
    answers.save(me, said)
    carry(me, coordinator)

    answers.off_record(me, replace(said, text=STAYS), GOES)
    carry(me, coordinator)
    carry(coordinator, me)

    for desk in (me, coordinator):
        assert questions.page(desk, interview).questions[0].text_now == STAYS


def test_an_earlier_text_of_the_note_does_not_come_back(desks: Desks, interview: str) -> None:
    """The words replaced something: it is not on the screen again."""
    me = desks["interviewer"]
    for text in ("先写的", f"{STAYS}{GOES}"):
        line = questions.page(me, interview).questions[0]
        answers.save(me, SaveAnswer(interview, line.id, line.editor, line.base, text))
    line = questions.page(me, interview).questions[0]

    answers.off_record(me, SaveAnswer(interview, line.id, line.editor, line.base, ""), GOES)

    again = questions.page(me, interview).questions[0]
    assert (again.text_now, again.others) == ("", [])


def test_the_same_request_twice_takes_back_once(desks: Desks, interview: str, changes: Changes) -> None:
    me = desks["interviewer"]
    line = questions.page(me, interview).questions[0]
    said = SaveAnswer(interview, line.id, line.editor, line.base, f"{STAYS}{GOES}")
    answers.save(me, said)
    first = answers.off_record(me, replace(said, text=STAYS), GOES)
    again = answers.off_record(me, replace(said, text=f"{STAYS}，再写"), GOES)

    line = questions.page(me, interview).questions[0]
    assert first.editor == again.editor
    assert (line.text_now, line.others) == (f"{STAYS}，再写", [])
    assert len(changes(me, "moment")) == 1


def test_what_another_laptop_wrote_and_this_page_has_seen_is_not_shown_again(
    desks: Desks, interview: str, changes: Changes
) -> None:
    me = desks["interviewer"]
    line = questions.page(me, interview).questions[0]
    answers.save(me, SaveAnswer(interview, line.id, line.editor, line.base, "先写的"))
    with me.db.writing() as tables:
        (mine,) = [one for one in log.of_session(tables, interview, me.device.id) if one.kind == "answer"]
        over = dict.fromkeys(mine.set, (mine.id,))
        theirs = replace(mine, id="theirs", device="L9", editor="theirs", over=over, set={**mine.set, "text": GOES})
        log.insert(tables, theirs, theirs.encoded(), "a stick", None)
        log.settle(tables, [theirs])
    line = questions.page(me, interview).questions[0]
    assert line.text_now == GOES

    answers.off_record(me, SaveAnswer(interview, line.id, line.editor, line.base, STAYS), GOES)

    line = questions.page(me, interview).questions[0]
    assert (line.text_now, line.others) == (STAYS, [])


def test_a_short_word_is_not_cut_out_of_what_another_page_holds(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    first, second = (questions.page(me, interview).questions[0] for _ in range(2))
    said = SaveAnswer(interview, first.id, first.editor, first.base, "我的")
    answers.save(me, said)
    answers.save(me, SaveAnswer(interview, second.id, second.editor, second.base, "我的妈妈的手机是新的"))

    assert answers.off_record(me, replace(said, text="我"), "的").elsewhere  # and the page says so

    again = questions.page(me, interview).questions[0]
    assert "我的妈妈的手机是新的" in {again.text_now, *(other.text for other in again.others)}


def test_a_short_sentence_goes_out_of_every_version_of_this_laptop(desks: Desks, interview: str) -> None:
    answers.save(desks["interviewer"], note(interview, "第一。她打我"))
    answers.save(desks["interviewer"], note(interview, "第二。她打我", OTHER))

    gone = answers.off_record(desks["interviewer"], note(interview, "第二。", OTHER), "她打我")

    line = shown(desks["interviewer"], interview)
    assert ({line.text_now, *(other.text for other in line.others)}, gone.elsewhere) == ({"第一。", "第二。"}, False)


def test_only_who_writes_takes_away_a_version_and_only_one_that_stands(refused: Refused, interview: str) -> None:
    def take(desk: Desk) -> None:
        answers.erase_version(desk, interview, "W1", "0" * 32)

    refused(NotAllowed, "coordinator translator sg_lead", take)
    refused(NotFound, "interviewer", take)


def test_one_of_two_versions_is_taken_away_and_leaves_no_byte(
    desks: Desks, interview: str, clear: Callable[[Database], bytes]
) -> None:
    me = desks["interviewer"]
    answers.save(me, note(interview, GOES))
    opened = shown(me, interview)
    answers.save(me, note(interview, f"{GOES}。{STAYS}", OTHER, opened.base))
    answers.save(me, note(interview, f"{GOES}，第二种"))
    line = shown(me, interview)
    texts = {other.version: other.text for other in line.others}
    (version,) = texts
    (left,) = {line.text_now, *texts.values()} - {texts[version]}

    answers.erase_version(me, interview, line.id, version)

    again = shown(me, interview)
    assert (again.text_now, again.others) == (left, [])
    assert texts[version].encode() not in clear(me.db)
    assert left.encode() in clear(me.db)
    assert not checks.check(me).problems


def test_another_laptops_version_is_not_taken_away_here(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    answers.save(me, note(interview, "甲"))
    with me.db.writing() as tables:
        (mine,) = [one for one in log.of_session(tables, interview, me.device.id) if one.kind == "answer"]
        theirs = replace(mine, id="theirs", device="L9", editor="theirs", set={**mine.set, "text": "乙"})
        log.insert(tables, theirs, theirs.encoded(), "a stick", None)
        log.settle(tables, [theirs])

    with pytest.raises(NotFound):
        answers.erase_version(me, interview, "W1", "theirs")

    line = shown(me, interview)
    assert {line.text_now, *(other.text for other in line.others)} == {"甲", "乙"}


def test_words_of_a_question_that_does_not_exist_are_refused(refused: Refused, interview: str) -> None:
    said = replace(note(interview), question="Z9")
    refused(NotFound, "interviewer", lambda desk: answers.off_record(desk, said, "words"))


def test_what_waits_in_other_browsers_can_still_be_delivered(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    line, key = questions.page(me, interview).questions[0], queues.key(me, interview)
    said = SaveAnswer(interview, line.id, line.editor, line.base, f"{STAYS}{GOES}")
    answers.save(me, said)

    answers.off_record(me, replace(said, text=STAYS), GOES)

    assert queues.key(me, interview) == key


def test_after_an_interview_was_stopped_and_kept_a_note_can_still_be_taken_away_and_only_that(
    desks: Desks, refused: Refused, interview: str, changes: Changes, clear: Callable[[Database], bytes]
) -> None:
    me, word = desks["interviewer"], "qx7vk2mpz9lw4td"
    answers.save(me, note(interview, word))
    answers.save(me, replace(note(interview, "跑步", OTHER), question="P1"))
    stops.finish(me, interview, stops.begin(me, interview, "stop_keep").mark)
    refused(NotAllowed, "coordinator", lambda desk: answers.erase(desk, interview, "W1"))
    refused(NotFound, "interviewer", lambda desk: answers.erase(desk, interview, "W2"))
    with me.db.writing():
        me.db.leave_no_trace()
    assert word.encode() in clear(me.db)  # the control

    answers.erase(me, interview, "W1")

    assert word.encode() not in clear(me.db).lower()
    assert [one.set["text"] for one in changes(me, "answer")] == ["跑步"]
    assert checks.check(me).ok
    refused(StoppedSince, "interviewer", lambda desk: answers.save(desk, note(interview, word)))


def stopped_with(desk: Desk, interview: str, *texts: str) -> SaveAnswer:
    """An interview that was stopped and kept with these texts of one note; return what a page of the first holds."""
    pages = [note(interview, text, f"editor-of-{place}") for place, text in enumerate(texts)]
    for page in pages:
        answers.save(desk, page)
    stops.finish(desk, interview, stops.begin(desk, interview, "stop_keep").mark)
    with desk.db.writing():
        desk.db.leave_no_trace()
    return pages[0]


def test_while_the_child_thinks_about_it_words_that_it_takes_back_go_and_nothing_is_added(
    desks: Desks, consented: str, interview: str, clear: Callable[[Database], bytes]
) -> None:
    me = desks["interviewer"]
    page = note(interview, f"{STAYS}。{GOES}。")
    answers.save(me, page)
    assents.record(me, consented, ChildAnswer("think"))
    with me.db.writing():
        me.db.leave_no_trace()
    assert GOES.encode() in clear(me.db)  # the control
    with pytest.raises(ConsentMissing):
        answers.save(me, replace(page, text=f"{STAYS}。{GOES}。还有。"))

    answers.off_record(me, replace(page, text=f"{STAYS}。"), f"{GOES}。")

    assert GOES.encode() not in clear(me.db).lower()
    assert questions.page(me, interview).questions[0].text_now == f"{STAYS}。"


def test_words_that_were_taken_back_out_of_reach_go_though_the_interview_was_stopped_and_kept_since(
    desks: Desks, interview: str, clear: Callable[[Database], bytes], carry: Callable[[Desk, Desk], object]
) -> None:
    me, coordinator = desks["interviewer"], desks["coordinator"]
    page = stopped_with(me, interview, f"{STAYS}。{GOES}。", f"另一页。{GOES}。还有。")
    carry(me, coordinator)
    assert GOES.encode() in clear(me.db)  # the control

    answers.off_record(me, replace(page, text=f"{STAYS}。"), f"{GOES}。")

    assert GOES.encode() not in clear(me.db).lower()
    line = questions.page(me, interview).questions[0]
    assert {line.text_now, *(one.text for one in line.others)} == {f"{STAYS}。", "另一页。还有。"}
    carry(me, coordinator)
    theirs = questions.page(coordinator, interview).questions[0]
    assert {theirs.text_now, *(one.text for one in theirs.others)} == {f"{STAYS}。", "另一页。还有。"}
    assert checks.check(me).ok
    assert checks.check(coordinator).ok


def test_where_nothing_else_was_said_the_note_goes_whole(desks: Desks, interview: str, changes: Changes) -> None:
    me = desks["interviewer"]
    page = stopped_with(me, interview, GOES)
    answers.off_record(me, replace(page, text=""), GOES)

    assert changes(me, "answer") == []


def test_what_else_is_on_the_page_is_not_kept_after_a_stop_and_the_page_says_so(desks: Desks, interview: str) -> None:
    me = desks["interviewer"]
    page = stopped_with(me, interview, f"{STAYS}。{GOES}。")
    more = replace(page, text=f"{STAYS}。后来的话。")
    for _ in range(2):  # its answer may get lost
        with pytest.raises(OnlyTakenOut) as told:
            answers.off_record(me, more, f"{GOES}。")

    assert "已经从这台电脑上彻底删掉了" in told.value.sentence("zh_CN")
    assert questions.page(me, interview).questions[0].text_now == f"{STAYS}。"


BEGUN, FULL = "爸爸昨天喝酒了，他打", "爸爸昨天喝酒了，他打了妈妈。"


@pytest.mark.parametrize(
    ("page", "stays", "left"),
    [
        (f"{STAYS}。{BEGUN}", f"{STAYS}。", [f"{STAYS}。"]),
        (BEGUN, "", []),
        (f"{STAYS}。babazuotian", f"{STAYS}。", [f"{STAYS}。"]),
    ],
    ids=["behind what stays", "alone", "still being composed"],
)
def test_of_words_that_were_only_begun_when_the_interview_was_stopped_nothing_stays(
    desks: Desks, interview: str, changes: Changes, page: str, stays: str, left: list[str]
) -> None:
    me = desks["interviewer"]
    opened = stopped_with(me, interview, page)
    answers.off_record(me, replace(opened, text=stays), FULL)

    assert [one.set["text"] for one in changes(me, "answer")] == left
    assert wishes.waiting(me, interview) == []


def test_what_goes_on_behind_words_that_were_only_begun_is_not_kept_after_a_stop(
    desks: Desks, interview: str, changes: Changes
) -> None:
    me = desks["interviewer"]
    opened = stopped_with(me, interview, f"{STAYS}。{BEGUN}")
    later = replace(opened, text=f"{STAYS}。爸爸今天在家。")
    for _ in range(2):  # its answer may get lost
        with pytest.raises(OnlyTakenOut):
            answers.off_record(me, later, FULL)

    assert [one.set["text"] for one in changes(me, "answer")] == [f"{STAYS}。"]


def test_what_a_note_held_before_goes_with_the_words_though_it_says_them_no_more(
    desks: Desks, interview: str, clear: Callable[[Database], bytes]
) -> None:
    me = desks["interviewer"]
    answers.save(me, note(interview, f"{STAYS}。{BEGUN}", "editor-of-0"))
    seal(me)
    opened = stopped_with(me, interview, f"{STAYS}。")
    assert BEGUN.encode() in clear(me.db)  # the control
    answers.off_record(me, opened, FULL)

    assert BEGUN.encode() not in clear(me.db)
    assert questions.page(me, interview).questions[0].text_now == f"{STAYS}。"


def test_words_begun_on_a_page_that_was_opened_on_what_another_had_saved_go_after_a_stop(
    desks: Desks, interview: str, changes: Changes
) -> None:
    me = desks["interviewer"]
    answers.save(me, note(interview, f"{STAYS}。{BEGUN}"))
    line = shown(me, interview)
    stops.finish(me, interview, stops.begin(me, interview, "stop_keep").mark)
    answers.off_record(me, note(interview, f"{STAYS}。", line.editor, line.base), FULL)

    assert [one.set["text"] for one in changes(me, "answer")] == [f"{STAYS}。"]


def test_another_version_of_which_nobody_knows_whether_it_holds_the_words_waits_for_a_person(
    desks: Desks, interview: str, changes: Changes
) -> None:
    me = desks["interviewer"]
    opened = stopped_with(me, interview, f"{STAYS}。{FULL}", BEGUN)
    with pytest.raises(NotTakenOut):
        answers.off_record(me, replace(opened, text=f"{STAYS}。"), FULL)

    assert sorted(one.set["text"] for one in changes(me, "answer")) == sorted([f"{STAYS}。", BEGUN])
    assert [wish.question for wish in wishes.waiting(me, interview)] == ["W1"]


@pytest.mark.parametrize(("other", "unsure"), [(BEGUN, True), (f"另一页。{FULL}", False), (f"{STAYS}。", False)])
def test_it_is_said_where_another_version_may_hold_a_part_of_the_words(
    desks: Desks, interview: str, other: str, *, unsure: bool
) -> None:
    me = desks["interviewer"]
    answers.save(me, note(interview, other, OTHER))
    answers.save(me, note(interview, f"{STAYS}。{FULL}"))
    for _ in range(2):  # its answer may get lost
        gone = answers.off_record(me, note(interview, f"{STAYS}。"), FULL)
        assert (gone.elsewhere, gone.unsure) == (False, unsure)


@pytest.mark.parametrize(
    ("stood", "words", "left"),
    [
        (f"{STAYS}。{GOES}。", f"{GOES}。", f"{STAYS}。"),
        (f"{STAYS}。{GOES}", f"{GOES}的话。", f"{STAYS}。"),
        (f"{STAYS}。", f"{GOES}。", f"{STAYS}。"),
        ("", f"{GOES}。", ""),
    ],
    ids=["said", "begun", "not saved yet", "nothing saved"],
)
def test_words_go_though_what_stays_is_too_long_to_be_kept(
    desks: Desks, interview: str, clear: Callable[[Database], bytes], stood: str, words: str, left: str
) -> None:
    me = desks["interviewer"]
    page = note(interview, stood)
    answers.save(me, page)
    off = replace(page, text=f"{STAYS}。{'误' * 50_000}")
    for _ in range(2):  # its answer may get lost
        gone = answers.off_record(me, off, words)

    assert not gone.whole
    assert GOES.encode() not in clear(me.db).lower()
    assert shown(me, interview).text_now == left
    answers.save(me, note(interview, f"{STAYS}。再写", gone.editor, gone.base))
    assert (shown(me, interview).text_now, shown(me, interview).others) == (f"{STAYS}。再写", [])


def test_a_word_that_stands_inside_a_sentence_waits_for_a_person_until_the_note_is_gone(
    desks: Desks, refused: Refused, interview: str
) -> None:
    me = desks["interviewer"]
    page = stopped_with(me, interview, "我的妈妈的手机是新的")
    off = replace(page, text="", ago=(600.0,))
    told = refused(NotTakenOut, "interviewer", lambda desk: answers.off_record(desk, off, "我的"))
    assert "今天" in told.sentence("zh_CN")

    (wish,) = wishes.waiting(me, interview)
    assert (wish.what, wish.question) == ("off_record", "W1")
    assert "我的" not in str(wish)
    answers.erase(me, interview, "W1")
    assert wishes.waiting(me, interview) == []
