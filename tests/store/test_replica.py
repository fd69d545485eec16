from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from fieldkit.acts import answers, handover, questions
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.records import KINDS
from fieldkit.store import envelope, intake, log, machine, people, rebuild, replica
from fieldkit.store.database import Database
from fieldkit.store.keys import KeyPair
from fieldkit.store.log import Draft, Pen
from sync import block
from sync.block import Block, Place
from sync.errors import BadSignature
from sync.replica import Report, StreamInfo

Desks = dict[str, Desk]
Trio = dict[str, Database]
Carry = Callable[[Database, Database], Report]
TEXT = "奶奶在家，爸爸过年才回来"


@pytest.fixture
def noted(desks: Desks, interview: str, tmp_path: Path) -> str:
    """An interview with one note, on a laptop that has heard from the coordinator who else takes part."""
    handover.write(desks["coordinator"], tmp_path / "from the coordinator")
    handover.read(desks["interviewer"], tmp_path / "from the coordinator")
    line = questions.page(desks["interviewer"], interview).questions[0]
    said = SaveAnswer(interview, line.id, line.editor, line.base, TEXT)
    answers.save(desks["interviewer"], said)
    return interview


@pytest.fixture
def site() -> Callable[[Database, str, str], str]:
    """Write on which site 小满 lives: something that no consent is needed for; return the change's id."""

    def _site(store: Database, at: str, value: str) -> str:
        with store.writing() as tables:
            pen = Pen("li", at, "A", Clock())
            return log.append(tables, pen, Draft("participant", {"site": value}, record="kid", subject="kid")).id

    return _site


def _blocks(store: Database) -> list[Block]:
    with store.reading() as tables:
        return list(replica.StoreReplica(tables).blocks())


def _receive(store: Database, blocks: Iterable[Block], streams: Iterable[StreamInfo] = ()) -> Report:
    with store.writing() as tables:
        return replica.StoreReplica(tables, "stick").receive([], list(streams), list(blocks))


def _streams(store: Database) -> list[StreamInfo]:
    with store.reading() as tables:
        return replica.StoreReplica(tables).streams()


def _everything(store: Database) -> list[Any]:
    with store.reading() as tables:
        names = ("changes", "heads", "blocks", "streams", "parked", "orders", "participants", "standings", "machine")
        return [tables.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in names]


def _seal(store: Database) -> int:
    with store.writing() as tables:
        return replica.seal(tables)


def _first_of(store: Database, drawer: str, device: str) -> list[Block]:
    mine = {one.stream for one in _streams(store) if one.device == device and one.drawer == drawer}
    return [one for one in _blocks(store) if one.header.stream in mine]


def test_a_block_that_nobody_signed_is_no_block(trio: Trio, site: Any) -> None:
    site(trio["L1"], "L1", "A03")
    _seal(trio["L1"])
    good = _first_of(trio["L1"], "research/A", "L1")[0]
    stranger = block.seal_payload(_place(good), good.payload or b"", SigningKey.generate())
    report = _receive(trio["C1"], [stranger], _streams(trio["L1"]))
    assert (report.damaged, report.received, report.changes) == (1, 0, 0)
    assert stranger.hash not in {one.hash for one in _blocks(trio["C1"])}


def _place(one: Block) -> Any:
    header = one.header
    return Place(header.stream, header.position, header.previous, header.drawer, header.epoch, header.alias)


@pytest.mark.parametrize("damage", ["payload", "no payload", "another drawer's stream"])
def test_a_damaged_copy_is_counted_and_the_good_one_still_enters(trio: Trio, site: Any, damage: str) -> None:
    site(trio["L1"], "L1", "A03")
    _seal(trio["L1"])
    good, streams = _first_of(trio["L1"], "research/A", "L1")[0], _streams(trio["L1"])
    whole = good.payload or b""
    bad = {
        "payload": replace(good, payload=whole[:-1] + bytes([whole[-1] ^ 1])),
        "no payload": replace(good, payload=None),
        "another drawer's stream": block.seal_payload(
            replace(_place(good), drawer="vault/A"), good.payload or b"", _device(trio["L1"]).signer
        ),
    }[damage]
    before = len(_blocks(trio["C1"]))
    assert (_receive(trio["C1"], [bad], streams).damaged, len(_blocks(trio["C1"]))) == (1, before)
    assert _receive(trio["C1"], [good], streams).new == 1


