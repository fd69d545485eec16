"""The page of the design as a small model, and real stores that must agree with it after any history.

The model is sets and definitions; nothing of it comes from `fieldkit.store`. The stores write, seal, exchange blocks in
any order, and after each step tables, heads, index and reports are what the model says. Bugs are planted to show that
the machine would notice.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from fieldkit.clock import Clock
from fieldkit.records import Change, decode, natural_id
from fieldkit.rules import consent
from fieldkit.store import erasures, histories, keys, log, merge, people, rebuild, replica, search, standing
from fieldkit.store.database import Database, Tables, WallBroken
from fieldkit.store.log import Draft, Pen
from sync import block, chain
from sync.block import Block

NAMES = ("L1", "L2", "C1")
_NOTHING: dict[str, Any] = {}
WORDS = ["在家", "在外", "不知道", "爷爷"]
YES = {"given", "reconsented"}


@dataclass(frozen=True)
class Fact:
    """One change as the model sees it."""

    id: str
    tick: int
    kind: str
    record: str
    set: Mapping[str, Any]
    over: Mapping[str, frozenset[str]]
    grounds: frozenset[str] = frozenset()
    editor: str | None = None
    device: str = ""

    @property
    def is_event(self) -> bool:
        return self.kind == "consent_event" and self.id == self.record


@dataclass(frozen=True, eq=False)
class Erasure:
    """One order: what is gone (facts that set nothing any more), the typing it came from, the blocks that held it."""

    gone: tuple[Fact, ...]
    editors: frozenset[str]
    blocks: frozenset[str]


@dataclass
class Model:
    """What one machine knows: facts, which of them are sealed, the blocks it holds, and what was erased."""

    known: dict[str, Fact] = field(default_factory=dict)
    sealed: set[str] = field(default_factory=set)
    blocks: set[str] = field(default_factory=set)
    erasures: set[Erasure] = field(default_factory=set)

    def stubs(self) -> dict[str, Fact]:
        return {fact.id: fact for erasure in self.erasures for fact in erasure.gone}

    def erased(self, fact: Fact) -> bool:
        return any(fact.id == one.id for erasure in self.erasures for one in erasure.gone) or any(
            fact.editor in erasure.editors for erasure in self.erasures
        )

    def emptied(self) -> set[str]:
        return {block for erasure in self.erasures for block in erasure.blocks}

    def learn(self, erasures: set[Erasure]) -> None:
        self.erasures |= erasures
        self.known = {id_: fact for id_, fact in self.known.items() if not self.erased(fact)}
        self.sealed &= self.known.keys()

    def suspended(self, fact: Fact) -> bool:
        """It goes, over whatever lies between, back to something that is gone."""
        names = {one for ids in fact.over.values() for one in ids}
        return any(one in self.stubs() or (one in self.known and self.suspended(self.known[one])) for one in names)

    def all_of(self, record: str) -> list[Fact]:
        return [*self.of(record), *(stub for stub in self.stubs().values() if stub.record == record)]

    def of(self, record: str) -> list[Fact]:
        return [fact for fact in self.known.values() if fact.record == record]

    def events(self) -> list[Fact]:
        """Events that no coordinator voided."""
        events = [fact for fact in self.known.values() if fact.is_event]
        voided = {one for event in events if event.set["act"] == "voided" for one in event.set["voids"]}
        return [event for event in events if event.id not in voided]

    def yes(self, actor: str) -> list[Fact]:
        spoken = [event for event in self.events() if event.set["actor"] == actor and event.set["act"] in YES]
        return sorted(spoken, key=lambda event: event.tick)

    def open_noes(self) -> list[Fact]:
        lifted = {
            (event.set["actor"], one)
            for event in self.events()
            if event.set["act"] in YES
            for one in event.set["lifts"]
        }
        noes = [event for event in self.events() if event.set["act"] in {"declined", "withdrawn"}]
        return [event for event in noes if (event.set["actor"], event.id) not in lifted]

    def hidden(self) -> bool:
        return any(event.set["act"] == "withdrawn" for event in self.open_noes())

    def may_write(self, grounds: frozenset[str]) -> bool:
        named = [{event.id for event in self.yes(actor)} & grounds for actor in ("guardian", "child")]
        return all(named) and not self.open_noes()

    def counts(self, fact: Fact) -> bool:
        """Neither held nor suspended, and no second change to an event; a stub goes on replacing."""
        if not fact.set:
            return True
        if self.suspended(fact):
            return False
        if fact.kind != "answer":
            return fact.is_event or fact.kind != "consent_event"
        return self.permitted(fact)

    def permitted(self, fact: Fact) -> bool:
        """A valid pair stands behind it."""
        approved = {one.set["text_hash"] for one in self.known.values() if one.kind == "form"}
        fit = [
            {e.id for e in self.yes(actor) if e.set["form_text_hash"] in approved} for actor in ("guardian", "child")
        ]
        return all(fact.grounds & ids for ids in fit)

    def heads(self, facts: list[Fact], name: str) -> set[str]:
        named = {one for fact in facts for one in fact.over.get(name, ())}
        return {fact.id for fact in facts if name in fact.set and fact.id not in named}

    def base(self, record: str) -> dict[str, frozenset[str]]:
        """What an editor opened now has on its screen."""
        facts = [fact for fact in self.all_of(record) if self.counts(fact)]
        found = {name: frozenset(self.heads(facts, name)) for fact in facts for name in fact.set}
        return {name: ids for name, ids in found.items() if ids}

    def shown(self, record: str, name: str) -> tuple[Any, bool] | None:
        """The displayed value, and whether any field of the record has heads that disagree."""
        if not any(self.counts(fact) for fact in self.of(record)):
            return None
        values = {one: [self.known[id_] for id_ in ids] for one, ids in self.base(record).items()}
        best = max(values.get(name, []), key=lambda fact: (fact.tick, fact.id), default=None)
        conflict = any(fact.set[one] != facts[0].set[one] for one, facts in values.items() for fact in facts)
        return best and best.set[name], conflict

    def save(self, editor: str, record: str, values: Mapping[str, Any], base: Mapping[str, frozenset[str]]) -> Fact:
        """The fact that a save becomes (its id still empty); a change of the same editor that is free goes away."""
        mine = sorted((fact for fact in self.of(record) if fact.editor == editor), key=lambda fact: fact.tick)
        if not mine:
            there = self.known.keys() | self.stubs().keys()
            over = {name: frozenset(base.get(name, ())) & there for name in values}
        elif mine[-1].id in self.sealed or any(
            mine[-1].id in ids for f in self.all_of(record) for ids in f.over.values()
        ):
            over = dict.fromkeys(values, frozenset({mine[-1].id}))
        else:
            over = dict(self.known.pop(mine[-1].id).over)
        return Fact(
            "", self.tick(), "", record, values, {name: ids for name, ids in over.items() if ids}, editor=editor
        )

    def tick(self) -> int:
        return 1 + max(fact.tick for fact in self.known.values())


def as_fact(change: Change) -> Fact:
    over = {name: frozenset(ids) for name, ids in change.over.items()}
    grounds = frozenset(change.grounds)
    return Fact(
        change.id, change.tick, change.kind, change.record, change.set, over, grounds, change.editor, change.device
    )


@dataclass(frozen=True)
class Editor:
    """An opened editor: where, on which record, and what was on its screen."""

    id: str
    at: str
    kind: str
    record: str
    base: str
    seen: Mapping[str, frozenset[str]]


class Machines(RuleBasedStateMachine):
    """Three real stores, and the model of each."""

    def __init__(self, made: Path) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        root = shutil.copytree(made, Path(self.folder.name) / "trio")
        self.stores = {name: Database(root / f"{name}.db", bytes(range(48))) for name in NAMES}
        self.models = {name: Model() for name in NAMES}
        self.contents: dict[str, list[Fact]] = {}
        self.makers: dict[str, str] = {}
        self.editors: list[Editor] = []
        for name, store in self.stores.items():
            with store.reading() as tables:
                self._begin(tables, self.models[name])

    def _begin(self, tables: Tables, model: Model) -> None:
        """What all three hold from the start: an approved form, the secret of the team."""
        facts = [as_fact(decode(row[0])) for row in tables.execute("SELECT body FROM changes")]
        model.known = {fact.id: fact for fact in facts}
        model.sealed = set(model.known)
        model.blocks = {row[0] for row in tables.execute("SELECT hash FROM blocks")}
        self.contents |= {name: [] for name in model.blocks}

    def pen(self, at: str) -> Pen:
        return Pen(f"user of {at}", at, "A", Clock())

    def write(self, at: str, draft: Draft) -> None:
        """Append something that no editor writes, in the store and in the model."""
        model = self.models[at]
        with self.stores[at].writing() as tables:
            kept = log.append(tables, self.pen(at), draft)
        over = {name: frozenset(ids) for name, ids in draft.over.items()}
        model.known[kept.id] = Fact(kept.id, model.tick(), draft.kind, kept.record, draft.set, over, device=at)
        self.check(at)

    def say(self, at: str, actor: str, act: str, form: str, **more: Any) -> None:
        said: dict[str, Any] = {
            "actor": actor,
            "person": actor,
            "act": act,
            "session": "S1",
            "scope": "all",
            "form_text_hash": form,
        }
        said |= {"items": {"notes": "yes"}, "lifts": [], "voids": [], **more}
        self.write(at, Draft("consent_event", said, subject="kid", session="S1"))

    @initialize(at=st.sampled_from(NAMES))
    def both_say_yes(self, at: str) -> None:
        for actor in ("guardian", "child"):
            self.say(at, actor, "given", "the text")

    @rule(
        at=st.sampled_from(NAMES),
        actor=st.sampled_from(["guardian", "child"]),
        act=st.sampled_from(["given", "reconsented", "reconsented", "declined", "withdrawn"]),
        form=st.sampled_from(["the text", "the text", "late text"]),
    )
    def somebody_speaks(self, at: str, actor: str, act: str, form: str) -> None:
        noes = [no.id for no in self.models[at].open_noes() if no.set["actor"] == actor]
        self.say(at, actor, act, form, lifts=noes if act == "reconsented" else [])

    @rule(at=st.sampled_from(NAMES), what=st.sampled_from(["void", "change", "approve"]), which=st.integers(0, 9))
    def something_else_is_written(self, at: str, what: str, which: int) -> None:
        events = sorted(event.id for event in self.models[at].events())
        event = events[which % len(events)] if events else ""
        if what == "approve":
            facts = {"doc_kind": "guardian", "version": at, "text_hash": "late text", "state": "approved"}
            self.write(at, Draft("form", facts))
        elif event and what == "void":
            self.say(at, "coordinator", "voided", "the text", items={}, voids=[event])
        elif event:
            draft = Draft("consent_event", {"act": "never said"}, record=event, subject="kid", over={"act": [event]})
            self.write(at, draft)

    @rule(at=st.sampled_from(NAMES), kind=st.sampled_from(["answer", "answer", "participant"]))
    def an_editor_is_opened(self, at: str, kind: str) -> None:
        record = natural_id("answer", "S1", "P1") if kind == "answer" else "kid"
        with self.stores[at].reading() as tables:
            base = log.encode_base(log.standing_of(tables, record))
        seen = self.models[at].base(record)
        assert {name: frozenset(ids) for name, ids in json.loads(base).items()} == seen
        self.editors.append(Editor(f"editor {len(self.editors)}", at, kind, record, base, seen))

    @precondition(lambda self: self.editors)
    @rule(which=st.integers(0, 3), text=st.sampled_from(WORDS))
    def somebody_types(self, which: int, text: str) -> None:
        editor = self.editors[-1 - which % len(self.editors)]
        model, store = self.models[editor.at], self.stores[editor.at]
        gated = editor.kind == "answer"
        values = {"interview": "S1", "question": "P1", "text": text} if gated else {"site": text}
        spoken = [model.yes(actor)[-1:] for actor in ("guardian", "child")] if gated else []
        grounds = tuple(sorted(event.id for last in spoken for event in last))
        draft = Draft(editor.kind, values, editor.record, "kid", "S1", editor.id, grounds=grounds)
        mine = [fact for fact in model.of(editor.record) if fact.editor == editor.id]
        saw = {one for name in values for one in editor.seen.get(name, ())} & model.stubs().keys()
        if any(editor.id in erasure.editors for erasure in model.erasures) or (saw and not mine):
            with pytest.raises(log.TypingErased):
                self._save(store, editor, draft)
        elif mine and max(mine, key=lambda fact: fact.tick).set == values:
            self._save(store, editor, draft)
        elif gated and not model.may_write(frozenset(grounds)):
            with pytest.raises(WallBroken):
                self._save(store, editor, draft)
        else:
            expected = model.save(editor.id, editor.record, values, editor.seen)
            kept = self._save(store, editor, draft)
            model.known[kept.id] = replace(
                expected, id=kept.id, kind=editor.kind, grounds=frozenset(grounds), device=editor.at
            )
            assert as_fact(kept) == model.known[kept.id]
        self.check(editor.at)

    def _save(self, store: Database, editor: Editor, draft: Draft) -> Change:
        with store.writing() as tables:
            return log.save_from_editor(tables, self.pen(editor.at), draft, editor.record, editor.base)

    def seal(self, at: str) -> None:
        model = self.models[at]
        waiting = model.known.keys() - model.sealed
        with self.stores[at].writing() as tables:
            assert replica.seal(tables) == len(waiting)
            rows = tables.execute("SELECT b.hash, c.id FROM blocks AS b LEFT JOIN changes AS c ON c.block = b.hash")
            new = [(name, id_) for name, id_ in rows.fetchall() if name not in model.blocks]
        assert sorted(id_ for _, id_ in new if id_) == sorted(waiting)
        for name, id_ in new:
            self.contents.setdefault(name, []).extend([model.known[id_]] if id_ else [])
            self.makers[name] = at
        model.blocks |= {name for name, _ in new}
        model.sealed |= waiting

    @rule(
        way=st.sampled_from([(one, other) for one in NAMES for other in NAMES if one != other]),
        sealing=st.booleans(),
        kept=st.lists(st.booleans(), min_size=1, max_size=5),
        turned=st.booleans(),
        twice=st.booleans(),
    )
    def some_blocks_are_carried(
        self, way: tuple[str, str], sealing: bool, kept: list[bool], turned: bool, twice: bool
    ) -> None:
        def pick(blocks: list[Block]) -> list[Block]:
            some = [one for number, one in enumerate(blocks) if kept[number % len(kept)]]
            return some[:: -1 if turned else 1] * (1 + twice)

        if sealing:
            self.seal(way[0])
        self.carry(*way, pick)

    def carry(self, sender: str, receiver: str, pick: Callable[[list[Block]], list[Block]]) -> None:
        model = self.models[receiver]
        with self.stores[sender].reading() as theirs, self.stores[receiver].writing() as ours:
            held = replica.StoreReplica(theirs)
            devices = {one.stream: one.device for one in held.streams()}
            blocks = sorted(
                held.blocks(), key=lambda one: (one.header.drawer, devices[one.header.stream], one.header.position)
            )
            brought = pick(blocks)
            report = replica.StoreReplica(ours, "stick").receive(held.orders(), held.streams(), brought)
        model.learn(self.models[sender].erasures)
        brought_facts: list[Fact] = []
        for one in sorted({one.hash: one for one in brought}.values(), key=lambda one: one.header.position):
            if one.hash not in model.blocks and (one.header.previous is None or one.header.previous in model.blocks):
                model.blocks.add(one.hash)
                brought_facts += [] if one.hash in model.emptied() else self.contents[one.hash]
        kept_out = [fact for fact in brought_facts if model.erased(fact)]
        again = [fact for fact in brought_facts if fact.id in model.known]
        new = [fact for fact in brought_facts if fact not in kept_out and fact not in again]
        model.known |= {fact.id: fact for fact in new}
        model.sealed |= {fact.id for fact in (*new, *again)}
        held_back = sum(not model.permitted(fact) for fact in new if fact.kind == "answer")
        assert report.adds_up()
        assert (report.changes_held, report.changes_new) == (held_back, len(new) - held_back)
        assert (report.changes_known, report.changes_blocked) == (len(again), len(kept_out))
        self.check(receiver)

    @rule(at=st.sampled_from(NAMES))
    def words_go_off_the_record(self, at: str) -> None:
        """All that this machine ever wrote into the note is gone, and what it was typed in; another text stays."""
        model, record = self.models[at], natural_id("answer", "S1", "P1")
        mine = [fact for fact in model.of(record) if fact.device == at]
        if not mine:
            return
        with self.stores[at].writing() as tables:
            theirs = [decode(row[0]) for row in tables.execute("SELECT body FROM changes WHERE record = ?", [record])]
            holding = {
                row[0]
                for fact in mine
                for row in tables.execute("SELECT block FROM changes WHERE id = ? AND block IS NOT NULL", [fact.id])
            }
            replica.erase(tables, [one for one in theirs if one.device == at])
        gone = tuple(replace(fact, set=_NOTHING, tick=0) for fact in mine)
        editors = frozenset(fact.editor for fact in mine if fact.editor)
        again = {one.id for name in holding if self.makers.get(name) == at for one in self.contents[name]}
        model.learn({Erasure(gone, editors, frozenset(name for name in holding if self.makers.get(name) == at))})
        model.sealed -= again
        self.check(at)

    def exchange_everything(self) -> None:
        for name in NAMES:
            self.seal(name)
        for sender, receiver in (("L1", "C1"), ("L2", "C1"), ("C1", "L2"), ("C1", "L1")):
            self.carry(sender, receiver, lambda blocks: blocks)
        digests = []
        for name in NAMES:
            with self.stores[name].reading() as tables:
                assert rebuild.differences(tables) == []
                digests.append(rebuild.digests(tables))
        assert digests[0] == digests[1] == digests[2]

    def check(self, at: str) -> None:
        """Every table of the store is what the model says, and what a rebuild would make."""
        model = self.models[at]
        with self.stores[at].reading() as tables:
            assert {row[0] for row in tables.execute("SELECT id FROM changes")} == model.known.keys()
            assert {row[0] for row in tables.execute("SELECT id FROM stubs")} == model.stubs().keys()
            assert replica.broken_chains(tables) == []
            assert set(tables.execute("SELECT * FROM heads").fetchall()) == self._heads(model)
            for table, kind, name in _SHOWN:
                rows = {row["id"]: (row[name], bool(row["conflict"])) for row in tables.table(table).rows}
                records = {fact.record for fact in model.known.values() if fact.kind == kind}
                wanted = {record: model.shown(record, name) for record in records}
                assert rows == {record: shown for record, shown in wanted.items() if shown is not None}
            assert search.indexed(tables) == {row["id"] for row in tables.table("answers").rows}
            assert people.is_hidden(tables, "kid") == model.hidden()

    def _heads(self, model: Model) -> set[tuple[str, str, str]]:
        records = {
            fact.record: {name for one in model.of(fact.record) for name in one.set} for fact in model.known.values()
        }
        return {
            (record, name, id_)
            for record, names in records.items()
            for name in names
            for id_ in model.heads(model.all_of(record), name)
        }

    def something_happens(self, chance: random.Random) -> None:
        at = chance.choice(["L1", "L1", "L2", "C1"])
        what = chance.choices(["open", "type", "tabs", "speak", "write", "carry", "erase"], [4, 8, 1, 2, 2, 4, 2])[0]
        if what == "open" or not self.editors:
            self.an_editor_is_opened(at, chance.choice(["answer", "answer", "participant"]))
        elif what == "type":
            self.somebody_types(chance.randrange(3), chance.choice(WORDS))
        else:
            self._something_rarer(what, at, chance)

    def _something_rarer(self, what: str, at: str, chance: random.Random) -> None:
        if what == "tabs":  # a second page on the same note, opened when the first had something to say
            for which in (0, 0, 1):
                if which == 0:
                    self.an_editor_is_opened(at, "answer")
                self.somebody_types(which, chance.choice(WORDS))
        elif what == "speak":
            act = chance.choices(["given", "reconsented", "declined", "withdrawn"], [3, 5, 1, 1])[0]
            form = chance.choices(["the text", "late text"], [2, 1])[0]
            self.somebody_speaks(at, chance.choice(["guardian", "child"]), act, form)
        elif what == "erase":
            self.words_go_off_the_record(at)
        elif what == "write":
            self.something_else_is_written(at, chance.choice(["void", "change", "approve"]), chance.randrange(10))
        else:
            kept = [chance.random() < 0.7 for _ in range(5)]
            way = chance.choice([(at, other) for other in NAMES if other != at])
            self.some_blocks_are_carried(way, chance.random() < 0.6, kept, chance.random() < 0.5, False)

    def teardown(self) -> None:
        for store in self.stores.values():
            store.close()
        self.folder.cleanup()


_SHOWN = (
    ("answers", "answer", "text"),
    ("participants", "participant", "site"),
    ("consent_events", "consent_event", "act"),
    ("forms", "form", "text_hash"),
)
SETTINGS = settings(max_examples=500, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))


def wander(made: Path, seed: int, patch: pytest.MonkeyPatch) -> None:
    """Walk the same machines, with people typing most of the time: 100 steps that *seed* decides, ids included."""
    chance, machines = random.Random(seed), Machines(made)
    for module in (log, replica):
        patch.setattr(module, "new_id", lambda: keys.b64(chance.randbytes(16)))
    try:
        for actor in ("guardian", "child"):
            machines.say("L1", actor, "given", "late text" if seed % 2 else "the text")
        for _ in range(100):
            machines.something_happens(chance)
    finally:
        machines.teardown()


def test_real_stores_agree_with_the_model_after_any_history(trio_made: Path) -> None:
    class Ending(Machines):
        def teardown(self) -> None:
            try:
                self.exchange_everything()
            finally:
                super().teardown()

    run_state_machine_as_test(lambda: Ending(trio_made), settings=SETTINGS)  # type: ignore[arg-type]


Patch = pytest.MonkeyPatch


def last_writer_wins(patch: Patch) -> None:
    heads = merge.heads
    patch.setattr(merge, "heads", lambda changes: {name: ones[-1:] for name, ones in heads(changes).items()})


def the_lowest_is_displayed(patch: Patch) -> None:
    heads = merge.heads
    patch.setattr(merge, "heads", lambda changes: {name: ones[::-1] for name, ones in heads(changes).items()})


def autosave_forgets_its_base(patch: Patch) -> None:
    kept = log.replace
    patch.setattr(log, "replace", lambda tables, pen, old, draft, *at: kept(tables, pen, old, log.over(draft, {}), *at))


def autosave_never_replaces(patch: Patch) -> None:
    patch.setattr(log, "replace", lambda tables, pen, _old, draft, _beside: log.append(tables, pen, draft))


def a_sealed_change_is_replaced(patch: Patch) -> None:
    last = log.editors_last

    def always_free(tables: Tables, editor: str, record: str) -> tuple[Change, bool, list[Change]] | None:
        found = last(tables, editor, record)
        return found and (found[0], True, found[2])

    patch.setattr(log, "editors_last", always_free)


def a_named_change_is_replaced(patch: Patch) -> None:
    last = log.editors_last

    def free_while_unsealed(tables: Tables, editor: str, record: str) -> tuple[Change, bool, list[Change]] | None:
        found = last(tables, editor, record)
        waits = "SELECT 1 FROM changes WHERE id = ? AND block IS NULL"
        return found and (found[0], tables.execute(waits, [found[0].id]).fetchone() is not None, found[2])

    patch.setattr(log, "editors_last", free_while_unsealed)


def an_editor_goes_on_over_its_base(patch: Patch) -> None:
    """Its author is in conflict with himself after every sync."""
    last = log.editors_last

    def sealed_is_forgotten(tables: Tables, editor: str, record: str) -> tuple[Change, bool, list[Change]] | None:
        found = last(tables, editor, record)
        return found if found and found[1] else None

    patch.setattr(log, "editors_last", sealed_is_forgotten)


def an_edit_replaces_what_its_author_never_saw(patch: Patch) -> None:
    patch.setattr(log, "_known_base", lambda tables, record, base: log.heads_of(tables, record))


def a_held_change_still_replaces(patch: Patch) -> None:
    def usable(changes: Any, held: Callable[[Change], bool], immutable: bool) -> list[Change]:
        counted = [change for change in changes if not (immutable and change.id != change.record)]
        return [replace(change, set={}) if held(change) else change for change in counted]

    patch.setattr(merge, "usable", usable)


def a_held_change_counts(patch: Patch) -> None:
    usable = merge.usable
    patch.setattr(merge, "usable", lambda changes, held, immutable: usable(changes, lambda _: False, immutable))


def a_second_change_to_an_event_counts(patch: Patch) -> None:
    usable = merge.usable
    patch.setattr(merge, "usable", lambda changes, held, immutable: usable(changes, held, False))


def late_consent_lifts_nothing(patch: Patch) -> None:
    def touched(tables: Tables, changes: list[Change]) -> dict[str, str]:
        return {change.record: change.kind for change in changes}

    patch.setattr(log, "_touched", touched)


def a_late_form_lifts_nothing(patch: Patch) -> None:
    touched = log._touched
    patch.setattr(log, "_touched", lambda tables, changes: touched(tables, _without_form(changes)) | _of(changes))


def _without_form(changes: list[Change]) -> list[Change]:
    return [change for change in changes if change.kind != "form"]


def _of(changes: list[Change]) -> dict[str, str]:
    return {change.record: change.kind for change in changes}


def voided_consent_still_counts(patch: Patch) -> None:
    patch.setattr(consent, "_voided", lambda events: set())


def a_later_yes_lifts_every_no(patch: Patch) -> None:
    noes = consent.open_noes

    def open_noes(events: Any, actors: Any = ("guardian", "child")) -> list[consent.Event]:
        events = list(events)
        spoken = {event.actor for event in events if event.act in YES}
        return [no for no in noes(events, actors) if no.actor not in spoken]

    patch.setattr(consent, "open_noes", open_noes)


def a_withdrawal_from_elsewhere_hides_nothing(patch: Patch) -> None:
    restand = standing.restand

    def restand_own(tables: Tables, subject: str) -> None:
        elsewhere = "SELECT 1 FROM changes WHERE subject = ? AND kind = 'consent_event' AND batch IS NOT NULL"
        if tables.execute(elsewhere, [subject]).fetchone() is None:
            restand(tables, subject)

    patch.setattr(standing, "restand", restand_own)


def a_block_after_a_gap_is_taken(patch: Patch) -> None:
    classify = chain.classify
    patch.setattr(chain, "classify", lambda links, name, header: classify(links, name, header).replace("gap", "new"))


def a_gap_is_forgotten_with_what_it_held(patch: Patch) -> None:
    """Blocks of a stream that continue it in the same batch are lost too."""
    in_order = chain.in_order
    patch.setattr(chain, "in_order", lambda blocks: list(in_order(blocks))[::-1])


def ticks_are_not_lamports(patch: Patch) -> None:
    made = log._change
    patch.setattr(log, "_change", lambda tables, pen, draft: replace(made(tables, pen, draft), tick=7))


def sealing_forgets_a_change(patch: Patch) -> None:
    pack = block.pack
    patch.setattr(block, "pack", lambda changes: pack(changes[:2]))


def what_was_erased_leaves_no_stub(patch: Patch) -> None:
    """The value that the erased one had replaced is back on the screen."""
    patch.setattr(histories, "stubs", lambda tables, records: {})


def a_text_over_erased_words_is_shown(patch: Patch) -> None:
    patch.setattr(merge, "suspended", lambda changes: set())


def erased_words_come_back_on_a_stick(patch: Patch) -> None:
    patch.setattr(erasures, "blocked", lambda tables, changes: set())
    patch.setattr(erasures, "emptied_by", lambda tables, hash_: set())


def what_stays_of_a_block_is_not_sealed_again(patch: Patch) -> None:
    empty = erasures._empty_blocks

    def and_forget(tables: Tables, device: str, named: Sequence[str]) -> None:
        before = dict(tables.execute("SELECT id, block FROM changes").fetchall())
        empty(tables, device, named)
        tables.conn.executemany("UPDATE changes SET block = ? WHERE id = ?", [(b, i) for i, b in before.items()])

    patch.setattr(erasures, "_empty_blocks", and_forget)


def an_erased_typing_goes_on(patch: Patch) -> None:
    patch.setattr(standing, "is_erased", lambda tables, editor, device: False)


PLANTS = [
    what_was_erased_leaves_no_stub,
    a_text_over_erased_words_is_shown,
    erased_words_come_back_on_a_stick,
    what_stays_of_a_block_is_not_sealed_again,
    an_erased_typing_goes_on,
    last_writer_wins,
    the_lowest_is_displayed,
    autosave_forgets_its_base,
    autosave_never_replaces,
    a_sealed_change_is_replaced,
    a_named_change_is_replaced,
    an_editor_goes_on_over_its_base,
    an_edit_replaces_what_its_author_never_saw,
    a_held_change_still_replaces,
    a_held_change_counts,
    a_second_change_to_an_event_counts,
    late_consent_lifts_nothing,
    a_late_form_lifts_nothing,
    voided_consent_still_counts,
    a_later_yes_lifts_every_no,
    a_withdrawal_from_elsewhere_hides_nothing,
    a_block_after_a_gap_is_taken,
    a_gap_is_forgotten_with_what_it_held,
    ticks_are_not_lamports,
    sealing_forgets_a_change,
]


SEEDS = (6, 5, 18)


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_is_caught(plant: Callable[[Patch], None], trio_made: Path, monkeypatch: Patch) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, WallBroken, pytest.fail.Exception)):
        _wander_everywhere(trio_made, monkeypatch)


def _wander_everywhere(made: Path, patch: Patch) -> None:
    for seed in SEEDS:
        wander(made, seed, patch)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_walk_without_a_bug_ends_well(seed: int, trio_made: Path, monkeypatch: Patch) -> None:
    wander(trio_made, seed, monkeypatch)
