"""Any history of a study: what is acknowledged is never lost, what is erased is nowhere, and all come to hold the same.

Two interviewers, a coordinator, a translator and a hub, all real; laptops are cloned, restored and rolled back, lines
break, sticks go astray. Beside them stands a model that remembers only who wrote, erased and withdrew what. A history
is decided by its number before it begins, so that one that fails can be played again and made shorter: see `shortened`.
"""

from __future__ import annotations

import json
import random
import re
import secrets
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from nacl import utils

from fieldkit.acts import (
    answers,
    assents,
    backups,
    checks,
    conflicts,
    consents,
    demo,
    exchange,
    forms,
    handover,
    hubs,
    interviews,
    people,
    pseudonyms,
    removals,
    screenings,
    stops,
    studies,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk, sit_down
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock, new_id
from fieldkit.errors import Refusal
from fieldkit.records import Change, decode, natural_id
from fieldkit.rules.conflicts import BOTH, COMBINE
from fieldkit.store import database, erasures, log, merge, rebuild, replica, standing
from fieldkit.store.database import Database
from fieldkit.store.folder import Folder
from fieldkit.store.keys import Cost, KeyPair
from sync import chain, client, frames, wire
from sync.canonical import digest, encode
from sync.centre import Centre
from sync.client import Card
from sync.hub_store import Strip

CHEAP = Cost(1, 8 * 1024)
PASSPHRASE = "four plain words here"
TEAM = {"L1": ("interviewer", "李岚"), "L2": ("interviewer", "王秀"), "T1": ("translator", "Ann")}
QUESTIONS = ("W1", "W2")
NOW = "2026-05-01T10:00"
STEPS = 40
HISTORIES = 48
TOKEN = re.compile(r"zq[a-z0-9]{14}")
PAYLOAD = 48  # bytes of a sealed payload by which it is told from all others


class Crash(Exception):
    """The hub, or a laptop, is killed while it commits."""


@dataclass(frozen=True)
class Fact:
    """What the model keeps of one change: who wrote it, where, in which typing, about whom, with which words."""

    id: str
    device: str
    editor: str | None
    subject: str | None
    kind: str
    drawer: str
    words: frozenset[str]

    @property
    def goes_with_the_child(self) -> bool:
        return self.drawer.partition("/")[0] in {"research", "vault"}


@dataclass(frozen=True)
class Seat:
    """Who sits at a laptop, and the key of its store."""

    code: str
    store_key: bytes
    keys: KeyPair

    def open(self, path: Path, clock: Clock) -> Desk:
        folder = Folder.open(path)
        return sit_down(folder, folder.open_database(self.store_key, clock.now()), self.code, self.keys, clock)


@dataclass(frozen=True)
class Editor:
    """An opened editor: on which laptop and note, and what was on its screen."""

    at: str
    interview: str
    question: str
    id: str
    base: str


@dataclass(frozen=True)
class Beginning:
    """A study that is under way, in closed folders, with who sits where: every history goes on from here."""

    root: Path
    seats: dict[str, Seat]
    interviews: dict[str, str]
    card: bytes
    told: hubs.Pass


class Way(httpx.BaseTransport):
    """A line to the hub: it may break at request *cut*, say each thing twice, and first repeat what was said before."""

    def __init__(self, centre: Centre, cut: int = 999, *, arrives: bool = False, again: Sequence[Any] = ()) -> None:
        self.said: list[tuple[str, bytes]] = []
        self._centre, self._left, self._arrives, self._again = centre, cut, arrives, list(again)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        act, raw = request.url.path.rpartition("/")[2], request.read()
        self._left -= 1
        if self._left < 0:
            if self._arrives:
                self._centre.answer(act, raw)
            raise httpx.ReadError("cut")
        self.said.append((act, raw))
        for before in self._again:
            self._centre.answer(*before)
        try:
            status, content = self._centre.answer(act, raw)
        except Crash:
            status, content = 500, self._centre.failed(raw)
        return httpx.Response(status, content=content)


def enrolled(root: Path) -> Beginning:
    """Found a study of four machines; each interviewer has a child who said yes, and notes of an open interview."""
    past = Clock(timedelta(days=-7))
    founder = studies.found(Folder.open(root / "C1"), past, "陈静", PASSPHRASE, CHEAP)
    demo.make_ready(founder, ("A03", "A04"))
    desks = {"C1": replace(founder, clock=Clock())}
    for name, (role, called) in TEAM.items():
        desks[name] = demo.join(desks["C1"], Folder.open(root / name), called, role, PASSPHRASE)
    told = hubs.read_pass(hubs.write_pass(desks["C1"]))
    centre = hubs.opened(told, f"sqlite:///{root / 'hub.db'}", "CN", lambda: NOW)
    card = hubs.write_card(Card(centre.study, "http://hub", centre.key))
    opened = {name: talk(desks[name], child(desks[name], called)) for name, called in (("L1", "小满"), ("L2", "小禾"))}
    for name, interview in opened.items():
        for question in QUESTIONS:
            answers.save(desks[name], SaveAnswer(interview, question, new_id(), "{}", token(random.Random(interview))))
    for name in ("L1", "L2", "C1", "T1") * 2:
        exchange.take_card(desks[name], card)
        with over(Way(centre)):
            exchange.run(desks[name])
    seats = {name: Seat(desk.me.code, desk.db.key, desk.keys) for name, desk in desks.items()}
    for desk in desks.values():
        desk.db.close()
        desk.folder.close()
    centre.close()
    return Beginning(root, seats, opened, card, told)


def token(chance: random.Random) -> str:
    """Return a word that stands nowhere else."""
    return "zq" + "".join(chance.choices("abcdefghjkmnpqrstuvwxyz0123456789", k=14))


def child(desk: Desk, called: str) -> str:
    """Register a child and keep the mother's whole yes."""
    born = f"{desk.clock.today().year - 12}-01"
    subject = people.register(desk, NewChild(called, "0394-0000000", "A03", "f", born, reasons=demo.SURE))
    screenings.record(desk, subject, screenings.all_fit())
    mother_says_yes(desk, subject)
    return subject


def mother_says_yes(desk: Desk, subject: str) -> str:
    form, name = forms.guardian_form(desk, subject), pseudonyms.suggest(desk, subject, "刘某")
    return consents.record(
        desk,
        subject,
        GuardianAnswer(
            relation="mother",
            items={item.code: "yes" for item in form.items},
            understanding=["ok"] * len(form.teach_back),
            real_name="刘某",
            pseudonym_zh=name.zh,
            pseudonym_en=name.en,
            migration="both_away",
            carer="pgm",
            signer_name="王某",
            signature_png=b"\x89PNG\r\n\x1a\n",
            bases=consents.opened(desk, subject, "mother"),
        ),
    )


def talk(desk: Desk, subject: str) -> str:
    """Let the child say yes, and open the interview."""
    assents.record(desk, subject, ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意"))
    return interviews.start(desk, subject, KEPT)


_LINE = client.line


@contextmanager
def decided_by(number: int | str) -> Iterator[random.Random]:
    """Let *number* decide every id and nonce too, so that a history can be played again."""
    chance, ids = random.Random(f"history {number}"), random.Random(f"ids {number}")
    with patch.object(secrets, "token_bytes", ids.randbytes), patch.object(utils, "random", ids.randbytes):
        yield chance


@contextmanager
def over(way: Way) -> Iterator[Way]:
    """Let laptops reach the hub over *way*."""
    with patch.object(client, "line", partial(_LINE, transport=way)):
        yield way


class World:
    """One history: the machines as they are, and what the model remembers."""

    def __init__(self, begun: Beginning, root: Path) -> None:
        self.begun, self.root, self.seen = begun, root, Counter[str]()
        self.desks: dict[str, Desk] = {}
        self.seats = dict(begun.seats)
        for name in self.seats:
            self._sit(name, shutil.copytree(begun.root / name, root / name, ignore=shutil.ignore_patterns("lock")))
        shutil.copy(begun.root / "hub.db", root / "hub.db")
        self._start_hub()
        self.interviews = {interview: name for name, interview in begun.interviews.items()}
        self.facts: dict[str, Fact] = {}
        self.held: dict[str, set[str]] = {name: set() for name in self.seats}
        self.payloads: dict[str, bytes] = {}
        self.erased: dict[str, set[str]] = {}  # change: the orders that name it
        self.removed: dict[str, set[str]] = {}  # child: the orders that name it
        self.safe: set[str] = set()  # what a receipt of the hub covers
        self.orders: set[str] = set()  # to erase, that any machine ever had
        self.editors: list[Editor] = []
        self.sticks: list[Path] = []
        self.said: list[tuple[str, bytes]] = []
        self.backups: dict[str, Path] = {}
        self.images: dict[str, Path] = {}
        self.kept_safe: set[str] | None = None  # what the copy of the hub covers
        self.numbers = iter(range(1000))
        for name in self.seats:
            self._note(name)
        self.safe = set(self.facts)

    def close(self) -> None:
        for name in list(self.desks):
            self._leave(name)
        self.centre.close()

    def play(self, steps: Iterable[tuple[str, int]]) -> None:
        for name, number in steps:
            try:
                done = EVENTS[name](self, random.Random(number))
            except Refusal as refusal:
                done = False
                self.seen[f"{name}: refused, {refusal.code}"] += 1
                for at in self.desks:
                    self._note(at)  # what was refused took nothing away
            self.seen[name] += bool(done)
        self.end()

    # what people do

    def opens(self, chance: random.Random) -> bool:
        """An editor is opened on a note, with what stands there now."""
        at, interview = chance.choice(self._laptops()), chance.choice(list(self.interviews))
        question = chance.choice(QUESTIONS)
        with self.desks[at].db.reading() as tables:
            base = log.encode_base(log.standing_of(tables, natural_id("answer", interview, question)))
        self.editors.append(Editor(at, interview, question, new_id(), base))
        return True

    def types(self, chance: random.Random) -> bool:
        """Words are saved from an editor, which may have been opened long ago."""
        one = self._editor(chance)
        now = self._base(one)
        self._save(one, token(chance))
        self.seen["types from a stale form"] += now != one.base
        return True

    def types_on_two_laptops(self, chance: random.Random) -> bool:
        """Both interviewers write on the same note, unseen by one another."""
        question = chance.choice(QUESTIONS)
        interview = chance.choice(list(self.interviews))
        for at in ("L1", "L2"):
            with self.desks[at].db.reading() as tables:
                base = log.encode_base(log.standing_of(tables, natural_id("answer", interview, question)))
            self.editors.append(Editor(at, interview, question, new_id(), base))
            self._save(self.editors[-1], token(chance))
        return True

    def goes_off_the_record(self, chance: random.Random) -> bool:
        """The words of a note go, all or all but some, or whatever this laptop ever kept of it."""
        one = self._editor(chance)
        desk, words = self.desks[one.at], token(chance)
        self._save(one, words)
        if chance.random() < 0.3:
            answers.erase(desk, one.interview, one.question)
        else:
            text = token(chance) if chance.random() < 0.5 else ""
            answers.off_record(desk, SaveAnswer(one.interview, one.question, one.id, one.base, text), words)
        self._note(one.at, erasing=True)
        assert not any(words in self.facts[id_].words for id_ in self.held[one.at])
        return True

    def stops_and_discards(self, chance: random.Random) -> bool:
        return self._stops(chance, "stop_discard")

    def stops_and_keeps(self, chance: random.Random) -> bool:
        return self._stops(chance, "stop_keep")

    def withdraws(self, chance: random.Random) -> bool:
        at, subject = chance.choice(self._laptops()), self._subject(chance)
        asked = chance.choice(["guardian", "guardian", "child"])
        withdrawals.withdraw_each(
            self.desks[at], [subject], requested_by=asked, relation="mother" if asked == "guardian" else ""
        )
        self._note(at)
        if subject in self._subjects(at):
            assert self._is_hidden(at, subject)
        return True

    def says_yes_again(self, chance: random.Random) -> bool:
        at, subject = chance.choice(self._laptops()), self._subject(chance)
        mother_says_yes(self.desks[at], subject)
        self._note(at)
        return True

    def begins_another_talk(self, chance: random.Random) -> bool:
        """A new child, or once more one that is known."""
        at = chance.choice(self._laptops())
        known = chance.random() < 0.4
        subject = self._subject(chance) if known else child(self.desks[at], chance.choice(["小麦", "小荷", "小石"]))
        self.interviews[talk(self.desks[at], subject)] = at
        self._note(at)
        return True

    def is_erased_whole(self, chance: random.Random) -> bool:
        """The coordinator erases a child whose withdrawal has arrived; where none has, it comes now."""
        office = self.desks["C1"]
        due = removals.due(office)
        if not due:
            at = chance.choice(["L1", "L2"])
            withdrawals.withdraw_each(
                self.desks[at], [self._subject(chance)], requested_by="guardian", relation="mother"
            )
            self._note(at)
            self._meets(at)
            self._meets("C1")
            due = removals.due(office)
        if not due:
            return False
        before = self._removals()
        asked = chance.choice(due)
        removals.confirm(office, asked.id, max(office.today, asked.since), told_all=True)
        self.removed.setdefault(asked.id, set()).update(self._removals() - before)
        self._note("C1", came=True)
        return True

    def decides(self, chance: random.Random) -> bool:
        """The coordinator decides what two people wrote differently; where nobody did, they do now."""
        office = self.desks["C1"]
        if not conflicts.waiting(office):
            self.types_on_two_laptops(chance)
            for at in ("L1", "L2", "C1"):
                self._meets(at)
        found = [one for one in conflicts.listing(office) if one.place.kind == "answer" and one.conflicts]
        if not found:
            return False
        disputed = chance.choice(found)
        one = next((each for each in disputed.conflicts if each.field == "text"), disputed.conflicts[0])
        choice, text = chance.choice([*(version.id for version in one.versions), BOTH, COMBINE]), ""
        if choice == COMBINE:
            text = token(chance)
        said = conflicts.Said(one.field, choice, next(iter(conflicts.REASONS)), text, base=disputed.base)
        conflicts.decide(office, one.record, said)
        self._note("C1")
        return True

    def clock_jumps(self, chance: random.Random) -> bool:
        at = chance.choice(list(self.desks))
        ahead = timedelta(days=chance.choice([-4000, -400, -1, 0, 1, 2, 30, 4000]), seconds=chance.randrange(86_400))
        self.desks[at] = replace(self.desks[at], clock=Clock(ahead))
        return True

    # how it travels

    def meets_the_hub(self, chance: random.Random) -> bool:
        return self._meets(chance.choice(list(self.desks)))

    def is_cut(self, chance: random.Random) -> bool:
        """The line breaks, before a request arrives or before its answer does."""
        return self._meets(
            chance.choice(list(self.desks)), cut=chance.randrange(8), arrives=chance.random() < 0.5, breaks=True
        )

    def is_said_twice(self, chance: random.Random) -> bool:
        """What was said to the hub before, by whomever, comes again and in another order."""
        again = chance.sample(self.said, min(len(self.said), 4))
        return bool(again) and self._meets(chance.choice(list(self.desks)), again=again)

    def hub_is_killed(self, chance: random.Random) -> bool:
        """At a commit; then it starts again."""
        add, left = Strip.add, [chance.randrange(3)]

        def crash(strip: Strip, one: Any) -> None:
            add(strip, one)
            left[0] -= 1
            if left[0] < 0:
                raise Crash

        with patch.object(Strip, "add", crash):
            self._meets(chance.choice(list(self.desks)), breaks=True)
        self.centre.close()
        self._start_hub()
        return left[0] < 0

    def laptop_is_killed(self, chance: random.Random) -> bool:
        """At a commit, while it takes in what others brought; then it starts again."""
        at, left = chance.choice(list(self.desks)), [chance.randrange(4)]
        commit = Database._commit
        self._finish_stops(at)

        def crash(db: Database, connection: Any) -> None:
            left[0] -= connection is db._writer
            if left[0] < 0:
                raise Crash
            commit(db, connection)

        with patch.object(Database, "_commit", crash), suppress(Crash):
            self._meets(at, breaks=True)
        self._note(at, came=True)
        self._sit(at, self._leave(at))
        self._note(at, came=True)
        return left[0] < 0

    def writes_a_stick(self, chance: random.Random) -> bool:
        at = chance.choice(list(self.desks))
        self._finish_stops(at)
        path = self.root / f"stick-{next(self.numbers)}"
        handover.write(self.desks[at], path)
        self._note(at)
        self.sticks.append(path)
        return True

    def reads_a_stick(self, chance: random.Random) -> bool:
        """Whosever it is and however old."""
        return bool(self.sticks) and self._reads(chance, chance.choice(self.sticks))

    def reads_a_torn_stick(self, chance: random.Random) -> bool:
        if not self.sticks:
            return False
        whole = chance.choice(self.sticks).read_bytes()
        torn = self.root / "torn"
        torn.write_bytes(whole[: chance.randrange(len(frames.MAGIC), len(whole))])
        return self._reads(chance, torn, torn=True)

    def reads_a_shuffled_stick(self, chance: random.Random) -> bool:
        """The same frames in another order, some of them twice."""
        if not self.sticks:
            return False
        head, *rest = list(frames.Reader(BytesIO(chance.choice(self.sticks).read_bytes())))
        rest += chance.sample(rest, min(3, len(rest)))
        chance.shuffle(rest)
        with (self.root / "shuffled").open("wb") as file:
            writer = frames.Writer(file)
            for kind, content in (head, *rest):
                writer.put(kind, content)
            writer.end()
        return self._reads(chance, self.root / "shuffled")

    # what becomes of disks

    def is_cloned(self, chance: random.Random) -> bool:
        """A disk is copied whole, and both go on as one device."""
        of = chance.choice(["L1", "L2"])
        clone = f"{of} again"
        if clone in self.desks:
            return False
        self.seats[clone] = self.seats[of]
        self._sit(clone, self._copied(of, self.root / clone))
        self.held[clone] = set()
        self._note(clone)
        return True

    def is_backed_up(self, chance: random.Random) -> bool:
        at = chance.choice(self._laptops())
        self._finish_stops(at)
        self.backups[at] = self.root / f"backup-{next(self.numbers)}"
        backups.write(self.desks[at], self.backups[at])
        self._note(at)
        return True

    def is_restored(self, chance: random.Random) -> bool:
        """From its backup; the list of what was erased still lies in the folder."""
        if not self.backups:
            return False
        at = chance.choice(sorted(self.backups))
        path = self._leave(at)
        for left in path.iterdir():
            if left.name != erasures.LOG:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        with closing(Folder.open(path)) as folder:
            backups.restore(folder, self.backups[at], PASSPHRASE)
        self._sit(at, path)
        self._note(at, anything=True)
        return True

    def is_imaged(self, chance: random.Random) -> bool:
        at = chance.choice(list(self.desks))
        self.images[at] = self._copied(at, self.root / f"image-{next(self.numbers)}")
        return True

    def is_rolled_back(self, chance: random.Random) -> bool:
        """The whole disk is as it was, the list of what was erased as well."""
        if not self.images:
            return False
        at = chance.choice(sorted(self.images))
        path = self._leave(at)
        shutil.rmtree(path)
        self._sit(at, shutil.copytree(self.images[at], path))
        self._note(at, anything=True)
        return True

    def hub_is_backed_up(self, chance: random.Random) -> bool:
        (self.root / "copy.db").unlink(missing_ok=True)
        with closing(sqlite3.connect(self.root / "hub.db")) as at:
            at.execute("VACUUM INTO ?", [str(self.root / "copy.db")])
        self.kept_safe = set(self.safe)
        return True

    def hub_is_restored(self, chance: random.Random) -> bool:
        """What its receipts said is void; laptops bring it again."""
        if self.kept_safe is None:
            return False
        self.centre.close()
        for left in self.root.glob("hub.db*"):
            left.unlink()
        shutil.copy(self.root / "copy.db", self.root / "hub.db")
        self._start_hub(restored=True)
        self.safe = set(self.kept_safe)
        return True

    # how it ends

    def end(self) -> None:
        """Everybody meets the hub until nothing moves; then all that was promised is looked at."""
        alive = {id_ for held in self.held.values() for id_ in held} | self.safe
        for at in self.desks:
            self._finish_stops(at)
        for at in sorted(self.desks) * 8:  # the coordinator first: a restored hub waits for its orders
            if self._all_equal():
                break
            self._meets(at, ends=True)
        assert self._all_equal(), "they do not come to hold the same"
        self._next_meeting_is_one_round_trip("L1")
        self.words = self._look_at_logs(alive)
        self._look_at_notes()
        self._look_at_digests()

    def _all_equal(self) -> bool:
        with closing(sqlite3.connect(self.root / "hub.db")) as hub:
            held = [_named(hub)]
        for desk in self.desks.values():
            with desk.db.reading() as tables:
                held.append(_named(tables))
                unsealed = tables.execute("SELECT 1 FROM changes WHERE block IS NULL").fetchone()
            if unsealed:
                return False
        return all(one == held[0] for one in held)

    def _next_meeting_is_one_round_trip(self, at: str) -> None:
        """Once it has the receipt for all that it holds."""
        self._meets(at, ends=True)
        with over(Way(self.centre)) as way:
            assert exchange.run(self.desks[at]).done
        assert [act for act, _ in way.said] == ["hello"]

    def _look_at_logs(self, alive: set[str]) -> tuple[set[str], set[str]]:
        """Nothing is lost but what somebody wanted gone, and that is gone; return the words of either."""
        is_gone = self._judge(self.centre._store.order_ids(self.centre.study))
        for at, desk in self.desks.items():
            with desk.db.reading() as tables:
                readable = {row[0] for row in tables.execute("SELECT drawer FROM drawer_keys")}
                assert tables.execute("SELECT count(*) FROM parked").fetchone() == (0,)
                assert replica.broken_chains(tables) == []
            self._note(at, came=True)
            wanted = {id_ for id_ in alive if self.facts[id_].drawer in readable and not is_gone(self.facts[id_])}
            assert wanted <= self.held[at], f"lost at {at}: {[self.facts[id_] for id_ in wanted - self.held[at]]}"
            back = [self.facts[id_] for id_ in self.held[at] if is_gone(self.facts[id_])]
            assert back == [], f"back at {at}"
        stays = {word for held in self.held.values() for id_ in held for word in self.facts[id_].words}
        gone = {word for fact in self.facts.values() if is_gone(fact) for word in fact.words} - stays
        self.seen["words that are gone, looked for in raw files"] += len(gone)
        return gone, stays

    def _judge(self, orders: Iterable[str]) -> Callable[[Fact], bool]:
        """Tell, by the *orders* that are left in the study, which changes somebody wanted gone."""
        known = set(orders)
        erased = {id_ for id_, named in self.erased.items() if named & known}
        editors = {(self.facts[id_].device, self.facts[id_].editor) for id_ in erased if self.facts[id_].editor}
        children = {subject for subject, named in self.removed.items() if named & known}
        return lambda fact: (
            fact.id in erased
            or (fact.device, fact.editor) in editors
            or (fact.goes_with_the_child and fact.subject in children)
        )

    def _look_at_notes(self) -> None:
        """What nobody saw, nobody replaced: both versions stand, and are shown as a conflict."""
        notes = {natural_id("answer", interview, question) for interview in self.interviews for question in QUESTIONS}
        for at in ("C1", "L1"):
            with self.desks[at].db.reading() as tables:
                held = standing.held(tables)
                for note in notes:
                    self._look_at_note(tables, note, held)

    def _look_at_note(self, tables: Any, note: str, held: Callable[[Change], bool]) -> None:
        rows = tables.execute("SELECT body FROM changes WHERE record = ?", [note]).fetchall()
        known, stubs = [decode(row[0]) for row in rows], log.stubs_of(tables, note)
        replaced = {id_ for one in (*known, *stubs) for id_ in one.over.get("text", ())}
        heads = {one.id for one in known if one.id not in replaced}
        found = tables.execute("SELECT change FROM heads WHERE record = ? AND field = 'text'", [note]).fetchall()
        assert {row[0] for row in found} - {one.id for one in stubs} == heads
        texts = {one.set["text"] for one in known if one.id in heads}
        row = tables.execute("SELECT conflict FROM answers WHERE id = ?", [note]).fetchone()
        if len(texts) > 1 and row and not stubs and not any(map(held, known)):
            assert row[0], "two versions, and nobody is told"
            self.seen["conflicts that stand at the end"] += 1

    def _look_at_digests(self) -> None:
        digests = {}
        for at, desk in self.desks.items():
            with desk.db.reading() as tables:
                digests[at] = rebuild.digests(tables)
        for drawer in {drawer for of in digests.values() for drawer in of}:
            assert len({of[drawer] for of in digests.values() if drawer in of}) == 1, drawer
        for subject in self._subjects("L1"):
            with self.desks["L1"].db.reading() as tables:
                assert standing.is_hidden(tables, subject) == self._is_hidden("L1", subject)

    def checks(self) -> None:
        """Let every machine compare its tables with its log."""
        for at, desk in self.desks.items():
            assert checks.check(desk).problems == [], at

    def look_into_files(self, clear: Callable[[Database], bytes], words: tuple[set[str], set[str]]) -> None:
        """No byte of what is gone is in any file, also where nobody could read it; what stays is found so."""
        gone, stays = words
        for at, desk in self.desks.items():
            content = clear(desk.db)
            found = {word.decode() for word in re.findall(TOKEN.pattern.encode(), content)}
            assert found & gone == set(), at
            if at == "T1":
                assert found == set(), "a translator's laptop holds words of a talk"
            elif at.startswith("L"):
                assert stays <= found
            with desk.db.reading() as tables:
                self._look_for_payloads(at, tables, content)
        with closing(sqlite3.connect(self.root / "hub.db")) as hub:
            journal = self.root / "hub.db-wal"
            content = (self.root / "hub.db").read_bytes() + (journal.read_bytes() if journal.exists() else b"")
            self._look_for_payloads("the hub", hub, content)

    def _look_for_payloads(self, at: str, tables: Any, content: bytes) -> None:
        rows = tables.execute("SELECT hash, payload IS NULL FROM blocks").fetchall()
        for name, empty in rows:
            if empty and name in self.payloads:
                assert self.payloads[name] not in content, f"an erased block is still in a file: {at}"
                self.seen["sealed bytes that are gone, looked for in raw files"] += 1
        if at == "the hub":
            full = next(name for name, empty in rows if not empty and name in self.payloads)
            assert self.payloads[full] in content

    # small things

    def _removals(self) -> set[str]:
        with self.desks["C1"].db.reading() as tables:
            return {row[0] for row in tables.execute("SELECT id FROM orders WHERE kind = 'erase_child'")}

    def _sit(self, at: str, path: Path) -> None:
        self.desks[at] = self.seats[at].open(path, Clock())

    def _leave(self, at: str) -> Path:
        desk = self.desks.pop(at)
        desk.db.close()
        desk.folder.close()
        return desk.folder.path

    def _copied(self, at: str, path: Path) -> Path:
        """A disk as it lies there, journal and all, while nobody writes."""
        return shutil.copytree(self.desks[at].folder.path, path, ignore=shutil.ignore_patterns("lock"))

    def _start_hub(self, *, restored: bool = False) -> None:
        hub = f"sqlite:///{self.root / 'hub.db'}"
        self.centre = hubs.opened(self.begun.told, hub, "CN", lambda: NOW, restored=restored)

    def _laptops(self) -> list[str]:
        return [at for at in self.desks if at.startswith("L")]

    def _subjects(self, at: str) -> list[str]:
        with self.desks[at].db.reading() as tables:
            return [row[0] for row in tables.execute("SELECT id FROM participants ORDER BY id")]

    def _subject(self, chance: random.Random) -> str:
        return chance.choice(self._subjects("L1") or self._subjects("L2") or ["nobody"])

    def _is_hidden(self, at: str, subject: str) -> bool:
        """By the words that were said: somebody withdrew everything, and has not lifted it since."""
        with self.desks[at].db.reading() as tables:
            consents = "SELECT body FROM changes WHERE subject = ? AND kind = 'consent_event'"
            rows = tables.execute(consents, [subject]).fetchall()
            noticed = tables.execute("SELECT 1 FROM notices WHERE code = ?", [subject]).fetchone()
        said = [{**one.set, "id": one.id} for one in (decode(row[0]) for row in rows)]
        voided = {id_ for one in said for id_ in one.get("voids") or []}
        valid = [one for one in said if one["id"] not in voided]
        lifted = {(one["actor"], one["person"], id_) for one in valid for id_ in one.get("lifts") or []}
        noes = [one for one in valid if (one["act"], one.get("scope")) == ("withdrawn", "all")]
        return bool(noticed) or any((one["actor"], one["person"], one["id"]) not in lifted for one in noes)

    def _editor(self, chance: random.Random) -> Editor:
        if not self.editors or chance.random() < 0.4:
            self.opens(chance)
        usable = [one for one in self.editors if one.at in self.desks]
        return usable[-1 - chance.randrange(min(len(usable), 6))]

    def _base(self, one: Editor) -> str:
        with self.desks[one.at].db.reading() as tables:
            return log.encode_base(log.standing_of(tables, natural_id("answer", one.interview, one.question)))

    def _save(self, one: Editor, text: str) -> None:
        saved = answers.save(self.desks[one.at], SaveAnswer(one.interview, one.question, one.id, one.base, text))
        self._note(one.at, typed=one.id)
        assert saved.change in self.held[one.at]
        assert not self._is_hidden(one.at, self.facts[saved.change].subject or "")

    def _stops(self, chance: random.Random, choice: str) -> bool:
        interview = chance.choice(sorted(self.interviews))
        at = self.interviews[interview]
        desk = self.desks[at]
        waits = stops.begin(desk, interview, choice)
        if chance.random() < 0.3:  # until something leaves the laptop
            return True
        stops.finish(desk, interview, waits.mark)
        self._note(at, erasing=True)
        return True

    def _finish_stops(self, at: str) -> None:
        stops.finish_due(self.desks[at], all_of_them=True)
        self._note(at, erasing=True)

    def _meets(self, at: str, *, breaks: bool = False, ends: bool = False, **how: Any) -> bool:
        """Exchange with the hub; what its receipt covers is safe from then on."""
        desk, done = self.desks[at], None
        self._finish_stops(at)
        with over(Way(self.centre, **how)) as way, suppress(exchange.OutOfReach, exchange.HubSaidNo):
            done = exchange.run(desk)
        self.said += way.said
        self._note(at, came=True)
        if done is None:
            assert breaks
            return True
        report = done.report
        assert (report.damaged, report.gaps, report.parked, done.aside) == (0, 0, 0, {})
        assert report.adds_up()
        if done.done:
            with desk.db.reading() as tables:
                self.safe |= {row[0] for row in tables.execute("SELECT id FROM changes WHERE block IS NOT NULL")}
        else:
            assert done.restored or how or not ends
        return True

    def _reads(self, chance: random.Random, path: Path, *, torn: bool = False) -> bool:
        at = chance.choice(list(self.desks))
        self._finish_stops(at)
        before = set(self.held[at])
        report = handover.read(self.desks[at], path)
        self._note(at, came=True)
        assert (report.damaged, report.gaps, report.parked) == (0, 0, 0)
        assert report.torn or not torn
        assert report.adds_up()
        fresh = [self.facts[id_] for id_ in self.held[at] - before]
        came = [one for one in fresh if one.kind != "erasure_done" or one.device != self.desks[at].device.id]
        assert report.changes_new + report.changes_held >= len(came)
        return True

    def _note(
        self, at: str, *, typed: str = "", erasing: bool = False, came: bool = False, anything: bool = False
    ) -> None:
        """Look what a step did to a log; whatever is gone from it has to be gone for a reason."""
        with self.desks[at].db.reading() as tables:
            now = {row[0] for row in tables.execute("SELECT id FROM changes")}
            self._learn(tables, now - self.facts.keys())
            orders = {row[0] for row in tables.execute("SELECT id FROM orders WHERE kind = 'erase'")}
        gone, self.held[at] = [self.facts[id_] for id_ in self.held.get(at, set()) - now], now
        fresh, self.orders = orders - self.orders, self.orders | orders
        if anything:
            return
        if erasing:
            assert {one.device for one in gone} <= {self.desks[at].device.id}
            for one in gone:
                self.erased.setdefault(one.id, set()).update(fresh)
        elif typed:
            assert {one.editor for one in gone} <= {typed}
        else:
            is_gone = self._judge(self.orders.union(*self.removed.values()))
            assert [one for one in gone if not (came and is_gone(one))] == []

    def _learn(self, tables: Any, ids: set[str]) -> None:
        rows = tables.execute(
            "SELECT id, device, editor, subject, kind, drawer, body FROM changes "
            "WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(sorted(ids))],
        )
        for id_, device, editor, subject, kind, drawer, body in rows:
            words = frozenset(TOKEN.findall(bytes(body).decode()))
            self.facts[id_] = Fact(id_, device, editor, subject, kind, drawer, words)
        blocks = tables.execute(f"SELECT hash, substr(payload, 1, {PAYLOAD}) FROM blocks WHERE payload IS NOT NULL")
        self.payloads.update((name, bytes(start)) for name, start in blocks if name not in self.payloads)


def _named(tables: Any) -> tuple[list[str], list[str]]:
    """Say what a holder holds, block by block: not by the hash that an exchange opens with."""
    blocks, orders = (
        sorted(row[0] for row in tables.execute(f"SELECT {name} FROM {table}").fetchall())
        for name, table in (("hash", "blocks"), ("id", "orders"))
    )
    return blocks, orders


WEIGHTS: dict[Callable[[World, random.Random], bool], int] = {
    World.opens: 3,
    World.types: 6,
    World.types_on_two_laptops: 6,
    World.goes_off_the_record: 5,
    World.stops_and_discards: 4,
    World.stops_and_keeps: 4,
    World.withdraws: 3,
    World.says_yes_again: 3,
    World.begins_another_talk: 4,
    World.is_erased_whole: 3,
    World.decides: 6,
    World.clock_jumps: 3,
    World.meets_the_hub: 6,
    World.is_cut: 5,
    World.is_said_twice: 3,
    World.hub_is_killed: 4,
    World.laptop_is_killed: 4,
    World.writes_a_stick: 4,
    World.reads_a_stick: 4,
    World.reads_a_torn_stick: 4,
    World.reads_a_shuffled_stick: 4,
    World.is_cloned: 4,
    World.is_backed_up: 4,
    World.is_restored: 4,
    World.is_imaged: 4,
    World.is_rolled_back: 4,
    World.hub_is_backed_up: 3,
    World.hub_is_restored: 4,
}
EVENTS = {event.__name__: event for event in WEIGHTS}
Steps = list[tuple[str, int]]
PARTS = 4  # so that several cores share the work
LEAST, IN = 100, 800  # times that each thing happens at least, in how many histories


@dataclass
class Player:
    """Plays histories by their numbers, each in a folder of its own."""

    begun: Beginning
    clear: Callable[[Database], bytes]
    seen: Counter[str]
    played: int = 0

    def play(self, number: int, steps: Steps | None = None) -> None:
        """Play history *number*, or only some of its steps; raises what goes wrong."""
        memory = Path("/dev/shm")
        with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder, decided_by(number):
            world = World(self.begun, Path(folder))
            try:
                world.play(steps if steps is not None else self.steps(number))
                world.look_into_files(self.clear, world.words)
                if number % 8 == 0:  # it takes as long as all the rest
                    world.checks()
            finally:
                self.seen.update(world.seen)
                self.played += 1
                world.close()

    @staticmethod
    def steps(number: int) -> Steps:
        chance = random.Random(f"steps {number}")
        return [
            (name, chance.randrange(2**32)) for name in chance.choices(list(EVENTS), list(WEIGHTS.values()), k=STEPS)
        ]

    def fails(self, number: int, steps: Steps) -> bool:
        try:
            self.play(number, steps)
        except Exception:  # noqa: BLE001 - whatever goes wrong is what we look for
            return True
        return False

    def shortened(self, number: int, tries: int = 60) -> Steps:
        """Leave steps out of a history that fails while it still does."""
        steps, size = self.steps(number), STEPS // 2
        while size and tries:
            for start in range(0, len(steps), size):
                fewer = steps[:start] + steps[start + size :]
                tries -= 1
                if tries > 0 and self.fails(number, fewer):
                    steps = fewer
                    break
            else:
                size //= 2
        return steps


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    with decided_by("beginning"):
        return enrolled(tmp_path_factory.mktemp("begun"))


@pytest.fixture
def player(begun: Beginning, clear: Callable[[Database], bytes]) -> Player:
    return Player(begun, clear, Counter())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_lost_nothing_comes_back_and_all_hold_the_same(
    part: int, player: Player, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    many = pytestconfig.getoption("--histories")
    for number in range(part, many, PARTS):
        try:
            player.play(number)
        except Exception as error:
            error.add_note(f"history {number}, as short as it still fails: {player.shortened(number)}")
            raise
    with capsys.disabled():
        print(f"\n{player.played} histories", *(f"{n:6d}  {what}" for what, n in sorted(player.seen.items())), sep="\n")
    least = many // PARTS * LEAST // IN
    assert {name: player.seen[name] for name in EVENTS if player.seen[name] < least} == {}
    assert min(player.seen[what] for what in player.seen if "raw files" in what) > least


def last_write_wins(patching: pytest.MonkeyPatch) -> None:
    heads = merge.heads
    patching.setattr(merge, "heads", lambda changes: {name: ones[-1:] for name, ones in heads(changes).items()})


def the_later_clock_wins(patching: pytest.MonkeyPatch) -> None:
    """Of two that write the same note, the one whose laptop says that it was later."""
    heads = merge.heads

    def latest(changes: Iterable[Change]) -> merge.Heads:
        return {name: [max(ones, key=lambda one: one.wall)] for name, ones in heads(changes).items()}

    patching.setattr(merge, "heads", latest)


def orders_come_after_blocks(patching: pytest.MonkeyPatch) -> None:
    receive = replica.StoreReplica.receive

    def late(self: Any, found: Any, streams: Any, brought: Any) -> Any:
        report = receive(self, [], streams, brought)
        receive(self, found, [], [])
        return report

    patching.setattr(replica.StoreReplica, "receive", late)


def no_hashes_in_the_opening(patching: pytest.MonkeyPatch) -> None:
    """How far each stream goes, and not which."""

    def counted(held: chain.Ends, orders: Iterable[str]) -> str:
        last = {stream: [max(position for position, _ in found)] for stream, found in held.items() if found}
        return digest(encode([last, sorted(set(orders))]))

    patching.setattr(chain, "opening_of", counted)
    patching.setattr(wire, "short", lambda ends: str(max((position for position, _ in ends), default="")))


def what_was_erased_comes_back_on_a_stick(patching: pytest.MonkeyPatch) -> None:
    patching.setattr(erasures, "blocked", lambda tables, changes: set())
    patching.setattr(erasures, "emptied_by", lambda tables, hash_: set())


def the_journal_is_left_as_it_is(patching: pytest.MonkeyPatch) -> None:
    """What was deleted can still be read in it."""
    patching.setattr(Database, "_emptied_journal", lambda self: True)


def deleted_is_not_overwritten(patching: pytest.MonkeyPatch) -> None:
    kept = tuple(pragma.replace("secure_delete = ON", "secure_delete = OFF") for pragma in database._PRAGMAS)
    patching.setattr(database, "_PRAGMAS", kept)
    patching.setattr(Database, "_rewrote_pages", lambda _: True)


def acknowledged_before_the_commit(patching: pytest.MonkeyPatch) -> None:
    take = Centre._take_stream

    def answers_first(self: Any, run: Any, claimed: str, sender: str) -> dict[str, str]:
        with suppress(Crash):
            return take(self, run, claimed, sender)
        return {one.hash: chain.NEW for one in run}

    patching.setattr(Centre, "_take_stream", answers_first)
    patching.setattr(Centre, "_held", lambda self, stream, ends: [list(end) for end in ends])


PLANTS: dict[Callable[[pytest.MonkeyPatch], None], int] = {  # and the history that catches each: it is played first
    last_write_wins: 2,
    the_later_clock_wins: 2,
    orders_come_after_blocks: 10,
    no_hashes_in_the_opening: 0,
    what_was_erased_comes_back_on_a_stick: 0,
    the_journal_is_left_as_it_is: 0,
    deleted_is_not_overwritten: 0,
    acknowledged_before_the_commit: 0,
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_is_caught(
    plant: Callable[[pytest.MonkeyPatch], None],
    player: Player,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plant(monkeypatch)
    numbers = [PLANTS[plant], *(set(range(HISTORIES)) - {PLANTS[plant]})]
    caught = next((number for number in numbers if player.fails(number, player.steps(number))), None)
    with capsys.disabled():
        print(f"\n{plant.__name__}: caught in history {caught}")
    assert caught is not None
