"""The chunks beside a database: judged as they come, counted once their row is there, gone with their order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from fieldkit.acts.desk import Desk
from fieldkit.records import Change
from fieldkit.store import attachments
from fieldkit.store.database import Tables
from sync import chunk
from sync.canonical import b64, encode
from sync.chunk import Chunk, Owner

Desks = dict[str, Desk]
KEY = bytes(32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "attachments"
    made.mkdir()
    return made


def _sealed(
    desk: Desk, number: int = 1, alias: str = "river", device: str = "", signer: SigningKey | None = None
) -> Chunk:
    owner = Owner("recording", device or desk.device.id, "research/A", alias)
    return chunk.seal(owner, number, b"part %d" % number, KEY, signer or desk.device.pair.signer)


def _keep(tables: Tables, folder: Path, *those: Chunk) -> None:
    attachments.settle(tables, folder, [(attachments.stage(folder.parent, one), one) for one in those])


def test_a_stranger_a_forger_and_an_erased_child_bring_nothing_in(desks: Desks) -> None:
    me = desks["interviewer"]
    with me.db.writing() as tables:
        assert attachments.judged(tables, _sealed(me, device="L9")) == attachments.PARKED
        assert attachments.judged(tables, _sealed(me, signer=SigningKey(bytes(32)))) == attachments.DAMAGED
        one = _sealed(me)
        assert attachments.judged(tables, one) == attachments.NEW
        assert attachments.judged(tables, Chunk(one.label_bytes, one.content[:-1])) == attachments.DAMAGED
        tables.execute("INSERT INTO erased_aliases VALUES ('research/A', 'river')")
        assert attachments.judged(tables, one) == attachments.BLOCKED
        assert attachments.judged(tables, _sealed(me, alias="brook")) == attachments.NEW


def test_only_the_device_that_made_it_lets_an_attachment_be_gone(desks: Desks, folder: Path) -> None:
    me, one = desks["interviewer"], _sealed(desks["interviewer"])
    with me.db.writing() as tables:
        _keep(tables, folder, one)
        attachments.drop(tables, "L9", ["recording"])
        assert attachments.judged(tables, one) == attachments.KNOWN
        attachments.drop(tables, me.device.id, ["recording"])
        assert attachments.judged(tables, one) == attachments.BLOCKED
        assert attachments.held(tables) == {}
        attachments.sweep(tables, folder)
    assert list(folder.iterdir()) == []


def test_what_a_coordinator_has_erased_goes_whoever_made_it_in_the_drawer_that_is_named(
    desks: Desks, folder: Path
) -> None:
    me, one = desks["interviewer"], _sealed(desks["interviewer"])
    with me.db.writing() as tables:
        _keep(tables, folder, one)
        attachments.redact(tables, "research/B", ["recording"])
        attachments.redact(tables, "research/A", ["another"])
        assert attachments.judged(tables, one) == attachments.KNOWN
        attachments.redact(tables, "research/A", ["recording"])
        assert attachments.judged(tables, one) == attachments.BLOCKED
        assert attachments.held(tables) == {}


def test_a_file_that_is_lost_saves_no_other_from_being_swept_away(desks: Desks, folder: Path) -> None:
    me = desks["interviewer"]
    one, other = _sealed(me, 1), _sealed(me, 2)
    with me.db.writing() as tables:
        _keep(tables, folder, one)
        (folder / one.name).rename(folder / other.name)
        attachments.sweep(tables, folder)
    assert list(folder.iterdir()) == []


def test_what_lies_damaged_or_not_at_all_is_never_handed_on(desks: Desks, folder: Path) -> None:
    me = desks["interviewer"]
    those = [_sealed(me, number) for number in (1, 2, 3)]
    names, broken = [one.name for one in those], list[str]()
    with me.db.writing() as tables:
        _keep(tables, folder, *those)
        assert (list(attachments.every(tables, folder, broken)), broken) == (those, [])
        (folder / names[0]).unlink()
        (folder / names[1]).write_bytes(b"rotten")
        assert (list(attachments.every(tables, folder, broken)), broken) == (those[2:], names[:2])
        assert attachments.broken(tables, folder, names) == names[:2]
        assert sorted(attachments.missing(tables, folder)) == sorted(names[:2])
        attachments.forget(tables, names[:2])
        assert attachments.held(tables) == {"recording": names[2:]}
        assert list(attachments.every(tables, None, broken)) == []


def test_a_backups_third_part_is_cut_up_as_it_was_joined_and_what_does_not_fit_is_forgotten(
    desks: Desks, folder: Path, tmp_path: Path
) -> None:
    me, out = desks["interviewer"], tmp_path / "out"
    out.mkdir()
    those = [_sealed(me, number) for number in (1, 2, 3)]
    with me.db.writing() as tables:
        _keep(tables, folder, *those)
        joined = bytearray(b"".join(path.read_bytes() for path in attachments.listed(tables, folder)))
        joined[-1] ^= 1
        (tmp_path / "joined").write_bytes(joined)
        attachments.lay_out(tables, tmp_path / "joined", out)
        last = max(one.name for one in those)
        assert {path.name for path in out.iterdir()} == {one.name for one in those} - {last}
        assert attachments.count(tables) == 2


def _recorded(tables: Tables, me: Desk, *names: str) -> None:
    facts = {"interview": "talk", "media": "audio/mpeg", "bytes": 1, "key": "", "chunks": list(names)}
    change = Change("c1", "li", me.device.id, 1, "", "research/A", "attachment", "recording", facts, subject="kid")
    tables.execute(
        "INSERT INTO changes (id, drawer, subject, kind, record, tick, author, device, grounds, body, batch) "
        "VALUES ('c1', 'research/A', 'kid', 'attachment', 'recording', 1, 'li', ?, '[]', ?, 'a stick')",
        [me.device.id, change.encoded()],
    )
    tables.execute(
        "INSERT INTO attachments (id, subject, interview, media, chunks) VALUES ('recording', 'kid', 'talk', ?, ?)",
        ["audio/mpeg", json.dumps(names)],
    )


def test_a_chunk_that_the_record_does_not_name_is_none_of_it(desks: Desks, folder: Path) -> None:
    me = desks["interviewer"]
    good, early, late = (_sealed(me, number) for number in (1, 2, 3))
    with me.db.writing() as tables:
        _keep(tables, folder, good, early)
        _recorded(tables, me, good.name)
        assert attachments.held(tables) == {"recording": [good.name]}
        assert attachments.judged(tables, late) == attachments.DAMAGED


def test_what_came_under_another_attachment_gives_way_to_the_one_whose_record_names_it(
    desks: Desks, folder: Path
) -> None:
    me = desks["interviewer"]
    good = _sealed(me)
    facts = {**json.loads(good.label_bytes), "attachment": "another"}
    del facts["signature"]
    signature = b64(me.device.pair.signer.sign(chunk.SIGNED_AS + encode(facts)).signature)
    stolen = Chunk(encode({**facts, "signature": signature}), good.content)
    with me.db.writing() as tables:
        _keep(tables, folder, stolen)
        assert attachments.judged(tables, good) == attachments.KNOWN
        _recorded(tables, me, good.name)
        assert attachments.judged(tables, good) == attachments.NEW
        _keep(tables, folder, good)
        assert attachments.judged(tables, stolen) == attachments.judged(tables, good) == attachments.KNOWN
        assert attachments.held(tables) == {"recording": [good.name]}