def _device(store: Database) -> KeyPair:
    with store.reading() as tables:
        return machine.recall_self(tables).pair


@pytest.mark.parametrize("claim", [("research/A", "C1"), ("vault/A", "L1"), ("research/A", "nobody")])
def test_a_false_claim_about_a_stream_blocks_nobodys_data(trio: Trio, site: Any, claim: tuple[str, str]) -> None:
    site(trio["L1"], "L1", "A03")
    _seal(trio["L1"])
    good = _first_of(trio["L1"], "research/A", "L1")
    _receive(trio["C1"], [], [StreamInfo(good[0].header.stream, *claim)])
    report = _receive(trio["C1"], good, _streams(trio["L1"]))

    assert (report.new, report.damaged, report.parked) == (len(good), 0, 0)
    assert StreamInfo(good[0].header.stream, "research/A", "L1") in _streams(trio["C1"])


def test_a_block_after_a_hole_is_asked_for_again(trio: Trio, site: Any) -> None:
    for value in ("A03", "A04"):
        site(trio["L1"], "L1", value)
        _seal(trio["L1"])
    first, second = _first_of(trio["L1"], "research/A", "L1")
    report = _receive(trio["C1"], [second], _streams(trio["L1"]))
    assert (report.gaps, report.received, report.changes) == (1, 0, 0)
    assert second.hash not in {one.hash for one in _blocks(trio["C1"])}
    assert _receive(trio["C1"], [second, first], _streams(trio["L1"])).new == 2


def test_a_block_that_does_not_open_is_parked(trio: Trio, site: Any) -> None:
    site(trio["L1"], "L1", "A03")
    _seal(trio["L1"])
    with trio["C1"].writing() as tables:
        tables.execute("UPDATE drawer_keys SET key = ? WHERE drawer = 'research/A'", [bytes(32)])
    report = _receive(trio["C1"], _blocks(trio["L1"]), _streams(trio["L1"]))
    assert report.parked == 1
    assert report.adds_up()


def test_a_key_of_a_later_epoch_lets_a_parked_block_in(trio: Trio, site: Any) -> None:
    with trio["L1"].writing() as tables:
        machine.keep_key(tables, "research/A", 2, b"k" * 32)
    written = site(trio["L1"], "L1", "A03")
    _seal(trio["L1"])
    assert _receive(trio["C1"], _blocks(trio["L1"]), _streams(trio["L1"])).parked == 1
    with trio["C1"].writing() as tables:
        machine.keep_key(tables, "research/A", 2, b"k" * 32)
    report = _receive(trio["C1"], [])
    assert (report.received, report.changes_new) == (0, 1)
    with trio["C1"].reading() as tables:
        assert log.known(tables, written)


def test_blocks_of_a_device_that_no_order_names_wait_for_the_order(trio: Trio, site: Any) -> None:
    written = site(trio["L1"], "L1", "A03")
    _seal(trio["L1"])
    with trio["C1"].writing() as tables:
        orders = tables.execute("SELECT * FROM orders").fetchall()
        tables.execute("DELETE FROM orders")
        report = replica.StoreReplica(tables, "stick").receive([], _streams(trio["L1"]), _blocks(trio["L1"]))
        assert (report.parked, report.new, report.damaged) == (2, 0, 0)
        replica.StoreReplica(tables, "stick").receive([bytes(body) for _, _, body in orders], [], [])
        assert log.known(tables, written)
        assert tables.execute("SELECT count(*) FROM blocks WHERE standing = 'parked'").fetchone() == (0,)
        assert rebuild.differences(tables) == []


def test_an_order_that_is_not_signed_stops_the_batch_before_anything_is_kept(trio: Trio) -> None:
    with trio["L1"].reading() as tables:
        order = replica.StoreReplica(tables).orders()[0]
    before = _everything(trio["C1"])
    with pytest.raises(BadSignature), trio["C1"].writing() as tables:
        replica.StoreReplica(tables, "stick").receive([order.replace(b'"team":"A"', b'"team":"B"')], [], [])
    assert _everything(trio["C1"]) == before


