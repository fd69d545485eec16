"""What was asked to be gone is gone from the file, stays gone, and takes nothing else along."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt

from fieldkit.clock import Clock
from fieldkit.records import KINDS, Change, Value, canonical
from fieldkit.store import erasures, log, machine, merge, queues, rebuild, replica, search
from fieldkit.store.database import Database
from fieldkit.store.erasures import ErasedLogBroken, ErasedLogNewer
from fieldkit.store.keys import KeyPair, b64
from fieldkit.store.log import Draft, Pen
from sync import orders
from sync.block import Block
from sync.replica import Report

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
WORDS = "qx7vk2mpz9lw4td"
Trio = dict[str, Database]
Carry = Callable[[Database, Database], Report]


def _writes(store: Database, at: str, text: str, record: str = "kid", editor: str | None = None) -> Change:
    with store.writing() as tables:
        draft = Draft("participant", {"recruited_via": text}, record=record, subject="kid", editor=editor)
        return log.append_over(tables, Pen("li", at, "A", Clock()), draft)


def _erases(store: Database, *changes: Change) -> None:
    with store.writing() as tables:
        replica.erase(tables, changes)
        store.leave_no_trace()


def _shown(store: Database, record: str = "kid") -> Value:
    with store.reading() as tables:
        assert rebuild.differences(tables) == []
        assert replica.broken_chains(tables) == []
        return [row["recruited_via"] for row in tables.table("participants").rows_where("id = ?", [record])]


def _bytes(store: Database, clear: Callable[[Database], bytes]) -> bytes:
    store.leave_no_trace()
    with store.writing():
        pass
    journal = store.path.with_name(store.path.name + "-wal")
    assert journal.stat().st_size == 0
    return clear(store).lower()


def test_a_device_erases_nothing_that_another_one_wrote(trio: Trio, carry: Carry) -> None:
    kept = _writes(trio["L2"], "L2", WORDS)
    carry(trio["L2"], trio["L1"])

    _erases(trio["L1"], kept)
    carry(trio["L1"], trio["L2"])

    assert _shown(trio["L1"]) == _shown(trio["L2"]) == [WORDS]


def test_an_order_that_another_key_signed_is_not_carried_out(trio: Trio) -> None:
    kept = _writes(trio["L1"], "L1", WORDS)
    with trio["L1"].writing() as tables:
        me = machine.recall_self(tables)
        made = erasures.body_of(tables, me, "research/A", [kept])
        forged = orders.sign(erasures.KIND, me.study, made, KeyPair.make().signer)
        machine.keep_orders(tables, [(forged.id, forged.kind, forged.content)])
        erasures.take_in(tables)

    assert _shown(trio["L1"]) == [WORDS]


ODD: list[dict[str, Value]] = [
    {"version": 2},
    {"sealed": "AAAA"},
    {"sealed": 7},
    {"device": "nobody"},
    {"device": ["L1"]},
    {"blocks": None},
    {"blocks": [1, {}]},
    {"drawer": {}},
    {"epoch": "1"},
    {"epoch": 9},
]


@pytest.mark.parametrize("change", ODD)
def test_an_order_that_cannot_be_read_yet_waits_and_harms_nothing(trio: Trio, change: dict[str, Value]) -> None:
    kept = _writes(trio["L1"], "L1", WORDS)
    with trio["L1"].writing() as tables:
        me = machine.recall_self(tables)
        body = {**erasures.body_of(tables, me, "research/A", [kept]), **change}
        order = orders.sign("erase", me.study, body, me.pair.signer)
        machine.keep_orders(tables, [(order.id, order.kind, order.content)])
        erasures.take_in(tables)

    assert _shown(trio["L1"]) == [WORDS]


@pytest.mark.parametrize(
    "words",
    [
        [],
        {},
        {"changes": 1, "editors": []},
        {"changes": [["a", "b"]], "editors": []},
        {"changes": [[1, "answer", "kid", {}]], "editors": []},
        {"changes": [["a", "answer", "kid", {"text": "b"}]], "editors": []},
        {"changes": [["a", "answer", "kid", []]], "editors": []},
        {"changes": [], "editors": [1]},
    ],
)
def test_what_is_sealed_in_another_shape_harms_nothing(trio: Trio, words: Value) -> None:
    _writes(trio["L1"], "L1", WORDS)
    with trio["L1"].writing() as tables:
        me, held = machine.recall_self(tables), machine.drawer_key(tables, "research/A")
        assert held is not None
        body = {"version": 1, "device": "L1", "drawer": "research/A", "epoch": held[0], "blocks": []}
        sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(canonical(words), canonical(body), bytes(24), held[1])
        order = orders.sign("erase", me.study, {**body, "sealed": b64(bytes(24) + sealed)}, me.pair.signer)
        machine.keep_orders(tables, [(order.id, order.kind, order.content)])
        erasures.take_in(tables)

    assert _shown(trio["L1"]) == [WORDS]


def test_what_was_never_sealed_leaves_no_byte(trio: Trio, clear: Callable[[Database], bytes]) -> None:
    kept = _writes(trio["L1"], "L1", WORDS)
    assert WORDS.encode() in _bytes(trio["L1"], clear)

    _erases(trio["L1"], kept)

    assert WORDS.encode() not in _bytes(trio["L1"], clear)
    assert _shown(trio["L1"]) == []


def test_the_search_index_keeps_no_letter_of_it(db: Database, clear: Callable[[Database], bytes]) -> None:
    shown = merge.Shown({"setting_desc": WORDS}, conflict=False, subject="kid", session="S1")
    with db.writing() as tables:
        search.index(tables, KINDS["observation"], {"O": shown})
        assert search.find(tables, WORDS) == ["kid"]
    assert WORDS.encode() in _bytes(db, clear)

    with db.writing() as tables:
        search.index(tables, KINDS["observation"], {"O": None})
    assert WORDS.encode() in _bytes(db, clear)  # an index forgets late

    with db.writing() as tables:
        search.sweep(tables)

    assert WORDS.encode() not in _bytes(db, clear)


def test_the_value_that_it_had_replaced_does_not_come_back(trio: Trio) -> None:
    _writes(trio["L2"], "L2", "before")
    _writes(trio["L1"], "L1", "first")
    second = _writes(trio["L1"], "L1", WORDS)

    _erases(trio["L1"], second)

    assert _shown(trio["L1"]) == [None]


def test_what_was_sealed_is_emptied_and_the_rest_of_its_block_goes_out_again(trio: Trio, carry: Carry) -> None:
    stays, goes = _writes(trio["L1"], "L1", "stays", record="other"), _writes(trio["L1"], "L1", WORDS)
    carry(trio["L1"], trio["C1"])

    _erases(trio["L1"], goes)
    report = carry(trio["L1"], trio["C1"])
    carry(trio["L1"], trio["L2"])

    assert (report.adds_up(), report.changes_known) == (True, 1)
    for store in trio.values():
        assert (_shown(store), _shown(store, "other")) == ([], ["stays"])
        with store.reading() as tables:
            assert log.known(tables, stays.id)
            assert [row[0] for row in tables.execute("SELECT hash FROM blocks WHERE payload IS NULL")]
    digests = []
    for store in trio.values():
        with store.reading() as tables:
            digests.append(rebuild.digests(tables))
    assert digests[0] == digests[1] == digests[2]


def test_an_old_stick_brings_nothing_back(trio: Trio, carry: Carry, tmp_path: Path) -> None:
    goes = _writes(trio["L1"], "L1", WORDS)
    with trio["L1"].writing() as tables:
        replica.seal(tables)
    with trio["L1"].reading() as tables:
        held = replica.StoreReplica(tables)
        stick = held.orders(), held.streams(), list(held.blocks())
    _erases(trio["L1"], goes)
    with trio["L1"].reading() as tables:
        newer = replica.StoreReplica(tables).orders()

    with trio["C1"].writing() as tables:
        report = replica.StoreReplica(tables, "old stick").receive(newer, stick[1], stick[2])

    assert report.adds_up()
    assert (report.blocked, report.changes_new) == (1, 0)
    assert _shown(trio["C1"]) == []
    assert carry(trio["L1"], trio["C1"]).adds_up()


def test_an_emptied_block_that_no_order_emptied_is_a_damaged_copy(trio: Trio) -> None:
    _writes(trio["L1"], "L1", WORDS)
    with trio["L1"].writing() as tables:
        replica.seal(tables)
        held = replica.StoreReplica(tables)
        blocks = [Block(one.header_bytes, None) for one in held.blocks()]
        streams = held.streams()

    with trio["C1"].writing() as tables:
        before = len(tables.execute("SELECT hash FROM blocks").fetchall())
        report = replica.StoreReplica(tables, "stick").receive([], streams, blocks)
        assert len(tables.execute("SELECT hash FROM blocks").fetchall()) == before

    assert (report.new, report.blocked) == (0, 0)
    assert report.damaged > 0


def test_the_order_may_come_after_the_words(trio: Trio, carry: Carry) -> None:
    goes = _writes(trio["L1"], "L1", WORDS)
    carry(trio["L1"], trio["C1"])
    carry(trio["C1"], trio["L2"])
    assert _shown(trio["L2"]) == [WORDS]

    _erases(trio["L1"], goes)
    carry(trio["L1"], trio["L2"])
    carry(trio["C1"], trio["L2"])

    assert _shown(trio["L2"]) == []


def test_more_of_the_same_typing_is_refused_here_and_kept_out_from_elsewhere(trio: Trio) -> None:
    first = _writes(trio["L1"], "L1", WORDS, editor="an opened page")
    more = _writes(trio["L1"], "L1", WORDS + " and more", editor="an opened page")
    _erases(trio["L1"], first)

    assert _shown(trio["L1"]) == []
    with trio["L1"].writing() as tables:
        assert erasures.blocked(tables, [more]) == {more.id}
        draft = Draft("participant", {"recruited_via": "again"}, "kid", "kid", editor="an opened page")
        with pytest.raises(log.TypingErased):
            log.save_from_editor(tables, Pen("li", "L1", "A", Clock()), draft, "kid", "{}")


def test_what_was_written_over_it_elsewhere_waits_for_a_person(trio: Trio, carry: Carry) -> None:
    goes = _writes(trio["L1"], "L1", WORDS)
    carry(trio["L1"], trio["L2"])
    _writes(trio["L2"], "L2", f"{WORDS}, and a word of my own")

    _erases(trio["L1"], goes)
    carry(trio["L1"], trio["L2"])

    assert _shown(trio["L2"]) == []


def test_a_machine_without_the_drawer_drops_the_payload_and_learns_the_rest_with_the_key(
    trio: Trio, carry: Carry
) -> None:
    goes = _writes(trio["L1"], "L1", WORDS)
    with trio["C1"].writing() as tables:
        key = machine.drawer_key(tables, "research/A")
        tables.execute("DELETE FROM drawer_keys WHERE drawer = 'research/A'")
    assert key is not None
    carry(trio["L1"], trio["C1"])
    _erases(trio["L1"], goes)
    carry(trio["L1"], trio["C1"])
    with trio["C1"].reading() as tables:
        assert tables.execute("SELECT count(*) FROM stubs").fetchone() == (0,)
        assert tables.execute("SELECT count(*) FROM blocks WHERE payload IS NULL").fetchone() == (1,)

    with trio["C1"].writing() as tables:
        machine.keep_key(tables, "research/A", *key)
    carry(trio["L1"], trio["C1"])

    assert _shown(trio["C1"]) == []
    with trio["C1"].reading() as tables:
        assert [row[0] for row in tables.execute("SELECT id FROM stubs")] == [goes.id]


def test_an_order_of_the_first_version_is_understood_for_ever() -> None:
    made = orders.parse(VECTORS["erase"].encode())
    named = erasures.named_in(erasures.words_in(dict(made.body), bytes(range(32))))

    assert named is not None
    assert [list(one) for one in named.changes] == VECTORS["erase_names"]["changes"]
    assert named.editors == VECTORS["erase_names"]["editors"]
    assert erasures.words_in(dict(made.body), bytes(32)) is None


def test_an_order_shows_no_change_id_and_no_editor(trio: Trio) -> None:
    kept = _writes(trio["L1"], "L1", WORDS, editor="an opened page")
    _erases(trio["L1"], kept)
    with trio["L1"].reading() as tables:
        content = b"".join(machine.orders(tables))

    assert kept.id.encode() not in content
    assert b"an opened page" not in content
    assert b"erase" in content


def test_a_device_empties_no_block_of_another_one(trio: Trio, carry: Carry) -> None:
    _writes(trio["L1"], "L1", "stays")
    with trio["L1"].writing() as tables:
        replica.seal(tables)
        names = [row[0] for row in tables.execute("SELECT hash FROM blocks WHERE drawer = 'research/A'")]
    own = _writes(trio["L2"], "L2", WORDS, record="other")
    with trio["L2"].writing() as tables:
        me = machine.recall_self(tables)
        held = machine.drawer_key(tables, "research/A")
        assert held is not None
        body = {"version": 1, "device": "L2", "drawer": "research/A", "epoch": held[0], "blocks": names}
        words = {"changes": [[own.id, "participant", "other", {}]], "editors": ["an opened page"]}
        sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(canonical(words), canonical(body), bytes(24), held[1])
        order = orders.sign("erase", me.study, {**body, "sealed": b64(bytes(24) + sealed)}, me.pair.signer)
        machine.keep_orders(tables, [(order.id, order.kind, order.content)])
        erasures.take_in(tables)
    carry(trio["L2"], trio["C1"])
    carry(trio["L1"], trio["C1"])
    carry(trio["C1"], trio["L1"])

    assert (_shown(trio["C1"]), _shown(trio["L1"])) == (["stays"], ["stays"])
    with trio["L1"].writing() as tables:
        draft = Draft("participant", {"recruited_via": "more"}, "kid", "kid", editor="an opened page")
        log.save_from_editor(tables, Pen("li", "L1", "A", Clock()), draft, "kid", "{}")


def test_another_devices_order_for_the_same_id_does_not_stand_in_the_way(trio: Trio) -> None:
    kept = _writes(trio["L1"], "L1", WORDS)
    with trio["L1"].writing() as tables:
        tables.execute("INSERT INTO stubs VALUES (?, 'L2', 'research/A', 'participant', 'kid', '{}')", [kept.id])

    _erases(trio["L1"], kept)

    assert _shown(trio["L1"]) == []


def test_consent_and_withdrawals_are_never_erased(trio: Trio) -> None:
    with trio["L1"].writing() as tables:
        said = {"actor": "child", "act": "withdrawn", "scope": "all", "person": "kid"}
        event = log.append(tables, Pen("li", "L1", "A", Clock()), Draft("consent_event", said, subject="kid"))
    _erases(trio["L1"], event)

    with trio["L1"].reading() as tables:
        assert log.known(tables, event.id)
        assert rebuild.differences(tables) == []


def test_the_stub_of_a_kind_that_a_newer_program_knows_harms_no_check(trio: Trio) -> None:
    _writes(trio["L1"], "L1", "stays")
    with trio["L1"].writing() as tables:
        for id_, kind, record in (("X", "hologram", "somewhere"), ("Y", "answer", "kid")):
            tables.execute("INSERT INTO stubs VALUES (?, 'L2', 'research/A', ?, ?, '{}')", [id_, kind, record])

    assert _shown(trio["L1"]) == ["stays"]
    with trio["L1"].reading() as tables:
        assert log.standing_of(tables, "somewhere") == []


NOTED = b'fieldkit erased 1\n{"a":1}\n{"b":2}\n'


def test_the_list_beside_the_database_has_the_bytes_of_its_first_version(tmp_path: Path) -> None:
    erasures.write_log(tmp_path / "erased.log", [b'{"a":1}', b'{"b":2}'])
    assert (tmp_path / "erased.log").read_bytes() == NOTED
    assert erasures.read_log(tmp_path / "erased.log") == [b'{"a":1}', b'{"b":2}']
    assert erasures.read_log(tmp_path / "nothing") == []


@pytest.mark.parametrize("content", [b"", b"\n", NOTED[:-1], NOTED[1:], b"fieldkit erased x\n", b"\xff" * 40])
def test_a_list_that_was_cut_or_changed_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "erased.log").write_bytes(content)
    with pytest.raises(ErasedLogBroken):
        erasures.read_log(tmp_path / "erased.log")


def test_a_list_of_a_later_version_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "erased.log").write_bytes(NOTED.replace(b" 1", b" 2"))
    with pytest.raises(ErasedLogNewer):
        erasures.read_log(tmp_path / "erased.log")


def test_an_order_whose_signature_was_changed_makes_the_list_a_broken_one(trio: Trio, tmp_path: Path) -> None:
    _erases(trio["L1"], _writes(trio["L1"], "L1", WORDS))
    with trio["L1"].reading() as tables:
        (order,) = replica.given(tables)
    erasures.write_log(tmp_path / "erased.log", [order])
    assert replica.noted(tmp_path / "erased.log") == [order]

    erasures.write_log(tmp_path / "erased.log", [order.replace(b'"version":1', b'"version":3')])
    with pytest.raises(ErasedLogBroken):
        replica.noted(tmp_path / "erased.log")


def test_an_older_copy_obeys_what_lies_beside_it_but_nothing_of_another_study(trio: Trio, carry: Carry) -> None:
    kept = _writes(trio["L1"], "L1", WORDS)
    carry(trio["L1"], trio["C1"])  # as an older copy would be
    _erases(trio["L1"], kept)
    with trio["L1"].reading() as tables:
        noted, me = replica.given(tables), machine.recall_self(tables)
        body = erasures.body_of(tables, me, "research/A", [kept])
    elsewhere = orders.sign(erasures.KIND, "study-2", body, me.pair.signer).content

    with trio["C1"].writing() as tables:
        replica.obey(tables, [elsewhere])
    assert _shown(trio["C1"]) == [WORDS]
    with trio["C1"].writing() as tables:
        replica.obey(tables, [elsewhere, *noted])
    assert _shown(trio["C1"]) == []


def _talks(store: Database) -> Change:
    """Something of an interview; the consents that one stands on are told elsewhere."""
    with store.writing() as tables:
        queues.make(tables, "talk")
    return replace(_writes(store, "L1", WORDS), kind="interview", record="talk", session="talk")


def _shut(store: Database) -> bool:
    with store.reading() as tables:
        assert queues.secret(tables, "talk") is None
        return erasures.is_shut(tables, "talk")


def test_an_erased_interview_is_shut_and_what_browsers_hold_of_it_is_never_opened(trio: Trio, carry: Carry) -> None:
    _erases(trio["L1"], _talks(trio["L1"]))
    carry(trio["L1"], trio["L2"])

    assert _shut(trio["L1"])
    assert _shut(trio["L2"])


def test_one_that_may_be_opened_again_is_shut_when_it_is_erased_again(trio: Trio) -> None:
    _erases(trio["L1"], _talks(trio["L1"]))
    with trio["L1"].writing() as tables:
        erasures.reopen(tables, "talk")
    assert not _shut(trio["L1"])

    _erases(trio["L1"], _talks(trio["L1"]))

    assert _shut(trio["L1"])
