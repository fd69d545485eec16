from __future__ import annotations

import errno
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from fieldkit.acts import (
    assents,
    attachments,
    backups,
    checks,
    consents,
    exchange,
    handover,
    hubs,
    interviews,
    people,
    readiness,
    removals,
    stops,
    users,
    withdrawals,
)
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.attachments import (
    AttachedElsewhere,
    CutOff,
    ItemNotInForce,
    NotThisPicture,
    NotWhole,
    TakenBack,
    TooLarge,
    TooYoung,
)
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk, sit_down
from fieldkit.errors import DiskFull, NotAllowed, NotFound, Refusal
from fieldkit.rules import attachments as rules
from fieldkit.rules.consent import STOP_DISCARD
from fieldkit.store import attachments as kept_chunks
from fieldkit.store import keys, log, ticks
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder
from sync import bundle, chunk
from sync.centre import Centre
from sync.client import Card
from sync.hub import create_app
from sync.hub_server import listening
from sync.replica import Report

Desks = dict[str, Desk]
Says = Callable[..., GuardianAnswer]
Carry = Callable[[Desk, Desk], Report]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
SOME_BYTES = 300_000  # a file of a stick: of records all, or one chunk
SOUND = b"the river behind the house " * 30_000  # four chunks


def _add(desk: Desk, interview: str, media: str = "audio/mpeg", content: bytes = SOUND) -> str:
    return attachments.add(desk, interview, media, len(content), BytesIO(content))


def _heard(desk: Desk, interview: str, id_: str) -> bytes:
    return b"".join(attachments.open_one(desk, interview, id_).parts)


def _files(desk: Desk) -> list[Path]:
    return sorted(desk.folder.attachments.iterdir())


def _everything(desk: Desk) -> list[Path]:
    return [path for path in desk.folder.path.rglob("*") if path.is_file()]


@pytest.fixture
def talk(desks: Desks, consented: str) -> str:
    """An interview to whose recording guardian and child agreed; of pictures nothing was said."""
    said = ChildAnswer("yes", (1, 2, 3), "child_oral", items={"audio": "yes"})
    assents.record(desks["interviewer"], consented, said)
    return interviews.start(desks["interviewer"], consented, KEPT)


@pytest.mark.parametrize("media", ["audio/mpeg", "video/mp4", "image/jpeg", "application/zip", "", "audio"])
def test_v39_what_guardian_and_child_have_not_both_agreed_to_is_not_attached(
    refused: Refused, interview: str, media: str
) -> None:
    told = refused(ItemNotInForce, "interviewer", lambda desk: attachments.check(desk, interview, media, 5))
    refused(ItemNotInForce, "interviewer", lambda desk: _add(desk, interview, media))

    assert told.code == "V39"


@pytest.mark.parametrize("media", ["image/jpeg", "image/svg+xml", "video/mp4", "audio/"])
def test_a_yes_to_recordings_permits_nothing_else(refused: Refused, talk: str, desks: Desks, media: str) -> None:
    refused(ItemNotInForce, "interviewer", lambda desk: _add(desk, talk, media))
    assert _files(desks["interviewer"]) == []


def test_only_an_interviewer_attaches_and_only_to_an_interview_that_is_here(
    refused: Refused, desks: Desks, interview: str
) -> None:
    others = "coordinator translator sg_lead"
    refused(NotAllowed, others, lambda desk: attachments.check(desk, interview, "audio/mpeg", 5))
    refused(NotAllowed, others, lambda desk: _add(desk, interview))
    refused(NotAllowed, others, lambda desk: attachments.erase(desk, interview, "x"))
    refused(NotAllowed, "translator sg_lead", lambda desk: attachments.listing(desk, interview))
    refused(NotAllowed, "translator sg_lead", lambda desk: attachments.open_one(desk, interview, "x"))
    case = people.listing(desks["interviewer"])[0]
    withdrawals.withdraw_each(desks["interviewer"], [case.id])

    for name in (interview, "nobody"):
        refused(NotFound, "interviewer", partial(attachments.check, interview=name, media="audio/mpeg", size=5))