def test_what_one_laptop_wrote_is_the_same_on_the_other(trio: Trio, site: Any, carry: Carry) -> None:
    site(trio["L1"], "L1", "A03")
    report = carry(trio["L1"], trio["L2"])
    assert (report.new, report.changes_new, report.foreign) == (1, 1, 1)  # the envelope is for nobody here
    assert report.adds_up()
    with trio["L1"].reading() as one, trio["L2"].reading() as two:
        assert rebuild.digests(one) == rebuild.digests(two)
        assert rebuild.differences(two) == []


def test_reading_twice_changes_nothing(trio: Trio, site: Any, carry: Carry) -> None:
    site(trio["L1"], "L1", "A03")
    carry(trio["L1"], trio["L2"])
    before = _everything(trio["L2"])
    report = carry(trio["L1"], trio["L2"])
    assert _everything(trio["L2"]) == before
    assert report.known == report.received == len(_blocks(trio["L1"]))
    assert report.changes == 0


def test_a_block_twice_in_one_batch_counts_once(trio: Trio, site: Any) -> None:
    site(trio["L1"], "L1", "A03")
    _seal(trio["L1"])
    blocks = _first_of(trio["L1"], "research/A", "L1")
    report = _receive(trio["C1"], blocks * 3, _streams(trio["L1"]))
    assert (report.received, report.new, report.known, report.changes_new) == (3, 1, 2, 1)


def test_a_run_with_nothing_new_seals_nothing(trio: Trio, site: Any) -> None:
    site(trio["L1"], "L1", "A03")
    assert _seal(trio["L1"]) == 1
    before = _everything(trio["L1"])
    assert _seal(trio["L1"]) == 0
    assert _everything(trio["L1"]) == before


def test_each_run_that_seals_anything_seals_one_envelope_of_one_size(trio: Trio, site: Any) -> None:
    for runs in (1, 2, 3):
        for value in range(runs):
            site(trio["L1"], "L1", f"A0{value}")
        _seal(trio["L1"])
        envelopes = _first_of(trio["L1"], "safeguarding", "L1")
        assert [one.header.position for one in envelopes] == list(range(1, runs + 1))
        assert {len(one.payload or b"") for one in envelopes} == {envelope.SIZE}
        assert {one.header.alias for one in envelopes} == {None}


def test_changes_are_sealed_by_child_and_the_alias_is_the_same_on_every_machine(trio: Trio) -> None:
    for at in ("L1", "L2"):
        with trio[at].writing() as tables:
            for kid in ("小满", "小禾"):
                draft = Draft("participant", {"site": at}, record=kid, subject=kid)
                log.append(tables, Pen("li", at, "A", Clock()), draft)
            replica.seal(tables)
    one, two = ({one.header.alias for one in _first_of(trio[at], "research/A", at)} for at in ("L1", "L2"))
    assert one == two
    assert len(one) == 2


def test_an_alias_does_not_link_the_drawers_of_a_child(trio: Trio) -> None:
    with trio["L1"].writing() as tables:
        for kind, facts in (("participant", {"site": "A03"}), ("slip", {"called": "小满"})):
            log.append(tables, Pen("li", "L1", "A", Clock()), Draft(kind, facts, record=kind, subject="kid"))
        replica.seal(tables)
    aliases = {one.header.alias for one in _blocks(trio["L1"]) if one.header.alias}
    assert len(aliases) == 2
    assert not any("kid" in alias for alias in aliases)


def test_what_is_sealed_is_never_sealed_again_nor_lost(trio: Trio, site: Any) -> None:
    written = [site(trio["L1"], "L1", value) for value in ("A03", "A04")]
    with trio["L1"].reading() as tables:
        assert people.counted(tables)["unsealed"] == 2
    _seal(trio["L1"])
    third = site(trio["L1"], "L1", "A05")
    with trio["L1"].reading() as tables:
        assert people.counted(tables)["unsealed"] == 1
        waiting = tables.execute("SELECT id FROM changes WHERE block IS NULL").fetchall()
    assert waiting == [(third,)]
    assert third not in written


