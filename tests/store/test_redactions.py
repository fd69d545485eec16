"""Single answers that a coordinator erased, whoever wrote them: gone everywhere, and nothing beside them is lost."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from fieldkit.clock import Clock
from fieldkit.records import Change, Value, decode
from fieldkit.rules.revocations import RELEASE, REVOKE
from fieldkit.store import erasures, holdings, log, machine, rebuild, redactions, replica
from fieldkit.store.database import Database, Tables
from fieldkit.store.intake import stored
from fieldkit.store.keys import KeyPair
from fieldkit.store.log import Draft, Pen
from sync import block, orders
from sync.block import Block
from sync.replica import Report

Trio = dict[str, Database]
People = dict[str, KeyPair]
Carry = Callable[[Database, Database], Report]
VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
NAMES = ("L1", "L2", "C1")
RECORDS = ("P1", "P2")


def write(store: Database, at: str, record: str, words: str = "", editor: str | None = None) -> Change:
    """Write into a field of *record*, over what stands there."""
    facts = {"recruited_via": words or token_hex(12)}
    with store.writing() as tables:
        draft = Draft("participant", facts, record=record, subject="kid", editor=editor)
        return log.append_over(tables, Pen("li", at, "A", Clock()), draft)


def redact(store: Database, signer: KeyPair, *changes: Change) -> list[str]:
    with store.writing() as tables:
        done = replica.redact(tables, changes, signer.signer)
        store.leave_no_trace()
    return done


def ids(tables: Tables) -> set[str]:
    return {row[0] for row in tables.execute("SELECT id FROM changes WHERE drawer = 'research/A'")}


def sealed_in(tables: Tables, of: str = "") -> set[str]:
    """Return the ids of the changes that lie in blocks with a payload, of every device or of one."""
    rows = tables.execute(
        "SELECT b.header, b.payload FROM blocks AS b JOIN streams AS s ON s.id = b.stream "
        "WHERE b.payload IS NOT NULL AND b.drawer = 'research/A' AND ? IN ('', s.device)",
        [of],
    ).fetchall()
    held = machine.drawer_key(tables, "research/A")
    return {decode(line).id for row in rows for line in block.open_block(stored(*row), held[1])} if held else set()


def shown(store: Database) -> dict[str, str]:
    with store.reading() as tables:
        assert rebuild.differences(tables) == replica.broken_chains(tables) == []
        return {row["id"]: row["recruited_via"] for row in tables.table("participants").rows}


@pytest.fixture
def two(trio: Trio, carry: Carry) -> tuple[Change, Change]:
    """Two answers in one block of L1, which all three machines hold."""
    kept = write(trio["L1"], "L1", "P1"), write(trio["L1"], "L1", "P2", "stays")
    carry(trio["L1"], trio["C1"])
    carry(trio["C1"], trio["L2"])
    return kept


@pytest.mark.parametrize("signer", ["li", "wang", "stranger"])
def test_an_order_that_no_coordinator_signed_takes_nothing_away(
    trio: Trio, people: People, two: tuple[Change, Change], signer: str
) -> None:
    before = shown(trio["C1"])
    redact(trio["C1"], people.get(signer, KeyPair.make()), two[0])

    assert shown(trio["C1"]) == before
    with trio["C1"].reading() as tables:
        assert redactions.carried_out(tables) == []
        assert two[0].id in sealed_in(tables)


ODD: list[dict[str, Value]] = [
    {"version": 2},
    {"version": 2, "attachments": [1]},
    {"version": 3, "attachments": []},
    {"sealed": 7},
    {"sealed": "AAAA"},
    {"blocks": None},
    {"blocks": [1]},
    {"drawer": {}},
    {"drawer": "consent/A"},
    {"drawer": "vault/A"},
    {"epoch": "1"},
    {"epoch": 9},
]


@pytest.mark.parametrize("change", ODD)
def test_an_order_of_another_shape_or_against_another_drawer_harms_nothing(
    trio: Trio, people: People, two: tuple[Change, Change], change: dict[str, Value]
) -> None:
    before = shown(trio["C1"])
    with trio["C1"].writing() as tables:
        body = {**redactions.body_of(tables, "research/A", [two[0]], []), **change}
        order = orders.sign(redactions.KIND, "study-1", body, people["chen"].signer)
        replica.StoreReplica(tables, "stick").receive([order.content], [], [])

        assert redactions.carried_out(tables) == []
    assert shown(trio["C1"]) == before


@pytest.mark.parametrize(
    "words", [[], {}, {"devices": []}, {"devices": {"L1": []}}, {"devices": {"L1": {"changes": 1}}}]
)
def test_what_is_sealed_in_another_shape_harms_nothing(
    trio: Trio, people: People, two: tuple[Change, Change], words: Value
) -> None:
    before = shown(trio["C1"])
    with trio["C1"].writing() as tables:
        epoch, key = erasures.key_of(tables, "research/A")
        body = erasures.sealed({"version": 1, "drawer": "research/A", "epoch": epoch, "blocks": []}, words, key)
        order = orders.sign(redactions.KIND, "study-1", body, people["chen"].signer)
        replica.StoreReplica(tables, "stick").receive([order.content], [], [])

        assert redactions.carried_out(tables) == []
    assert shown(trio["C1"]) == before


def test_no_order_reaches_what_was_said_about_consent(trio: Trio, carry: Carry, people: People) -> None:
    said = {"actor": "guardian", "act": "declined", "person": "mother"}
    with trio["L1"].writing() as tables:
        event = log.append(tables, Pen("li", "L1", "A", Clock()), Draft("consent_event", said, subject="kid"))
    carry(trio["L1"], trio["C1"])
    with trio["C1"].writing() as tables:
        (held,) = tables.execute("SELECT block FROM changes WHERE id = ?", [event.id]).fetchone()
        body = redactions.body_of(tables, "research/A", [event], [held])
        order = orders.sign(redactions.KIND, "study-1", body, people["chen"].signer)
        replica.StoreReplica(tables, "stick").receive([order.content], [], [])

        assert tables.execute("SELECT 1 FROM changes WHERE id = ?", [event.id]).fetchone()
        assert tables.execute("SELECT payload IS NOT NULL FROM blocks WHERE hash = ?", [held]).fetchone() == (1,)


def test_a_named_answer_is_gone_on_every_machine_and_the_one_beside_it_stays(
    trio: Trio, carry: Carry, people: People, two: tuple[Change, Change]
) -> None:
    (order,) = redact(trio["C1"], people["chen"], two[0])
    for name in ("L1", "L2"):
        carry(trio["C1"], trio[name])
        carry(trio[name], trio["C1"])
    carry(trio["C1"], trio["L2"])

    for store in trio.values():
        assert shown(store) == {"P2": "stays"}
        with store.reading() as tables:
            assert ids(tables) == sealed_in(tables) == {two[1].id}
            assert redactions.carried_out(tables) == [order]


def test_an_order_says_nothing_about_the_child_in_the_clear(
    trio: Trio, people: People, two: tuple[Change, Change]
) -> None:
    redact(trio["C1"], people["chen"], two[0])
    with trio["C1"].reading() as tables:
        (content,) = replica.given(tables)

    said = (two[0].id, "kid", "P1", "L1", two[0].set["recruited_via"])
    assert b'"erase_changes"' in content  # how a word stands in an order; two letters stand anywhere in what is sealed
    assert not any(f'"{word}"'.encode() in content for word in said)


@pytest.mark.parametrize("vector", ["erase_changes", "erase_changes_2"])
def test_an_order_of_either_version_is_understood_for_ever(trio: Trio, vector: str) -> None:
    made = orders.parse(VECTORS[vector].encode())
    with trio["C1"].writing() as tables:
        tables.execute("DELETE FROM drawer_keys")
        machine.keep_key(tables, "research/A", 1, bytes(range(32)))
        named = redactions.opened(tables, dict(made.body))

    assert named is not None
    found = {
        device: {"changes": [list(change) for change in one.changes], "editors": list(one.editors)}
        for device, one in named.items()
    }
    assert {"devices": found} == VECTORS[f"{vector}_names"]


def test_an_order_that_names_attachments_says_a_version_that_an_older_program_leaves_for_later(
    trio: Trio, two: tuple[Change, Change]
) -> None:
    recording = replace(two[0], id="c9", kind="attachment", record="r9")
    with trio["C1"].reading() as tables:
        plain, more = (redactions.body_of(tables, "research/A", [*some], []) for some in (two, (*two, recording)))

    assert (plain["version"], "attachments" in plain) == (1, False)
    assert (more["version"], more["attachments"]) == (2, ["r9"])


def test_no_byte_of_it_stays_in_the_file(
    trio: Trio, carry: Carry, people: People, clear: Callable[[Database], bytes]
) -> None:
    words = token_hex(12)
    named = write(trio["L1"], "L1", "P1", words)
    carry(trio["L1"], trio["C1"])
    for store in (trio["L1"], trio["C1"]):
        with store.writing():
            store.leave_no_trace()
        assert words.encode() in clear(store)
    redact(trio["C1"], people["chen"], named)
    with trio["L1"].writing():
        trio["L1"].leave_no_trace()
    carry(trio["C1"], trio["L1"])
    with trio["L1"].writing():
        trio["L1"].leave_no_trace()

    assert words.encode() not in clear(trio["L1"])
    assert words.encode() not in clear(trio["C1"])


def test_a_machine_without_the_key_empties_its_sealed_copy_and_has_nothing_left_to_do(
    trio: Trio, carry: Carry, people: People, two: tuple[Change, Change]
) -> None:
    with trio["L2"].writing() as tables:
        tables.execute("DELETE FROM drawer_keys")
        tables.execute("UPDATE blocks SET standing = 'foreign'")
        tables.execute("DELETE FROM changes WHERE drawer <> 'study'")
    (order,) = redact(trio["C1"], people["chen"], two[0])
    carry(trio["C1"], trio["L2"])
    with trio["L2"].reading() as tables:
        full = tables.execute(
            "SELECT count(*) FROM blocks AS b JOIN streams AS s ON s.id = b.stream "
            "WHERE b.payload IS NOT NULL AND b.drawer = 'research/A' AND s.device = 'L1'"
        )
        assert full.fetchone() == (0,)
        assert redactions.carried_out(tables) == [order]


def test_what_its_author_sealed_meanwhile_is_emptied_by_its_author(trio: Trio, carry: Carry, people: People) -> None:
    first, named = write(trio["L1"], "L1", "P1"), write(trio["L1"], "L1", "P2")
    carry(trio["L1"], trio["C1"])
    with trio["L1"].writing() as tables:
        replica.erase(tables, [first])
        replica.seal(tables)  # the other one lies in a block now that the coordinator does not know
        assert sealed_in(tables, "L1") == {named.id}
    redact(trio["C1"], people["chen"], named)
    carry(trio["C1"], trio["L1"])
    with trio["L1"].reading() as tables:
        assert sealed_in(tables, "L1") == set()
    carry(trio["L1"], trio["C1"])
    with trio["C1"].reading() as tables:  # what it had sealed anew before it heard of the other erasure, too
        assert sealed_in(tables) == set()

    assert shown(trio["C1"]) == shown(trio["L1"]) == {}


def test_more_of_the_same_typing_goes_too_and_what_another_wrote_over_it_waits_for_a_person(
    trio: Trio, carry: Carry, people: People
) -> None:
    named = write(trio["L1"], "L1", "P1", editor="a page")
    carry(trio["L1"], trio["C1"])
    carry(trio["L1"], trio["L2"])
    more = write(trio["L1"], "L1", "P1", editor="a page")
    over = write(trio["L2"], "L2", "P1", "over it")
    redact(trio["C1"], people["chen"], named)
    carry(trio["L1"], trio["C1"])
    carry(trio["L2"], trio["C1"])
    for name in ("L1", "L2"):
        carry(trio["C1"], trio[name])
    for store in trio.values():
        with store.reading() as tables:
            assert ids(tables) == {over.id}
            assert more.id not in ids(tables)
        assert shown(store) == {}


def give(store: Database, chief: KeyPair, kind: str, device: str, known: list[str]) -> bytes:
    with store.writing() as tables:
        ends = {stream: [name for _, name in found] for stream, found in holdings.ends_of(tables, device).items()}
        body = {"version": 1, "device": device, "why": "lost", "streams": ends, "orders": known}
        order = orders.sign(kind, "study-1", body, chief.signer)
        replica.StoreReplica(tables, "own").receive([order.content], [], [])
    return order.content


def test_an_order_of_a_coordinator_who_was_taken_out_hides_and_destroys_nothing(
    trio: Trio, carry: Carry, people: People, two: tuple[Change, Change]
) -> None:
    (order,) = redact(trio["C1"], people["chen"], two[0])
    with trio["C1"].reading() as tables:
        said = replica.given(tables)
    with trio["L2"].writing() as tables:  # hears of the revocation first: by a coordinator whom it trusts
        chief = _second_coordinator(tables)
    give(trio["L2"], chief, REVOKE, "C1", [])
    with trio["L2"].writing() as tables:
        replica.StoreReplica(tables, "stick").receive(said, [], [])
        assert redactions.carried_out(tables) == []
        assert {one.id for one in two} <= sealed_in(tables)
    assert shown(trio["L2"]) == {"P2": "stays"}

    give(trio["L2"], chief, RELEASE, "C1", [order])
    with trio["L2"].reading() as tables:
        assert redactions.carried_out(tables) == [order]
        assert two[0].id not in ids(tables) | sealed_in(tables)


def _second_coordinator(tables: Tables) -> KeyPair:
    """Vouch for one more coordinator, as the founder would, by a fresh root of this store."""
    pair, root = KeyPair.make(), KeyPair.make()
    me = machine.recall_self(tables)
    rows = tables.execute("SELECT body FROM orders WHERE kind IN ('user', 'device')").fetchall()
    anew = [orders.parse(bytes(row[0])) for row in rows]
    tables.execute("DELETE FROM orders")
    again = [orders.sign(one.kind, one.study, one.body, root.signer) for one in anew]
    chief = {"code": "qin", "name": "qin", "role": "coordinator", "team": "A", "device": "C9", **pair.public}
    again.append(orders.sign("user", me.study, chief, root.signer))
    machine.keep_orders(tables, [(one.id, one.kind, one.content) for one in again])
    machine.remember_self(tables, type(me)(**{**me.__dict__, "root": root.public["verify"]}))
    return pair


@dataclass(frozen=True)
class Fact:
    """One change: of which record and device, typed in which editor, and what it went over."""

    id: str
    record: str
    device: str
    editor: str | None


@dataclass
class Model:
    """What one machine knows: facts, and what is to be gone: changes, and typings of a device."""

    facts: set[Fact] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    editors: set[tuple[str, str]] = field(default_factory=set)

    def learn(self, other: Model) -> None:
        self.gone |= other.gone
        self.editors |= other.editors
        self.facts = {one for one in self.facts | other.facts if not self.erased(one)}

    def erased(self, one: Fact) -> bool:
        return one.id in self.gone or (one.editor, one.device) in self.editors

    def erase(self, facts: set[Fact]) -> None:
        typed = {(one.editor, one.device) for one in facts if one.editor}
        self.learn(Model(set(), {one.id for one in facts}, typed))

    def copy(self) -> Model:
        return Model(set(self.facts), set(self.gone), set(self.editors))


class Machines(RuleBasedStateMachine):
    """Three real stores and the model of each; old sticks come back at any time; L1 may never come back."""

    def __init__(self, made: Path, signer: KeyPair) -> None:
        super().__init__()
        self.folder, self.signer, self.made = tempfile.TemporaryDirectory(), signer, made
        root = shutil.copytree(made, Path(self.folder.name) / "trio")
        self.stores = {name: Database(root / f"{name}.db", bytes(range(48))) for name in NAMES}
        self.models = {name: Model() for name in NAMES}
        self.sticks: list[tuple[Any, Model]] = []
        self.own_erasures = False
        self.had: dict[str, set[str]] = {name: set() for name in NAMES}

    @rule(at=st.sampled_from(NAMES), record=st.sampled_from(RECORDS), typed=st.sampled_from([None, "page 1", "page 2"]))
    def something_is_written(self, at: str, record: str, typed: str | None) -> None:
        editor = typed and f"{typed} of {record} at {at}"
        if (editor, at) in self.models[at].editors:
            return  # the page of such an editor is refused (`log.save_from_editor`)
        kept = write(self.stores[at], at, record, editor=editor)
        self.models[at].facts.add(Fact(kept.id, record, at, editor))
        self.check(at)

    @rule(at=st.sampled_from(NAMES))
    def a_stick_is_written(self, at: str) -> None:
        with self.stores[at].writing() as tables:
            replica.seal(tables)
            held = replica.StoreReplica(tables)
            content = held.orders(), held.streams(), list(held.blocks())
        self.sticks.append((content, self.models[at].copy()))

    @precondition(lambda self: self.sticks)
    @rule(at=st.sampled_from(NAMES), which=st.integers(0, 3), turned=st.booleans(), orders_only=st.booleans())
    def a_stick_is_read(self, at: str, which: int, turned: bool, orders_only: bool) -> None:
        (found, streams, blocks), then = self.sticks[-1 - which % len(self.sticks)]
        brought: list[Block] = [] if orders_only else blocks[::-1] if turned else blocks
        with self.stores[at].writing() as tables:
            report = replica.StoreReplica(tables, "stick").receive(found, streams, brought)
        assert report.adds_up()
        self.models[at].learn(Model(set(), then.gone, then.editors) if orders_only else then)
        self.check(at)

    @rule(record=st.sampled_from(RECORDS))
    def the_coordinator_erases(self, record: str) -> None:
        with self.stores["C1"].writing() as tables:
            found = log.of_record(tables, record)
            replica.redact(tables, found, self.signer.signer)
        self.models["C1"].erase({one for one in self.models["C1"].facts if one.record == record})
        self.check("C1")

    @rule(at=st.sampled_from(NAMES), record=st.sampled_from(RECORDS))
    def words_go_off_the_record(self, at: str, record: str) -> None:
        mine = {one for one in self.models[at].facts if (one.record, one.device) == (record, at)}
        if not mine:
            return
        with self.stores[at].writing() as tables:
            replica.erase(tables, [one for one in log.of_record(tables, record) if one.device == at])
        self.models[at].erase(mine)
        self.own_erasures = True
        self.check(at)

    def check(self, at: str) -> None:
        model = self.models[at]
        with self.stores[at].reading() as tables:
            now, known = ids(tables), {one.id for one in model.facts}
            assert now <= known  # what stays of an emptied block can come later, sealed anew
            assert (self.had[at] & known) <= now  # and what a machine had it keeps
            self.had[at] = now
            assert rebuild.differences(tables) == replica.broken_chains(tables) == []
            assert not sealed_in(tables, at) & model.gone  # what is its own it empties by itself

    def carry(self, giver: str, taker: str) -> None:
        with self.stores[giver].writing() as tables:
            replica.seal(tables)
            held = replica.StoreReplica(tables)
            content = held.orders(), held.streams(), list(held.blocks())
        with self.stores[taker].writing() as tables:
            replica.StoreReplica(tables, "stick").receive(*content)
        self.models[taker].learn(self.models[giver])
        self.check(taker)

    def carry_orders(self, giver: str, taker: str) -> None:
        with self.stores[giver].reading() as theirs, self.stores[taker].writing() as ours:
            replica.StoreReplica(ours, "stick").receive(machine.orders(theirs), [], [])
        self.models[taker].learn(Model(set(), self.models[giver].gone, self.models[giver].editors))
        self.check(taker)

    def end(self, lost: bool) -> None:
        """All meet, or all but L1, which is never seen again; whoever joins then finds all that C1 has."""
        others = [("C1", "L2"), ("L2", "C1")] if lost else [(a, b) for a in NAMES for b in NAMES if a != b]
        for giver, taker in others * 3:
            self.carry(giver, taker)
        kept = {one.id for one in self.models["C1"].facts}
        if lost and self.own_erasures:
            return  # what its author took back and sealed anew on a laptop that is lost
        for name in ("C1", "L2") if lost else NAMES:
            with self.stores[name].reading() as tables:
                assert ids(tables) == {one.id for one in self.models[name].facts}
                assert not sealed_in(tables) & self.models[name].gone
        joined = Database(
            Path(shutil.copy2(self.made / "C1.db", Path(self.folder.name) / "joined.db")), bytes(range(48))
        )
        with self.stores["C1"].reading() as theirs, joined.writing() as ours:
            held = replica.StoreReplica(theirs)
            replica.StoreReplica(ours, "stick").receive(held.orders(), held.streams(), held.blocks())
            assert ids(ours) == kept
            assert lost or sealed_in(ours) == kept
            assert rebuild.digests(ours)["research/A"] == rebuild.digests(theirs)["research/A"]
        joined.close()

    def teardown(self) -> None:
        for store in self.stores.values():
            store.close()
        self.folder.cleanup()


def run(made: Path, signer: KeyPair, examples: int) -> None:
    class Ending(Machines):
        @rule(lost=st.booleans())
        @precondition(lambda self: self.sticks)
        def all_meet(self, lost: bool) -> None:
            self.end(lost)

    few = settings(
        max_examples=examples,
        stateful_step_count=16,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(lambda: Ending(made, signer), settings=few)  # type: ignore[arg-type]


def test_whatever_happens_what_is_gone_stays_gone_and_nothing_else_goes(trio_made: Path, people: People) -> None:
    run(trio_made, people["chen"], 400)


Patch = pytest.MonkeyPatch
Step = tuple[Any, ...]
PAGE = "page 1"
WRITTEN: list[Step] = [("write", "L1", "P1", None), ("write", "L1", "P2", PAGE), ("carry", "L1", "C1")]
REDACTED: list[Step] = [*WRITTEN, ("carry", "C1", "L2"), ("redact", "P2")]
HISTORIES: dict[str, list[Step]] = {
    "sealed meanwhile": [*WRITTEN, ("off", "L1", "P1"), ("seal", "L1"), ("redact", "P2"), ("carry", "C1", "L1")],
    "sealed by the coordinator": [*REDACTED, ("carry", "C1", "L1"), ("off", "L1", "P1"), ("carry", "L1", "C1")],
    "its author is lost": [*REDACTED, ("end", True)],
    "its author comes back": [*REDACTED, ("end", False)],
    "an old stick": [
        *WRITTEN,
        ("stick", "L1"),
        ("redact", "P2"),
        ("orders", "C1", "L2"),
        ("read", "L2"),
        ("end", True),
    ],
    "typed on": [*WRITTEN, ("write", "L1", "P2", PAGE), ("redact", "P2"), ("carry", "C1", "L1"), ("end", False)],
    "two versions": [*WRITTEN, ("write", "L2", "P2", None), ("carry", "L2", "C1"), ("redact", "P2"), ("end", False)],
    "once more": [*REDACTED, ("write", "L1", "P2", None), ("carry", "L1", "C1"), ("redact", "P2"), ("end", False)],
    "a copy of what was sealed anew": [
        *WRITTEN,
        ("off", "L1", "P1"),
        ("carry", "L1", "C1"),  # what stays lies in another block of its author by now
        ("redact", "P2"),
        ("carry", "C1", "L2"),
        ("carry", "L1", "L2"),
        ("end", False),
    ],
}


def play(made: Path, signer: KeyPair, steps: list[Step]) -> None:
    machines = Machines(made, signer)
    does: dict[str, Callable[..., None]] = {
        "write": machines.something_is_written,
        "carry": machines.carry,
        "off": machines.words_go_off_the_record,
        "seal": machines.a_stick_is_written,
        "stick": machines.a_stick_is_written,
        "redact": machines.the_coordinator_erases,
        "read": lambda at: machines.a_stick_is_read(at, 0, turned=False, orders_only=False),
        "orders": machines.carry_orders,
        "end": machines.end,
    }
    try:
        for what, *how in steps:
            does[what](*how)
    finally:
        machines.teardown()


@pytest.mark.parametrize("history", HISTORIES)
def test_a_named_history_ends_as_the_model_says(trio_made: Path, people: People, history: str) -> None:
    play(trio_made, people["chen"], HISTORIES[history])


def what_was_sealed_meanwhile_stays(patch: Patch) -> None:
    patch.setattr(replica, "_follow_up", lambda tables, held: None)


def what_stays_is_sealed_by_nobody_else(patch: Patch) -> None:
    def only_own(tables: Tables, blocks: Any) -> None:
        true(tables, redactions._own(tables, blocks))

    true = erasures.seal_again
    patch.setattr(erasures, "seal_again", only_own)


def its_author_seals_nothing_anew(patch: Patch) -> None:
    patch.setattr(erasures, "seal_again", lambda tables, blocks: None)


def old_sticks_bring_back(patch: Patch) -> None:
    patch.setattr(redactions, "empties", lambda tables, drawer, block: False)


def the_typing_goes_on(patch: Patch) -> None:
    true = erasures.names_of
    patch.setattr(erasures, "names_of", lambda changes: {**true(changes), "editors": []})


def only_the_first_block_is_named(patch: Patch) -> None:
    patch.setattr(replica, "_holding", lambda tables, drawer, changes: [])


def the_log_forgets_where_the_rest_lies(patch: Patch) -> None:
    patch.setattr(erasures, "put_stubs", lambda tables, device, drawer, named: set())


PLANTS: dict[Callable[[Patch], None], str] = {
    what_was_sealed_meanwhile_stays: "sealed meanwhile",
    what_stays_is_sealed_by_nobody_else: "its author is lost",
    its_author_seals_nothing_anew: "its author comes back",
    old_sticks_bring_back: "an old stick",
    the_typing_goes_on: "typed on",
    only_the_first_block_is_named: "its author is lost",
    the_log_forgets_where_the_rest_lies: "two versions",
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_is_found(
    trio_made: Path, people: People, monkeypatch: Patch, plant: Callable[[Patch], None]
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        play(trio_made, people["chen"], HISTORIES[PLANTS[plant]])
