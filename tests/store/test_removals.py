"""A whole child whom a coordinator erased is gone from every machine, and no old stick brings a word back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from fieldkit.clock import Clock
from fieldkit.records import Change, decode
from fieldkit.store import aliases, copies, log, machine, rebuild, removals, replica
from fieldkit.store import people as rows
from fieldkit.store.database import Database, Tables
from fieldkit.store.keys import KeyPair
from fieldkit.store.log import Draft, Pen
from sync import orders
from sync.block import Block
from sync.replica import Report

Trio = dict[str, Database]
People = dict[str, KeyPair]
Carry = Callable[[Database, Database], Report]
NAMES = ("L1", "L2", "C1")
CHILDREN = ("kid", "other kid")


def pen(at: str) -> Pen:
    return Pen(f"user of {at}", at, "A", Clock())


def write_child(tables: Tables, at: str, child: str, words: str) -> None:
    """A child with a real name and a household, all of them *words*."""
    for kind, facts, record in (
        ("participant", {"case_code": f"ZK-A03-{words[:3]}", "site": words}, child),
        ("identity", {"real_name": words}, child + "'s identity"),
        ("consent_event", {"actor": "guardian", "act": "declined", "person": "mother"}, None),
    ):
        log.append(tables, pen(at), Draft(kind, facts, record=record, subject=child))


def lines(tables: Tables, child: str) -> list[tuple[str, str]]:
    """What the log holds about *child*: drawer and kind."""
    found = tables.execute("SELECT drawer, kind FROM changes WHERE subject = ? ORDER BY 1, 2", [child])
    return [tuple(row) for row in found]


@pytest.fixture
def spread(trio: Trio, carry: Carry) -> str:
    """Words about one child that all three machines hold; the other child has words too."""
    words = token_hex(12)
    with trio["L1"].writing() as tables:
        write_child(tables, "L1", "kid", words)
        write_child(tables, "L1", "other kid", token_hex(12))
    carry(trio["L1"], trio["C1"])
    carry(trio["C1"], trio["L2"])
    return words


@pytest.mark.parametrize("signer", ["li", "wang", "stranger"])
def test_an_order_that_no_coordinator_signed_takes_nothing_away(
    trio: Trio, people: People, spread: str, signer: str
) -> None:
    with trio["C1"].writing() as tables:
        before = lines(tables, "kid")
        replica.remove(tables, "A", "kid", people.get(signer, KeyPair.make()).signer)

        assert (lines(tables, "kid"), removals.carried_out(tables)) == (before, [])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"version": 2, "drawers": {}},
        {"version": 1, "drawers": ["research/A"]},
        {"version": 1, "drawers": {"research/A": 7}},
        {"version": 1, "drawers": {"consent/A": "ALIAS", "research/A": "ALIAS"}},
    ],
)
def test_an_order_of_another_shape_or_against_the_trace_harms_nothing(
    trio: Trio, people: People, spread: str, body: dict[str, Any]
) -> None:
    with trio["C1"].writing() as tables:
        before = lines(tables, "kid")
        named = aliases.alias_of(tables, "consent/A", "kid")
        drawers = dict.fromkeys(body["drawers"], named) if "consent/A" in body.get("drawers", {}) else None
        order = orders.sign(
            removals.KIND, "study-1", body | ({"drawers": drawers} if drawers else {}), people["chen"].signer
        )
        machine.keep_orders(tables, [(order.id, order.kind, order.content)])
        removals.take_in(tables)

        assert (lines(tables, "kid"), removals.carried_out(tables)) == (before, [])


def test_the_child_is_gone_on_every_machine_and_the_trace_of_its_consent_stays(
    trio: Trio, carry: Carry, people: People, spread: str
) -> None:
    with trio["C1"].writing() as tables:
        assert removals.counted(tables, "kid") == {"participant": 1, "identity": 1}
        replica.remove(tables, "A", "kid", people["chen"].signer)
    for name in ("L1", "L2"):
        carry(trio["C1"], trio[name])
        carry(trio[name], trio["C1"])
    digests = []
    for store in trio.values():
        with store.reading() as tables:
            assert lines(tables, "kid") == [("consent/A", "consent_event")]
            assert rows.row(tables, "participants", "id = 'kid'") is None
            assert len(lines(tables, "other kid")) == 3
            assert rebuild.differences(tables) == replica.broken_chains(tables) == []
            assert removals.carried_out(tables) == [replica_id(tables)]
            digests.append(rebuild.digests(tables))
    assert digests[0] == digests[1] == digests[2]


def replica_id(tables: Tables) -> str:
    return str(tables.execute("SELECT id FROM orders WHERE kind = 'erase_child'").fetchone()[0])


def test_an_order_names_no_child(trio: Trio, people: People, spread: str) -> None:
    with trio["C1"].writing() as tables:
        replica.remove(tables, "A", "kid", people["chen"].signer)
        (content,) = replica.given(tables)

    assert b"kid" not in content
    assert spread.encode() not in content


def test_no_byte_of_the_child_stays_in_the_file(
    trio: Trio, people: People, spread: str, clear: Callable[[Database], bytes]
) -> None:
    control = token_hex(12)
    with trio["L1"].writing() as tables:
        machine.remember(tables, "control", control)
        trio["L1"].leave_no_trace()
    assert spread.encode() in clear(trio["L1"])
    with trio["C1"].writing() as tables:
        replica.remove(tables, "A", "kid", people["chen"].signer)
        brought = replica.StoreReplica(tables).orders()
    with trio["L1"].writing() as tables:
        trio["L1"].leave_no_trace()
        replica.StoreReplica(tables, "stick").receive(brought, [], [])

    assert control.encode() in clear(trio["L1"])
    assert spread.encode() not in clear(trio["L1"])


def test_an_old_stick_brings_nothing_back_and_the_report_says_so(
    trio: Trio, carry: Carry, people: People, spread: str
) -> None:
    with trio["L2"].reading() as tables:
        old = replica.StoreReplica(tables)
        stick = old.orders(), old.streams(), list(old.blocks())
    with trio["C1"].writing() as tables:
        replica.remove(tables, "A", "kid", people["chen"].signer)
    fresh = {"blocks": "DELETE FROM blocks", "changes": "DELETE FROM changes WHERE drawer <> 'study'"}
    with trio["C1"].writing() as tables:
        first = replica.StoreReplica(tables, "stick").receive(*stick)
        again = replica.StoreReplica(tables, "stick").receive(*stick)
        assert (first.new, again.new, first.adds_up()) == (0, 0, True)
        for statement in fresh.values():  # as a machine that never saw these blocks
            tables.execute(statement)
        report = replica.StoreReplica(tables, "stick").receive(*stick)

        assert report.blocked == 2  # one of research, one of vault
        assert report.adds_up()
        assert lines(tables, "kid") == [("consent/A", "consent_event")]
        assert len(lines(tables, "other kid")) == 3


def test_a_machine_without_the_key_empties_its_sealed_copy(
    trio: Trio, carry: Carry, people: People, spread: str
) -> None:
    with trio["L2"].writing() as tables:
        tables.execute("DELETE FROM drawer_keys")
        tables.execute("UPDATE blocks SET standing = 'foreign'")
        tables.execute("DELETE FROM changes WHERE drawer <> 'study'")
    with trio["C1"].writing() as tables:
        replica.remove(tables, "A", "kid", people["chen"].signer)
    carry(trio["C1"], trio["L2"])
    with trio["L2"].reading() as tables:
        empty = tables.execute("SELECT drawer FROM blocks WHERE payload IS NULL ORDER BY 1").fetchall()
        assert copies.stale(tables)  # the dated copies of its folder hold the sealed content still

    assert empty == [("research/A",), ("vault/A",)]


def other_of(tables: Tables) -> Change:
    """A change about the child that no act wrote."""
    body = tables.execute("SELECT body FROM changes WHERE subject = 'other kid' AND kind = 'participant'").fetchone()
    return replace(decode(body[0]), id="planted", subject="kid", record="kid")


def test_what_was_written_about_the_child_elsewhere_and_never_sealed_goes_too(
    trio: Trio, carry: Carry, people: People, spread: str
) -> None:
    with trio["L2"].writing() as tables:
        draft = Draft("participant", {"grade": "五"}, record="kid", subject="kid")
        log.append(tables, pen("L2"), draft)
    with trio["C1"].writing() as tables:
        replica.remove(tables, "A", "kid", people["chen"].signer)
    carry(trio["C1"], trio["L2"])
    with trio["L2"].writing() as tables:
        assert lines(tables, "kid") == [("consent/A", "consent_event")]
        with pytest.raises(log.ChildErased):
            log.append(tables, pen("L2"), draft)
        log.insert(tables, other_of(tables), b"{}", None, None)  # by whatever way it came: it is never sealed
        replica.seal(tables)

        assert lines(tables, "kid") == [("consent/A", "consent_event")]
        assert rebuild.differences(tables) == []


def test_an_order_waits_for_who_vouches_for_its_coordinator(
    trio: Trio, carry: Carry, people: People, spread: str
) -> None:
    with trio["C1"].writing() as tables:
        replica.remove(tables, "A", "kid", people["chen"].signer)
    with trio["L1"].writing() as tables:
        chen = tables.execute(
            "DELETE FROM orders WHERE kind = 'user' AND json_extract(CAST(body AS TEXT), '$.body.code') = 'chen' "
            "RETURNING id, kind, body"
        ).fetchall()
        with trio["C1"].reading() as theirs:
            machine.keep_orders(tables, theirs.execute("SELECT id, kind, body FROM orders WHERE kind = 'erase_child'"))
        removals.take_in(tables)
        assert len(lines(tables, "kid")) == 3

        machine.keep_orders(tables, chen)
        removals.take_in(tables)
        assert len(lines(tables, "kid")) == 1


def test_a_machine_that_does_not_know_the_secret_of_the_team_waits_with_the_order_until_it_does(
    trio: Trio, carry: Carry, people: People, spread: str
) -> None:
    with trio["L2"].writing() as tables:
        (secret,) = tables.execute("SELECT body FROM changes WHERE kind = 'team_secret'").fetchone()
        tables.execute("DELETE FROM team_secrets")
    with trio["C1"].writing() as tables:
        replica.remove(tables, "A", "kid", people["chen"].signer)
        brought = replica.StoreReplica(tables).orders()
    with trio["L2"].writing() as tables:
        replica.StoreReplica(tables, "stick").receive(brought, [], [])
        assert (len(lines(tables, "kid")), removals.carried_out(tables)) == (3, [])
        assert not full(tables, "kid", trio["C1"])
        log.settle(tables, [decode(secret)])
        replica.StoreReplica(tables, "stick").receive([], [], [])

        assert lines(tables, "kid") == [("consent/A", "consent_event")]
        assert len(removals.carried_out(tables)) == 1


def test_what_cannot_be_named_in_a_header_waits_for_the_secret_of_its_team(trio: Trio) -> None:
    with trio["L1"].writing() as tables:
        tables.execute("DELETE FROM team_secrets")
        write_child(tables, "L1", "kid", token_hex(12))
        replica.seal(tables)

        assert {row[0] for row in tables.execute("SELECT drawer FROM changes WHERE block IS NULL")} == {
            "consent/A",
            "research/A",
            "vault/A",
        }


@pytest.mark.parametrize("alias", ["another child's", None])
def test_a_change_in_a_block_that_goes_by_another_name_does_not_enter(
    trio: Trio, spread: str, monkeypatch: pytest.MonkeyPatch, alias: str | None
) -> None:
    with trio["L1"].writing() as tables:
        log.append(tables, pen("L1"), Draft("participant", {"grade": "五"}, record="new kid", subject="new kid"))
        wrong = alias and aliases.alias_of(tables, "research/A", "kid")
        with monkeypatch.context() as patched:
            patched.setattr(replica, "alias_of", lambda tables, drawer, subject: wrong or "nobody's")
            replica.seal(tables)
        held = replica.StoreReplica(tables)
        brought = held.orders(), held.streams(), list(held.blocks())
    with trio["C1"].writing() as tables:
        report = replica.StoreReplica(tables, "stick").receive(*brought)

        assert report.changes_parked == 1
        assert lines(tables, "new kid") == []


def test_memos_about_the_childs_interviews_go_where_they_were_written(trio: Trio, people: People, spread: str) -> None:
    with trio["C1"].writing() as tables:
        told = Draft("interview", {"started_on": "2026-11-20"}, record="S1", subject="kid", session="S1")
        kept = log._change(tables, pen("C1"), told)
        log.insert(tables, kept, kept.encoded(), "batch", None)
        for interview in ("S1", "S2"):
            log.append(tables, pen("C1"), Draft("memo", {"interview": interview, "self_role": token_hex(12)}))
        replica.remove(tables, "A", "kid", people["chen"].signer)

        left = tables.execute("SELECT json_extract(body, '$.set.interview') FROM changes WHERE kind = 'memo'")
        assert left.fetchall() == [("S2",)]


def test_a_number_that_a_gone_child_had_is_not_given_again(trio: Trio, people: People) -> None:
    with trio["L1"].writing() as tables:
        facts = {"case_code": "ZK-A03-001", "erasure": "order"}
        log.append(tables, pen("L1"), Draft("tombstone", facts, subject="kid"))

        assert rows.free_serials(tables, "ZK-A03-", (1, 3)) == [2, 3]


def full(tables: Tables, child: str, knows: Database | None = None) -> bool:
    """A block about *child*, whose names *knows* knows, still has its payload in a drawer that is to be empty."""
    if knows is None:
        named = [aliases.alias_of(tables, drawer, child) for drawer in ("research/A", "vault/A")]
    else:
        with knows.reading() as theirs:
            named = [aliases.alias_of(theirs, drawer, child) for drawer in ("research/A", "vault/A")]
    found = tables.execute(
        "SELECT 1 FROM blocks WHERE payload IS NOT NULL AND json_extract(CAST(header AS TEXT), '$.alias') IN (?, ?)",
        named,
    )
    return found.fetchone() is not None


@dataclass
class Model:
    """What one machine knows: facts as (id, child, trace or not), and the children that are to be gone."""

    facts: set[tuple[str, str, bool]] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    def learn(self, facts: set[tuple[str, str, bool]], gone: set[str]) -> None:
        self.gone |= gone
        self.facts = {one for one in self.facts | facts if one[2] or one[1] not in self.gone}


class Machines(RuleBasedStateMachine):
    """Three real stores and the model of each; old sticks come back at any time."""

    def __init__(self, made: Path, signer: KeyPair) -> None:
        super().__init__()
        self.folder, self.signer = tempfile.TemporaryDirectory(), signer
        root = shutil.copytree(made, Path(self.folder.name) / "trio")
        self.stores = {name: Database(root / f"{name}.db", bytes(range(48))) for name in NAMES}
        self.models = {name: Model() for name in NAMES}
        self.sticks: list[tuple[Any, Model]] = []

    @initialize(at=st.sampled_from(NAMES))
    def somebody_is_met(self, at: str) -> None:
        self.something_is_written(at, "kid")

    @rule(at=st.sampled_from(NAMES), child=st.sampled_from(CHILDREN))
    def something_is_written(self, at: str, child: str) -> None:
        model = self.models[at]
        with self.stores[at].writing() as tables:
            kept = [
                (log.append(tables, pen(at), Draft(kind, facts, record=record, subject=child)).id, trace)
                for kind, facts, record, trace in (
                    ("participant", {"site": token_hex(4)}, child, False),
                    ("consent_event", {"actor": "carer", "act": "given"}, None, True),
                )
                if trace or child not in model.gone  # of a child that is gone there is no page to write on
            ]
        model.facts |= {(id_, child, trace) for id_, trace in kept}
        self.check(at)

    @rule(at=st.sampled_from(NAMES))
    def a_stick_is_written(self, at: str) -> None:
        model = self.models[at]
        with self.stores[at].writing() as tables:
            replica.seal(tables)
            held = replica.StoreReplica(tables)
            content = held.orders(), held.streams(), list(held.blocks())
        self.sticks.append((content, Model(set(model.facts), set(model.gone))))

    @rule(at=st.sampled_from(NAMES), which=st.integers(0, 5), turned=st.booleans())
    def a_stick_is_read(self, at: str, which: int, turned: bool) -> None:
        if not self.sticks:
            return
        (found, streams, blocks), then = self.sticks[-1 - which % len(self.sticks)]
        with self.stores[at].writing() as tables:
            brought: list[Block] = blocks[::-1] if turned else blocks
            report = replica.StoreReplica(tables, "stick").receive(found, streams, brought)
        assert report.adds_up()
        self.models[at].learn(then.facts, then.gone)
        self.check(at)

    @rule(child=st.sampled_from(CHILDREN))
    def the_coordinator_erases(self, child: str) -> None:
        with self.stores["C1"].writing() as tables:
            replica.remove(tables, "A", child, self.signer.signer)
        self.models["C1"].learn(set(), {child})
        self.check("C1")

    def check(self, at: str) -> None:
        with self.stores[at].reading() as tables:
            found = tables.execute("SELECT id, subject, kind = 'consent_event' FROM changes WHERE subject IS NOT NULL")
            assert {(id_, child, bool(trace)) for id_, child, trace in found} == self.models[at].facts
            assert rebuild.differences(tables) == replica.broken_chains(tables) == []
            assert not any(full(tables, child) for child in self.models[at].gone)

    def teardown(self) -> None:
        for store in self.stores.values():
            store.close()
        self.folder.cleanup()


def run(made: Path, signer: KeyPair, examples: int, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    few = settings(
        max_examples=examples,
        stateful_step_count=14,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        phases=phases,
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(lambda: Machines(made, signer), settings=few)  # type: ignore[arg-type]


def test_whatever_happens_a_child_that_is_gone_stays_gone(trio_made: Path, people: People) -> None:
    run(trio_made, people["chen"], 400)


@pytest.fixture(params=["old sticks bring back", "only what is known is emptied", "unsealed stays"])
def bug(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "old sticks bring back":
        monkeypatch.setattr(removals, "covers", lambda tables, drawer, alias: False)
    elif request.param == "only what is known is emptied":
        monkeypatch.setattr(removals, "_empty_blocks", lambda tables, drawer, alias: None)
    else:
        monkeypatch.setattr(removals, "drop", lambda tables, drawer, subject: [])
    return str(request.param)


def test_the_machine_finds_a_planted_bug(trio_made: Path, people: People, bug: str) -> None:
    with pytest.raises(AssertionError):
        run(trio_made, people["chen"], 200, (Phase.generate,))