def _cloned(trio: Trio, tmp_path: Path) -> Database:
    trio["L1"].close()
    path = tmp_path / "clone.db"
    shutil.copy2(trio["L1"].path, path)
    key = bytes(range(48))
    trio["L1"] = Database(trio["L1"].path, key)
    return Database(path, key)


def test_a_clone_whose_own_blocks_come_back_goes_on_in_a_fresh_stream(
    trio: Trio, site: Any, carry: Carry, tmp_path: Path
) -> None:
    site(trio["L1"], "L1", "A03")
    _seal(trio["L1"])
    clone = _cloned(trio, tmp_path)
    site(trio["L1"], "L1", "A04")
    carry(trio["L1"], trio["C1"])
    carry(trio["C1"], clone)
    site(clone, "L1", "A05")
    _seal(clone)
    streams = {one.header.stream for one in _first_of(clone, "research/A", "L1")}
    assert len(streams) == 2
    carry(clone, trio["C1"])
    carry(clone, trio["L1"])
    with clone.reading() as one, trio["L1"].reading() as two, trio["C1"].reading() as three:
        assert rebuild.digests(one) == rebuild.digests(two) == rebuild.digests(three)
        assert replica.broken_chains(one) == replica.broken_chains(three) == []
    clone.close()


def test_two_machines_that_went_on_from_one_disk_keep_both_branches(
    trio: Trio, site: Any, carry: Carry, tmp_path: Path
) -> None:
    site(trio["L1"], "L1", "A03")
    _seal(trio["L1"])
    clone = _cloned(trio, tmp_path)
    written = [site(trio["L1"], "L1", "A04"), site(clone, "L1", "A05")]
    reports = [carry(trio["L1"], trio["C1"]), carry(clone, trio["C1"]), carry(trio["C1"], clone)]
    reports.append(carry(clone, trio["L1"]))
    assert [(report.gaps, report.damaged, report.adds_up()) for report in reports] == [(0, 0, True)] * 4
    positions = sorted(one.header.position for one in _first_of(trio["C1"], "research/A", "L1"))
    assert positions == [1, 2, 2]
    with clone.reading() as one, trio["L1"].reading() as two, trio["C1"].reading() as three:
        assert rebuild.digests(one) == rebuild.digests(two) == rebuild.digests(three)
        assert all(log.known(three, id_) for id_ in written)
        assert replica.broken_chains(three) == []
    clone.close()


def test_a_change_that_two_clones_sealed_each_for_itself_enters_once(
    trio: Trio, site: Any, carry: Carry, tmp_path: Path
) -> None:
    written = site(trio["L1"], "L1", "A03")
    clone = _cloned(trio, tmp_path)
    carry(trio["L1"], trio["C1"])
    report = carry(clone, trio["C1"])
    assert (report.changes_known, report.changes_new) == (1, 0)
    with trio["C1"].reading() as tables:
        assert log.heads_of(tables, "kid")["site"] == [written]
    clone.close()


def test_a_line_of_a_later_program_waits_and_the_rest_enters(trio: Trio, site: Any, carry: Carry) -> None:
    written = site(trio["L1"], "L1", "A03")
    with trio["L1"].writing() as tables:
        old = log.of_record(tables, "kid")[0]
        later = replace(old, id="later", kind="drawing", record="D")
        log.insert(tables, later, later.encoded(), None, None)
    report = carry(trio["L1"], trio["C1"])
    assert (report.new, report.changes_new) == (1, 1)
    with trio["C1"].reading() as tables:
        assert log.known(tables, written)
        assert not log.known(tables, "later")
        assert tables.execute("SELECT body, reason FROM parked").fetchall() == [(later.encoded(), "drawing")]


