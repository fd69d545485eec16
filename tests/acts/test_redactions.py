"""Single answers that a family takes back: hidden at once, deleted everywhere once the family was told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from fieldkit.acts import (
    answers,
    assents,
    attachments,
    checks,
    consents,
    datasets,
    exports,
    handover,
    interviews,
    people,
    questions,
    redactions,
    withdrawals,
)
from fieldkit.acts.answers import AnswerTakenBack, SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.redactions import OrderNotTaken
from fieldkit.acts.removals import NotTold, NotWithdrawn, ToldBeforeAsked
from fieldkit.errors import Invalid, Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import natural_id
from fieldkit.rules.calendars import DayToCome
from fieldkit.store import redactions as store
from fieldkit.store import standing
from fieldkit.store.database import Database
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]
WORDS, STAYS = "wq7xk2pz9vtb4 下雨放学的时候奶奶来接", "喜欢和表姐一起写作业"


def day(desk: Desk, back: int = 0) -> str:
    return (desk.clock.today() - timedelta(days=back)).isoformat()


def texts(desk: Desk, interview: str) -> dict[str, str]:
    page = questions.page(desk, interview)
    shown = [line for one in page.sections for line in questions.page(desk, interview, one.id).questions]
    return {line.id: line.text_now for line in shown if line.text_now}


SOUND = b"the river behind the house " * 30_000  # four chunks


@pytest.fixture
def recorded(desks: Desks, consented: str, tmp_path: Path) -> tuple[str, str]:
    """A recording of another laptop that coordinator and translator hold too; its interview and its record."""
    laptop, stick = desks["interviewer"], tmp_path / "day 3"
    assents.record(laptop, consented, ChildAnswer("yes", (1, 2, 3), "child_oral", items={"audio": "yes"}))
    interview = interviews.start(laptop, consented, KEPT)
    id_ = attachments.add(laptop, interview, "audio/mpeg", len(SOUND), BytesIO(SOUND))
    handover.write(laptop, stick)
    for role in ("coordinator", "translator"):
        handover.read(desks[role], stick)
    return interview, id_


def files(desk: Desk) -> int:
    return len(list(desk.folder.attachments.iterdir()))


@pytest.fixture
def said(desks: Desks, consented: str, interview: str, carry: Carry) -> list[str]:
    """A child with two notes in one block, which the coordinator holds too; returns the records of the notes."""
    desk = desks["interviewer"]
    lines = questions.page(desk, interview).questions[:2]
    for line, words in zip(lines, (WORDS, STAYS), strict=True):
        answers.save(desk, SaveAnswer(interview, line.id, line.editor, line.base, words))
    carry(desk, desks["coordinator"])
    return [natural_id("answer", interview, line.id) for line in lines]


def test_only_who_reads_answers_may_take_them_back_and_only_a_coordinator_deletes(
    refused: Refused, consented: str, said: list[str]
) -> None:
    for act in (redactions.due, redactions.gone, partial(redactions.one, subject=consented)):
        refused(NotAllowed, "interviewer translator sg_lead", act)
    refused(
        NotAllowed,
        "interviewer translator sg_lead",
        lambda desk: redactions.confirm(desk, consented, day(desk), told_all=True),
    )
    refused(NotAllowed, "translator sg_lead", lambda desk: withdrawals.take_back(desk, consented, said))
    refused(NotAllowed, "translator sg_lead", lambda desk: redactions.answers(desk, consented))


def test_nothing_that_is_no_answer_of_this_child_is_taken_back(
    refused: Refused, consented: str, said: list[str]
) -> None:
    roles = "interviewer coordinator"
    refused(Missing, roles, lambda desk: withdrawals.take_back(desk, consented, []))
    refused(Missing, roles, lambda desk: withdrawals.take_back(desk, consented, ["another child's"]))
    refused(NotFound, roles, lambda desk: withdrawals.take_back(desk, "nobody", said))
    refused(Invalid, roles, lambda desk: withdrawals.take_back(desk, consented, said, "a neighbour"))


def test_nobody_deletes_what_was_not_taken_back_or_before_the_family_was_told(
    refused: Refused, desks: Desks, consented: str, said: list[str]
) -> None:
    refused(NotWithdrawn, "coordinator", lambda desk: redactions.confirm(desk, consented, day(desk), told_all=True))
    withdrawals.take_back(desks["coordinator"], consented, said[:1])
    late = partial(redactions.confirm, subject=consented)
    refused(NotTold, "coordinator", lambda desk: late(desk, told_on=day(desk), told_all=False))
    refused(DayToCome, "coordinator", lambda desk: late(desk, told_on=day(desk, -2), told_all=True))
    refused(ToldBeforeAsked, "coordinator", lambda desk: late(desk, told_on=day(desk, 1), told_all=True))


@pytest.mark.parametrize("role", ["interviewer", "coordinator"])
def test_an_answer_that_is_taken_back_is_hidden_at_once_and_the_rest_stays(
    desks: Desks, consented: str, interview: str, said: list[str], role: str
) -> None:
    desk = desks[role]
    assert withdrawals.take_back(desk, consented, said[:1])

    assert list(texts(desk, interview).values()) == [STAYS]
    assert people.find(desk, "wq7xk2pz9vtb4") == []
    assert [line.record for line in redactions.answers(desk, consented)] == said[1:]
    assert checks.check(desk).problems == []


def test_nothing_more_is_written_into_it(desks: Desks, consented: str, interview: str, said: list[str]) -> None:
    desk = desks["interviewer"]
    withdrawals.take_back(desk, consented, said[:1])
    first, second = questions.page(desk, interview).questions[:2]
    with pytest.raises(AnswerTakenBack):
        answers.save(desk, SaveAnswer(interview, first.id, first.editor, first.base, "又写了"))

    answers.save(desk, SaveAnswer(interview, second.id, second.editor, second.base, "别的可以写"))


def test_until_it_is_deleted_a_coordinator_lets_it_count_again(
    desks: Desks, consented: str, interview: str, said: list[str], carry: Carry
) -> None:
    desk = desks["coordinator"]
    withdrawals.take_back(desks["interviewer"], consented, said[:1])
    carry(desks["interviewer"], desk)
    assert list(texts(desk, interview).values()) == [STAYS]
    with desk.db.writing() as tables:
        (asked,) = [event for event in standing.events(tables, consented) if event.answers]
        consents.void_within(desk, tables, consented, asked, "听错了孩子的话")
    carry(desk, desks["interviewer"])

    for one in (desk, desks["interviewer"]):
        assert list(texts(one, interview).values()) == [WORDS, STAYS]
    assert redactions.due(desk) == []


def test_what_waits_says_which_answers_go_who_wrote_them_and_how_many_stay(
    desks: Desks, consented: str, said: list[str], carry: Carry
) -> None:
    desk = desks["coordinator"]
    withdrawals.take_back(desks["interviewer"], consented, said[:1], "guardian", "mother")
    carry(desks["interviewer"], desk)
    (found,) = redactions.due(desk)

    assert (found.id, found.asked_by, found.since, found.until) == (consented, "guardian", day(desk), day(desk, -15))
    assert [(one.record, one.talk, one.text) for one in found.answers] == [(said[0], "S1", "")]
    assert found.answers[0].devices == (desks["interviewer"].device.name,)
    assert found.stay == 1
    assert redactions.one(desk, consented) == found


def test_it_is_gone_on_every_machine_and_each_says_so(
    desks: Desks, consented: str, interview: str, said: list[str], carry: Carry, clear: Callable[[Database], bytes]
) -> None:
    desk, laptop = desks["coordinator"], desks["interviewer"]
    with laptop.db.writing():
        laptop.db.leave_no_trace()
    assert WORDS[:13].encode() in clear(laptop.db)
    withdrawals.take_back(desk, consented, said[:1])
    kept = redactions.confirm(desk, consented, day(desk), told_all=True)
    (gone,) = redactions.gone(desk)
    assert (gone.id, gone.removed, len(gone.on), len(gone.waits_for)) == (kept, 1, 1, 3)
    assert redactions.due(desk) == []
    for role in ("interviewer", "sg_lead", "translator"):
        carry(desk, desks[role])
        carry(desks[role], desk)
    for one in (desk, laptop):
        assert list(texts(one, interview).values()) == [STAYS]
        assert checks.check(one).problems == []
        assert WORDS[:13].encode() not in clear(one.db)
    (gone,) = redactions.gone(desk)
    assert (len(gone.on), gone.waits_for, gone.told_on) == (4, (), day(desk))
    assert redactions.kept(desk, kept) == gone
    found = [checks.check(one).digests["research/A"] for one in (desk, laptop)]
    assert found[0] == found[1]


def test_what_the_child_takes_back_face_to_face_goes_at_once_from_the_laptop_that_wrote_it(
    desks: Desks, consented: str, interview: str, said: list[str], carry: Carry, clear: Callable[[Database], bytes]
) -> None:
    laptop = desks["interviewer"]
    assert not withdrawals.take_back(laptop, consented, said[:1], "child")
    assert WORDS[:13].encode() not in clear(laptop.db)
    carry(laptop, desks["coordinator"])

    assert list(texts(desks["coordinator"], interview).values()) == [STAYS]
    assert redactions.due(desks["coordinator"]) == []


def test_a_recording_that_nobody_took_back_is_not_deleted(
    refused: Refused, desks: Desks, consented: str, recorded: tuple[str, str]
) -> None:
    withdrawals.withdraw_each(desks["coordinator"], [consented], "photo")
    withdrawals.withdraw_each(desks["coordinator"], [consented], "quote")
    refused(NotWithdrawn, "coordinator", lambda desk: redactions.confirm(desk, consented, day(desk), told_all=True))
    assert redactions.due(desks["coordinator"]) == []


@pytest.mark.parametrize("role", ["interviewer", "coordinator"])
def test_a_recording_that_was_taken_back_is_gone_everywhere_whoever_made_it(
    desks: Desks, consented: str, recorded: tuple[str, str], said: list[str], role: str, tmp_path: Path, carry: Carry
) -> None:
    desk, (interview, id_) = desks["coordinator"], recorded
    withdrawals.withdraw_each(desks[role], [consented], "audio", "guardian")
    carry(desks[role], desk)
    (found,) = redactions.due(desk)
    assert [(one.record, one.media, one.bytes, one.devices) for one in found.recordings] == [
        (id_, "audio/mpeg", len(SOUND), (desks["interviewer"].device.name,))
    ]
    assert (found.answers, found.stay, found.since) == ((), 2, day(desk))
    kept = redactions.confirm(desk, consented, day(desk), told_all=True)

    handover.write(desk, tmp_path / "after")
    for other in ("interviewer", "translator", "coordinator"):
        handover.read(desks[other], tmp_path / "after")
        again = handover.read(desks[other], tmp_path / "day 3")
        assert (again.chunks_blocked, again.chunks_new, files(desks[other])) == (4, 0, 0)
        assert checks.check(desks[other]).problems == []
    assert attachments.listing(desk, interview) == attachments.listing(desks["interviewer"], interview) == []
    assert list(texts(desks["interviewer"], interview).values()) == [WORDS, STAYS]
    gone = redactions.kept(desk, kept)
    assert (gone.recordings, gone.removed, redactions.due(desk)) == (1, 0, [])


def test_what_is_taken_back_on_two_days_is_deleted_together(
    desks: Desks, consented: str, recorded: tuple[str, str], said: list[str]
) -> None:
    desk = desks["coordinator"]
    withdrawals.take_back(desk, consented, said[:1], "child")
    withdrawals.withdraw_each(desk, [consented], "audio", "guardian")
    (found,) = redactions.due(desk)
    assert (len(found.answers), len(found.recordings), found.asked_by, found.stay) == (1, 1, "both", 1)
    kept = redactions.kept(desk, redactions.confirm(desk, consented, day(desk), told_all=True))
    assert (kept.removed, kept.recordings, files(desk)) == (1, 1, 0)


def test_a_recording_that_comes_late_is_listed_once_more_and_one_that_is_agreed_to_again_is_not(
    desks: Desks, consented: str, recorded: tuple[str, str], carry: Carry
) -> None:
    desk, laptop = desks["coordinator"], desks["interviewer"]
    attachments.add(laptop, recorded[0], "audio/mpeg", len(SOUND), BytesIO(SOUND))
    withdrawals.withdraw_each(desk, [consented], "audio", "guardian")
    redactions.confirm(desk, consented, day(desk), told_all=True)
    carry(laptop, desk)
    assert [len(one.recordings) for one in redactions.due(desk)] == [1]
    with desk.db.writing() as tables:
        (notice,) = [event for event in standing.events(tables, consented) if event.scope == "audio"]
        consents.void_within(desk, tables, consented, notice, "听错了")
    assert redactions.due(desk) == []


def test_an_order_that_does_not_count_deletes_nothing(
    desks: Desks, consented: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desks["coordinator"]
    withdrawals.take_back(desk, consented, said[:1])
    monkeypatch.setattr(store, "take_in", lambda tables: set())
    with pytest.raises(OrderNotTaken):
        redactions.confirm(desk, consented, day(desk), told_all=True)

    assert len(redactions.due(desk)) == 1
    assert redactions.gone(desk) == []


def test_an_export_leaves_it_out(desks: Desks, consented: str, said: list[str]) -> None:
    desk = desks["coordinator"]
    assert {row.text for row in exports.dataset(desk).rows} == {WORDS, STAYS}
    withdrawals.take_back(desk, consented, said[:1])

    assert {row.text for row in exports.dataset(desk).rows} == {STAYS}
    table = datasets.merged(desk)["answers"]
    assert [row[table.columns.index("text")] for row in table.rows] == [STAYS]