def test_the_page_offers_only_what_both_agreed_to(refused: Refused, talk: str, consented: str, desks: Desks) -> None:
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: attachments.permitted(desk, talk))
    assert attachments.permitted(desks["interviewer"], talk) == ("audio",)
    withdrawals.withdraw_each(desks["interviewer"], [consented], "audio", "child")
    assert attachments.permitted(desks["interviewer"], talk) == ()


def test_where_the_study_records_nobody_under_fourteen_no_recording_is_taken(
    refused: Refused, talk: str, desks: Desks, carry: Carry
) -> None:
    readiness.keep(desks["coordinator"], {"audio_under_14": "no"})
    assert attachments.permitted(desks["interviewer"], talk) == ("audio",)  # not heard of it yet
    carry(desks["coordinator"], desks["interviewer"])

    refused(TooYoung, "interviewer", lambda desk: attachments.check(desk, talk, "audio/mpeg", 5))
    refused(TooYoung, "interviewer", lambda desk: _add(desk, talk))
    assert attachments.permitted(desks["interviewer"], talk) == ()


def test_what_is_too_large_or_came_only_in_part_leaves_nothing(
    refused: Refused, talk: str, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = len(SOUND)
    for size in (0, whole + 1):
        short = partial(attachments.add, interview=talk, media="audio/wav", size=size)
        refused(CutOff, "interviewer", lambda desk, act=short: act(desk, source=BytesIO(SOUND)))  # type: ignore[misc]
    monkeypatch.setattr(rules, "LARGEST", 1024**2)
    refused(TooLarge, "interviewer", lambda desk: attachments.check(desk, talk, "audio/wav", 1024**2 + 1))
    assert _files(desks["interviewer"]) == []


PLANTED, SHOWN = b"N33.6217-E114.6411-qzK8w2", b"shown-to-the-eye-7Rk2p"
JPEG = b"\xff\xd8\xff\xe1\x00\x1b" + PLANTED + b"\xff\xda\x00\x02" + SHOWN + b"\xff\xd9" + PLANTED


@pytest.fixture
def shown(desks: Desks, child: str, says: Says) -> str:
    """An interview in which guardian and child agreed to pictures, by a form that asks for them."""
    me, yes = desks["interviewer"], {"photo_object": "yes"}
    whole = says(me, child)
    consents.record(me, child, replace(whole, items={**whole.items, **yes}))
    assents.record(me, child, ChildAnswer("yes", (1, 2, 3), "child_oral", items=yes))
    return interviews.start(me, child, KEPT)


def test_a_picture_of_which_nobody_knows_what_it_gives_away_is_not_taken(
    refused: Refused, shown: str, desks: Desks
) -> None:
    for media in ("image/heic", "image/webp", "image/gif"):
        refused(NotThisPicture, "interviewer", partial(attachments.check, interview=shown, media=media, size=5))
        refused(NotThisPicture, "interviewer", lambda desk, media=media: _add(desk, shown, media))  # type: ignore[misc]
    refused(NotThisPicture, "interviewer", lambda desk: _add(desk, shown, "image/png", JPEG))
    short = partial(attachments.add, interview=shown, media="image/jpeg", size=len(JPEG))
    refused(CutOff, "interviewer", lambda desk: short(desk, source=BytesIO(JPEG[:40])))
    refused(CutOff, "interviewer", lambda desk: short(desk, source=BytesIO(JPEG[:-3])))
    assert _files(desks["interviewer"]) == []


def test_a_picture_is_kept_without_what_the_camera_wrote_into_it(shown: str, desks: Desks) -> None:
    me = desks["interviewer"]
    id_ = _add(me, shown, "image/jpeg", JPEG)
    kept = _heard(me, shown, id_)

    assert (JPEG.count(PLANTED), kept) == (2, b"\xff\xd8\xff\xda\x00\x02" + SHOWN + b"\xff\xd9")
    assert [one.bytes for one in attachments.listing(me, shown)] == [len(kept)]


@pytest.mark.parametrize("at", [1, 3])
def test_a_full_disk_leaves_nothing(
    refused: Refused, talk: str, desks: Desks, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    stage, calls = kept_chunks.stage, []

    def failing(scratch: Path, one: chunk.Chunk) -> Path:
        calls.append(one)
        if len(calls) == at:
            raise OSError(errno.ENOSPC, "full")
        return stage(scratch, one)

    monkeypatch.setattr(kept_chunks, "stage", failing)
    refused(DiskFull, "interviewer", lambda desk: _add(desk, talk))
    assert _files(desks["interviewer"]) == []
    assert [path for path in _everything(desks["interviewer"]) if "scratch" in str(path)] == []


def test_a_disk_that_is_full_at_the_last_moment_is_not_left_fuller(
    refused: Refused, talk: str, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = desks["interviewer"]
    settle, commit, settled = kept_chunks.settle, Database._commit, list[int]()

    def settling(*those: Any) -> None:
        settle(*those)
        settled.append(len(_files(me)))

    def full(self: Database, connection: Any) -> None:
        if len(settled) == 1 and connection is self._writer:
            settled.append(0)
            raise DiskFull
        commit(self, connection)

    monkeypatch.setattr(kept_chunks, "settle", settling)
    monkeypatch.setattr(Database, "_commit", full)
    refused(DiskFull, "interviewer", lambda desk: _add(desk, talk))
    assert (settled, _files(me), attachments.listing(me, talk)) == ([4, 0], [], [])
    assert _heard(me, talk, _add(me, talk)) == SOUND


def test_what_was_attached_comes_out_as_it_went_in_and_lies_nowhere_in_clear(talk: str, desks: Desks) -> None:
    me = desks["interviewer"]
    id_ = _add(me, talk)

    assert _heard(me, talk, id_) == SOUND
    line = attachments.listing(me, talk)[0]
    assert (line.id, line.media, line.bytes, line.whole, line.usable, line.mine) == (
        id_, "audio/mpeg", len(SOUND), True, True, True,
    )  # fmt: skip
    assert len(_files(me)) == 4
    assert not [path for path in _everything(me) if SOUND[:27] in path.read_bytes()]
    assert checks.check(me).ok


POINTS = [
    "within the chunks",
    "before any is in its place",
    "before all are in their place",
    "before the folder is flushed",
    "before the commit",
    "never",
]


@pytest.mark.parametrize("point", POINTS)
def test_a_program_that_is_killed_on_the_way_has_attached_all_of_it_or_nothing(
    talk: str, desks: Desks, passphrase: str, point: str
) -> None:
    me = desks["interviewer"]
    path = me.folder.path
    me.db.close()
    me.folder.close()
    writer = [sys.executable, str(Path(__file__).with_name("attachment_writer.py")), str(path), passphrase, talk, point]
    ended = subprocess.run(writer, input=SOUND, stdout=subprocess.PIPE, check=False)
    assert ended.returncode == -signal.SIGKILL

    told = ended.stdout.decode().split()
    with closing(Folder.open(path)) as folder:
        again = users.unlock(folder, users.slots(folder)[0].code, passphrase, me.clock)
        with closing(again.db):
            assert [one.id for one in attachments.listing(again, talk)] == told
            assert [_heard(again, talk, id_) for id_ in told] == [SOUND] * len(told)
            assert (len(told), len(_files(again))) == ((1, 4) if point == "never" else (0, 0))
            assert not list(path.glob("scratch-*"))
            assert checks.check(again).ok


def test_a_yes_that_is_taken_back_hides_what_was_attached_and_the_one_who_did_deletes_it(
    refused: Refused, talk: str, consented: str, desks: Desks
) -> None:
    me = desks["interviewer"]
    id_ = _add(me, talk)
    withdrawals.withdraw_each(me, [consented], "audio", "child")

    refused(TakenBack, "interviewer", lambda desk: attachments.open_one(desk, talk, id_))
    refused(ItemNotInForce, "interviewer", lambda desk: _add(desk, talk))
    assert [one.usable for one in attachments.listing(me, talk)] == [False]
    attachments.erase(me, talk, id_)
    assert (_files(me), attachments.listing(me, talk)) == ([], [])
    refused(NotFound, "interviewer", lambda desk: attachments.open_one(desk, talk, id_))


def test_a_damaged_chunk_is_told_never_played_and_asked_for_again(talk: str, desks: Desks) -> None:
    me = desks["interviewer"]
    id_ = _add(me, talk)
    stick = me.folder.path / "stick"
    handover.write(me, stick)
    _files(me)[2].write_bytes(b"rotten")

    with pytest.raises(NotWhole):
        attachments.open_one(me, talk, id_)
    assert [one.whole for one in attachments.listing(me, talk)] == [False]
    assert handover.read(me, stick).chunks_new == 1
    assert _heard(me, talk, id_) == SOUND


def test_a_bundle_brings_it_to_the_coordinator_who_cannot_delete_it_but_the_author_can(
    talk: str, desks: Desks, tmp_path: Path
) -> None:
    me, coordinator, translator = desks["interviewer"], desks["coordinator"], desks["translator"]
    id_ = _add(me, talk)
    info = handover.write(me, tmp_path / "stick")
    report = handover.read(coordinator, tmp_path / "stick")
    handover.read(translator, tmp_path / "stick")

    assert (info.chunks, report.chunks_new, report.newer) == (4, 4, 0)
    assert handover.read(coordinator, tmp_path / "stick").chunks_known == 4
    assert _heard(coordinator, talk, id_) == SOUND
    assert len(_files(translator)) == 4
    attachments.erase(me, talk, id_)
    handover.write(me, tmp_path / "later")
    for desk in (coordinator, translator):
        handover.read(desk, tmp_path / "later")
        assert _files(desk) == []
        again = handover.read(desk, tmp_path / "stick")
        assert (again.chunks_blocked, again.chunks_new, _files(desk)) == (4, 0, [])


def test_what_another_laptop_attached_is_deleted_there(refused: Refused, talk: str, desks: Desks) -> None:
    me = desks["interviewer"]
    id_ = _add(me, talk)
    with me.db.writing() as tables:
        (mine,) = log.of_record(tables, id_)
        theirs = replace(mine, id="theirs", device="L9", record="elsewhere")
        log.insert(tables, theirs, theirs.encoded(), "a stick", None)
        log.settle(tables, [theirs])

    assert {one.id: one.mine for one in attachments.listing(me, talk)} == {id_: True, "elsewhere": False}
    refused(AttachedElsewhere, "interviewer", lambda desk: attachments.erase(desk, talk, "elsewhere"))
    assert len(_files(me)) == 4


def test_a_talk_of_which_nothing_stays_takes_its_recording_along(talk: str, desks: Desks, tmp_path: Path) -> None:
    me, coordinator = desks["interviewer"], desks["coordinator"]
    _add(me, talk)
    handover.write(me, tmp_path / "before")
    handover.read(coordinator, tmp_path / "before")
    stops.finish(me, talk, stops.begin(me, talk, STOP_DISCARD).mark)

    assert _files(me) == []
    handover.write(me, tmp_path / "after")
    handover.read(coordinator, tmp_path / "after")
    assert _files(coordinator) == []
    assert all(checks.check(desk).ok for desk in (me, coordinator))


def _ticked(*desks: Desk) -> list[tuple[int, int]]:
    """How many interviews are carried, and how many verified, on each of these."""
    found = []
    for desk in desks:
        with desk.db.reading() as tables:
            found.append(ticks.counted(tables))
    return found


def test_no_tick_and_no_receipt_says_that_a_recording_arrived_which_did_not(
    talk: str, desks: Desks, tmp_path: Path
) -> None:
    me, coordinator = desks["interviewer"], desks["coordinator"]
    _add(me, talk)
    stick = tmp_path / "stick"
    info = handover.write(me, stick, SOME_BYTES)
    later = [bundle.part_path(stick, number) for number in range(2, info.parts + 1)]
    assert (_ticked(me), len(later) > 1) == ([(1, 0)], True)

    handover.read(coordinator, stick)  # the records, of the recording nothing
    assert (_ticked(coordinator), attachments.listing(coordinator, talk)[0].whole) == ([(0, 0)], False)
    handover.read(me, handover.write(coordinator, tmp_path / "first").path)
    assert _ticked(me) == [(1, 0)]

    for path in later[:-1]:
        handover.read(coordinator, path)
    assert _ticked(coordinator) == [(0, 0)]
    handover.read(coordinator, later[-1])
    assert _ticked(coordinator) == [(1, 1)]
    handover.read(me, handover.write(coordinator, tmp_path / "second").path)
    assert _ticked(me) == [(1, 1)]


def test_a_recording_that_was_found_damaged_while_a_stick_was_written_is_not_on_it(
    talk: str, desks: Desks, tmp_path: Path
) -> None:
    me = desks["interviewer"]
    _add(me, talk)
    whole = tmp_path / "whole"
    handover.write(me, whole)
    _files(me)[2].write_bytes(b"rotten")
    info = handover.write(me, tmp_path / "stick")

    assert (info.chunks, attachments.listing(me, talk)[0].whole, _ticked(me)) == (3, False, [(0, 0)])
    handover.read(me, whole)
    handover.write(me, tmp_path / "again")
    assert (attachments.listing(me, talk)[0].whole, _ticked(me)) == (True, [(1, 0)])


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder.open(tmp_path / "fresh")
    yield folder
    folder.close()


def test_a_backup_brings_recordings_back_but_none_that_was_erased_since(
    talk: str, desks: Desks, fresh: Folder, passphrase: str, tmp_path: Path
) -> None:
    me = desks["interviewer"]
    gone, stays = _add(me, talk), _add(me, talk, content=SOUND[:300_000])
    backups.write(me, tmp_path / "b.backup")
    attachments.erase(me, talk, gone)
    shutil.copy2(me.folder.erased_log, fresh.path)
    backups.restore(fresh, tmp_path / "b.backup", passphrase)

    code, key = next((slot["code"], keys.open_slot(slot, passphrase)) for slot in fresh.slots)
    with closing(fresh.open_database(key[0], me.clock.now())) as db:
        there = sit_down(fresh, db, code, key[1], me.clock)
        assert [one.id for one in attachments.listing(there, talk)] == [stays]
        assert _heard(there, talk, stays) == SOUND[:300_000]
        assert len(_files(there)) == 2


def test_a_backup_without_recordings_can_be_read_by_older_programs(desks: Desks, tmp_path: Path) -> None:
    backups.write(desks["interviewer"], tmp_path / "b.backup")
    assert (tmp_path / "b.backup").read_bytes().startswith(b"fieldkit backup 1\n")


def test_a_chunk_that_is_lost_here_does_not_stop_a_backup(talk: str, desks: Desks, tmp_path: Path) -> None:
    me = desks["interviewer"]
    _add(me, talk)
    _files(me)[1].unlink()
    backups.write(me, tmp_path / "b.backup")
    assert (tmp_path / "b.backup").read_bytes().startswith(b"fieldkit backup 2\n")


@contextmanager
def _hub(coordinator: Desk, path: Path, *desks: Desk) -> Iterator[Centre]:
    """A hub over the network, whose card all of *desks* have."""
    told = hubs.read_pass(hubs.write_pass(coordinator))
    centre = hubs.opened(told, f"sqlite:///{path}", "CN", lambda: "2026-05-01T10:00")
    with closing(centre), listening(create_app(centre), "127.0.0.1", 0) as server:
        card = hubs.write_card(Card(centre.study, f"http://127.0.0.1:{server.bind_addr[1]}", centre.key))
        for desk in desks:
            exchange.take_card(desk, card)
        yield centre


def test_the_hub_gets_what_is_attached_and_the_coordinator_gets_it_there(
    talk: str, desks: Desks, tmp_path: Path
) -> None:
    me, coordinator = desks["interviewer"], desks["coordinator"]
    id_ = _add(me, talk)
    with _hub(coordinator, tmp_path / "hub.db", me, coordinator) as centre:
        for desk in (me, coordinator):
            assert exchange.run(desk).done
            assert _ticked(desk) == [(1, 1)]
        assert centre.status()["chunks"] == 4
        assert _heard(coordinator, talk, id_) == SOUND
        attachments.erase(me, talk, id_)
        for desk in (me, coordinator):
            assert exchange.run(desk).done
        assert (centre.status()["chunks"], _files(coordinator)) == (0, [])


def test_what_is_damaged_here_holds_nothing_up_and_nobody_says_that_it_arrived(
    talk: str, desks: Desks, tmp_path: Path
) -> None:
    me = desks["interviewer"]
    _add(me, talk)
    handover.write(me, tmp_path / "stick")
    _files(me)[1].write_bytes(b"rotten")
    with _hub(desks["coordinator"], tmp_path / "hub.db", me) as centre:
        assert exchange.run(me).done
        assert (centre.status()["chunks"], attachments.listing(me, talk)[0].whole, _ticked(me)) == (3, False, [(0, 0)])
        handover.read(me, tmp_path / "stick")
        assert exchange.run(me).done
        assert (centre.status()["chunks"], attachments.listing(me, talk)[0].whole, _ticked(me)) == (4, True, [(1, 1)])


def test_of_a_child_that_is_gone_no_chunk_is_left_on_a_laptop_in_a_copy_there_or_at_the_hub(
    talk: str, consented: str, desks: Desks, carry: Carry, tmp_path: Path
) -> None:
    me, coordinator, translator = desks["interviewer"], desks["coordinator"], desks["translator"]
    _add(me, talk)
    sealed = [path.read_bytes() for path in _files(me)]
    backups.write(me, me.folder.backups / backups.new_name(me))

    def holding() -> list[str]:
        at_hub = [path for path in (tmp_path / "hub").iterdir() if path.is_file()]
        places = {desk.device.name: _everything(desk) for desk in (me, coordinator, translator)} | {"hub": at_hub}
        return [
            f"{name} {path.suffix}"
            for name, paths in places.items()
            for path in paths
            if any(part in path.read_bytes() for part in sealed)
        ]

    (tmp_path / "hub").mkdir()
    with _hub(coordinator, tmp_path / "hub" / "hub.db", me, coordinator) as centre:
        assert exchange.run(me).done
        assert exchange.run(coordinator).done
        carry(coordinator, translator)
        backups.write(translator, translator.folder.backups / backups.new_name(translator))
        assert (centre.status()["chunks"], len(holding()) >= 3 * len(sealed) + 2) == (4, True)

        withdrawals.withdraw_each(me, [consented], requested_by="guardian", relation="mother")
        assert exchange.run(me).done
        assert exchange.run(coordinator).done
        removals.confirm(coordinator, consented, coordinator.today, told_all=True)
        assert exchange.run(coordinator).done
        assert exchange.run(me).done
        carry(coordinator, translator)
        for desk in (me, translator):
            backups.renew(desk)
        assert (centre.status()["chunks"], holding()) == (0, [])
    assert all(checks.check(desk).ok for desk in (me, coordinator, translator))