def test_a_parked_line_enters_by_itself_once_the_program_knows_its_kind(
    trio: Trio, site: Any, carry: Carry, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = site(trio["L1"], "L1", "A03")
    older = {name: kind for name, kind in KINDS.items() if name != "participant"}
    with monkeypatch.context() as patch:
        patch.setattr(intake, "KINDS", older)
        carry(trio["L1"], trio["C1"])
    with trio["C1"].reading() as tables:
        assert not log.known(tables, written)
    report = _receive(trio["C1"], [])
    assert report.changes_new == 1
    with trio["C1"].reading() as tables:
        assert log.known(tables, written)
        assert tables.execute("SELECT count(*) FROM parked").fetchone() == (0,)
        assert rebuild.differences(tables) == []


def test_a_changed_payload_on_disk_is_named(trio: Trio, site: Any) -> None:
    site(trio["L1"], "L1", "A03")
    _seal(trio["L1"])
    stream = _first_of(trio["L1"], "research/A", "L1")[0].header.stream
    with trio["L1"].writing() as tables:
        assert replica.broken_chains(tables) == []
        tables.execute("UPDATE blocks SET payload = ? WHERE stream = ?", [b"changed", stream])
        assert replica.broken_chains(tables) == [f"stream {stream}: broken"]


def test_a_missing_block_on_disk_is_named(trio: Trio, site: Any) -> None:
    for value in ("A03", "A04"):
        site(trio["L1"], "L1", value)
        _seal(trio["L1"])
    first, second = _first_of(trio["L1"], "research/A", "L1")
    with trio["L1"].writing() as tables:
        tables.execute("DELETE FROM blocks WHERE hash = ?", [first.hash])
        assert f"stream {second.header.stream}: broken" in replica.broken_chains(tables)


def test_a_machine_without_keys_keeps_and_passes_on_what_it_cannot_read(
    desks: Desks, noted: str, tmp_path: Path
) -> None:
    handover.write(desks["interviewer"], tmp_path / "stick")
    at_translator = handover.read(desks["translator"], tmp_path / "stick")
    assert at_translator.foreign > 0
    assert at_translator.adds_up()
    with desks["translator"].db.reading() as tables:
        assert people.participants(tables) == []
        assert b"".join(desks["translator"].db.path.read_bytes().split()).find(TEXT.encode()) == -1
    handover.write(desks["translator"], tmp_path / "second stick")
    report = handover.read(desks["coordinator"], tmp_path / "second stick")
    assert report.adds_up()
    with desks["coordinator"].db.reading() as theirs, desks["interviewer"].db.reading() as mine:
        assert [row["text"] for row in people.answers(theirs, noted)] == [TEXT]
        assert _of_both(rebuild.digests(theirs), rebuild.digests(mine))


def _of_both(one: dict[str, str], two: dict[str, str]) -> bool:
    shared = one.keys() & two.keys()
    return "research/A" in shared and all(one[drawer] == two[drawer] for drawer in shared)


def test_the_envelope_reaches_the_lead_and_says_that_nothing_was_reported(
    desks: Desks, noted: str, tmp_path: Path
) -> None:
    handover.write(desks["interviewer"], tmp_path / "stick")
    handover.read(desks["sg_lead"], tmp_path / "stick")
    lead = desks["sg_lead"]
    with lead.db.reading() as tables:
        found = [one for one in replica.StoreReplica(tables).blocks() if one.header.drawer == "safeguarding"]
        mine = {
            one.stream for one in replica.StoreReplica(tables).streams() if one.device == desks["interviewer"].device.id
        }
    opened = [envelope.unfill(one.payload or b"", lead.keys) for one in found if one.header.stream in mine]
    assert opened == [b""]


def test_an_interview_whose_consents_come_later_is_held_until_then(desks: Desks, noted: str) -> None:
    with desks["interviewer"].db.writing() as tables:
        replica.seal(tables)
        me = replica.StoreReplica(tables)
        orders, streams, blocks = me.orders(), me.streams(), list(me.blocks())
    late = [one for one in blocks if one.header.drawer.startswith("consent")]
    early = [one for one in blocks if one not in late]
    with desks["coordinator"].db.writing() as tables:
        first = replica.StoreReplica(tables, "1").receive(orders, streams, early)
        assert first.changes_held == 2  # the interview and its note
        assert people.held_interviews(tables) == 1
        assert people.answers(tables, noted) == []
        second = replica.StoreReplica(tables, "2").receive(orders, streams, late)
        assert second.changes_held == 0
        assert people.held_interviews(tables) == 0
        assert [row["text"] for row in people.answers(tables, noted)] == [TEXT]
        assert rebuild.differences(tables) == []
