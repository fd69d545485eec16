"""Any sequence of choosing, changing one's mind, power cuts and full disks: what the child chose in the end is done.

Once the ten seconds are over no choice is taken back, only made stricter, and no words leave the laptop that wait to be
discarded. Of the stops that pages bring within the ten seconds the stricter holds, in whatever order they come, unless
it was taken back. A choice that was held up does nothing where something was decided since of which its page knew
nothing: it waits for a person, until it is met or settled, and is asked only once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from fieldkit.acts import answers, backups, handover, stops, users, wishes, withdrawals
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.stops import AlreadyStopped, ChoiceWaits, DecidedSince
from fieldkit.clock import Clock, new_id
from fieldkit.errors import DiskFull, NotFound, Refusal
from fieldkit.store import backups as files
from fieldkit.store import search
from fieldkit.store import stops as store
from fieldkit.store import wishes as kept_wishes
from fieldkit.store.database import Database, Tables
from fieldkit.store.folder import Folder

KEEP, DISCARD = "stop_keep", "stop_discard"
WORDS = "qx7vk2mpz9lw4td"
Act = Callable[[], object]


@dataclass(frozen=True)
class StillClock(Clock):
    """Only what the machine lets pass passes: a slow computer adds nothing to the ten seconds."""

    def ticking(self) -> float:
        return self.ahead.total_seconds()


Begins = tuple[str, bool, str, bool]
BEGINS: list[Begins] = [  # what is chosen, whether its seconds pass, what then, whether in the place of the first
    ("", False, "", False),
    (KEEP, False, "", False),
    (DISCARD, True, "", False),
    (KEEP, False, DISCARD, False),
    (KEEP, True, DISCARD, False),
    (DISCARD, False, KEEP, False),
    (DISCARD, False, KEEP, True),
]


class Stopping(RuleBasedStateMachine):
    """One interview, and beside it a model: what was chosen, how long ago, and what of it is done."""

    machine: Path
    interview: str
    passphrase: str
    full = False
    # over all sequences: a machine that never gets there shows nothing
    undone = stricter = refused = left = held_up = since = softer = instead = settled = again = met = 0

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(mkdtemp())
        folder = Folder.open(shutil.copytree(self.machine, self.root / "machine"))
        self.desk: Desk = users.unlock(folder, users.slots(folder)[0].code, self.passphrase, StillClock())
        self.choice, self.age, self.floor, self.mark = "", 0, False, "none yet"
        self.stale, self.done, self.files = "an old page", "", 0
        self.knew, self.news = "", False
        self.wishes: dict[str, str] = {}
        self.came_late: list[tuple[str, str]] = []
        self.asked: set[tuple[str, str]] = set()
        type(self).full = False

    def teardown(self) -> None:
        self.desk.db.close()
        self.desk.folder.close()
        shutil.rmtree(self.root)

    @initialize(
        begins=st.sampled_from(BEGINS),
        undone=st.booleans(),
        carried=st.booleans(),
        full=st.booleans(),
        late=st.sampled_from(["", KEEP, DISCARD]),
        settled=st.booleans(),
    )
    def it_began_before(
        self, begins: Begins, undone: bool, carried: bool, full: bool, late: str, settled: bool
    ) -> None:
        """What any sequence may come to is come to often."""
        if late:
            self.the_child_goes_on_where_nothing_is_known()
            self.something_is_chosen(late, True, False)
        if late and settled:
            self.a_person_lets_it_stay()
            self.what_came_late_is_brought_once_more()
        choice, over, then, instead = begins
        if choice:
            self.something_is_chosen(choice, False, False)
        if over:
            self.the_power_goes()
        if then:
            self.something_is_chosen(then, False, instead)
        if undone:
            self.somebody_taps_undo(latest=True)
        if carried:
            self.it_is_carried_away(handover.write)
        self.the_disk_fills_or_has_room(full)

    @property
    def over(self) -> bool:
        return bool(self.choice) and self.age >= stops.UNDO

    @rule()
    def a_page_hears_how_it_stands(self) -> None:
        if self.done != DISCARD:
            self.knew, self.news = stops.standing(self.desk, self.interview).decided, False

    @rule(choice=st.sampled_from([KEEP, DISCARD]), held_up=st.booleans(), instead=st.booleans())
    def something_is_chosen(self, choice: str, held_up: bool, instead: bool) -> None:
        """*held_up*: on a page that heard last some while ago how the interview stands.

        *instead*: on the page that shows what was chosen last, in its place.
        """
        type(self).held_up += held_up
        knew, page = self.knew if held_up else None, new_id()
        softer = (self.choice, choice) == (DISCARD, KEEP) and not instead

        def act() -> None:
            waits = stops.begin(self.desk, self.interview, choice, page, knew, [self.mark] * instead)
            assert (waits.mark, waits.choice) == ((self.mark, DISCARD) if softer else (page, choice))
            self.stale, self.mark = page if softer else self.mark, waits.mark

        if self.done == DISCARD:
            self._refused(NotFound, act)
        elif held_up and self.news and (choice, self.done) == (KEEP, KEEP):
            self._refused(AlreadyStopped, act)
        elif held_up and self.news:
            self._refused(DecidedSince, act)
            self.wishes[page] = choice
            self.came_late.append((page, choice))
            type(self).since += 1
        elif self.over and (self.choice, choice) != (KEEP, DISCARD):
            self._refused(ChoiceWaits, act)
        else:
            type(self).stricter += self.over
            type(self).softer += softer
            type(self).instead += instead and (self.choice, choice) == (DISCARD, KEEP)
            act()
            if not softer:
                self.floor = self.floor or self.over
                self.choice, self.age = choice, 0

    def _refused(self, refusal: type[Exception], act: Act) -> None:
        with pytest.raises(Refusal) as raised:
            act()
        assert issubclass(raised.type, refusal)
        type(self).refused += 1

    @rule()
    def what_came_late_is_brought_once_more(self) -> None:
        """Its answer was lost: nobody is asked anew of what was settled."""
        if self.came_late and self.done != DISCARD:
            page, choice = self.came_late[-1]
            done = AlreadyStopped if (choice, self.done) == (KEEP, KEEP) else DecidedSince
            self._refused(done, lambda: stops.begin(self.desk, self.interview, choice, page, "long ago"))
            type(self).again += 1
            if page not in self.wishes and (page, choice) not in self.asked and done is DecidedSince:
                self.wishes[page] = choice

    @rule()
    def a_person_lets_it_stay(self) -> None:
        if self.wishes:
            page = next(iter(self.wishes))
            self.what_came_too_late_waits_for_a_person()
            wishes.settle(self.desk, self.interview, page, "asked")
            self.asked.add((page, self.wishes.pop(page)))
            type(self).settled += 1

    @rule()
    def the_child_goes_on_where_nothing_is_known(self) -> None:
        if self.done != DISCARD and not self.over and not self.choice:
            stops.go_on_unasked(self.desk, self.interview)
            self.news = self.news or self.done != KEEP

    @rule(latest=st.booleans())
    def somebody_taps_undo(self, latest: bool) -> None:
        def act() -> bool:
            return stops.undo(self.desk, self.interview, self.mark if latest else self.stale)

        if self.over and latest:
            self._refused(ChoiceWaits, act)
            return
        undone = act()
        assert undone == bool(self.choice and latest)
        if undone:
            type(self).undone += 1
            self.news = True
            self.choice, self.age = (KEEP, 99) if self.floor else ("", 0)
            self.floor, self.stale, self.mark = False, self.mark, self._mark()

    def _mark(self) -> str:
        found = stops.waiting(self.desk, self.interview)
        return found.mark if found else "none"

    @rule(latest=st.booleans())
    def a_countdown_ends(self, latest: bool) -> None:
        def act() -> None:
            stops.finish(self.desk, self.interview, self.mark if latest else self.stale)

        if not (self.choice and latest):
            self._refused(NotFound, act)
        elif self.full:
            self._refused(ChoiceWaits, act)
        else:
            act()
            self._carried_out()

    def _carried_out(self) -> None:
        if self.choice:
            self.done, self.choice, self.floor, self.news = self.choice, "", False, True
            waits = {} if self.done == DISCARD else {one: what for one, what in self.wishes.items() if what == DISCARD}
            type(self).met += len(self.wishes) - len(waits)
            self.wishes = waits

    @rule(seconds=st.integers(1, 12))
    def seconds_pass(self, seconds: int) -> None:
        clock = self.desk.clock
        self.desk = replace(self.desk, clock=replace(clock, ahead=clock.ahead + timedelta(seconds=seconds)))
        self.age += seconds

    @rule()
    def the_power_goes(self) -> None:
        self.desk = replace(self.desk, clock=replace(self.desk.clock, run=self.desk.clock.run + "'"))
        self.age = 99

    @rule(full=st.booleans())
    def the_disk_fills_or_has_room(self, full: bool) -> None:
        type(self).full = full

    @rule()
    def somebody_uses_the_laptop(self) -> None:
        if self.over and self.full:
            self._refused(ChoiceWaits, lambda: stops.finish_due(self.desk))
            return
        assert stops.finish_due(self.desk) == self.over
        if self.over:
            self._carried_out()

    @rule(write=st.sampled_from([handover.write, backups.write]))
    def it_is_carried_away(self, write: Callable[[Desk, Path], object]) -> None:
        self.files += 1
        path = self.root / f"stick-{self.files}"
        if self.choice and self.full:
            self._refused(ChoiceWaits, lambda: write(self.desk, path))
            assert not path.exists()
            return
        write(self.desk, path)
        self._carried_out()
        type(self).left += 1
        if write is backups.write:
            self._look_into(path)

    def _look_into(self, path: Path) -> None:
        unpacked = self.root / f"unpacked-{self.files}"
        unpacked.mkdir()
        copy = files.unpack(path, unpacked)["fieldkit.db"]
        with closing(Database(copy, self.desk.db.key)) as db, db.reading() as tables:
            assert bool(search.find(tables, WORDS)) == (self.done != DISCARD)
            assert store.every(tables) == []

    @invariant()
    def what_waits_is_what_was_chosen_last(self) -> None:
        found = stops.waiting(self.desk, self.interview)
        assert (found.choice if found else "") == self.choice
        assert (found is not None and found.left == 0) == self.over
        assert list(stops.overdue(self.desk)) == [self.interview] * self.over

    @invariant()
    def what_came_too_late_waits_for_a_person(self) -> None:
        assert {one.id: one.what for one in wishes.waiting(self.desk)} == self.wishes

    @invariant()
    def the_words_are_there_until_a_discard_is_done(self) -> None:
        with self.desk.db.reading() as tables:
            assert bool(search.find(tables, WORDS)) == (self.done != DISCARD)


@pytest.fixture
def stopping(
    desks: dict[str, Desk], interview: str, tmp_path: Path, passphrase: str, monkeypatch: pytest.MonkeyPatch
) -> type[Stopping]:
    answers.save(desks["interviewer"], SaveAnswer(interview, "W1", "editor-1", "{}", WORDS))
    with desks["interviewer"].db.writing():
        desks["interviewer"].db.leave_no_trace()
    machine = shutil.copytree(
        desks["interviewer"].folder.path, tmp_path / "prepared", ignore=shutil.ignore_patterns("lock")
    )
    here: type[Stopping] = type(
        "Here", (Stopping,), {"machine": machine, "interview": interview, "passphrase": passphrase}
    )
    kept = withdrawals.by_child

    def by_child(desk: Desk, tables: Tables, *told: str) -> None:
        kept(desk, tables, *told)
        if here.full:
            raise DiskFull

    monkeypatch.setattr(withdrawals, "by_child", by_child)
    return here


def run(machine: type[Stopping], examples: int, **more: Any) -> None:
    chosen = settings(max_examples=examples, stateful_step_count=12, deadline=None, database=None, **more)
    run_state_machine_as_test(machine, settings=chosen)


def test_what_the_child_chose_in_the_end_is_done_and_nothing_leaves_before(stopping: type[Stopping]) -> None:
    run(stopping, 120)

    assert min(stopping.undone, stopping.stricter, stopping.refused, stopping.left) > 0
    assert min(stopping.softer, stopping.instead) > 0
    assert stopping.held_up > stopping.since > 0
    assert min(stopping.settled, stopping.again, stopping.met) > 0


def _only_what_is_due(desk: Desk, *, all_of_them: bool = False) -> int:
    return FINISH_DUE(desk)


FINISH_DUE = stops.finish_due
PLANTED = {
    "a choice is never over": ("_is_over", lambda *_: False),
    "ten seconds that run on": ("_left", lambda *_: 5.0),
    "what can still be undone is carried away": ("finish_due", _only_what_is_due),
    "nothing is looked at": ("finish_due", lambda *_, **__: 0),
    "what was decided since is not asked": ("_check_knew", lambda *_: None),
    "what came too late is forgotten": ("wishes.keep", lambda *_: None),
    "what was settled is asked again": ("wishes.keep", lambda _, tables, wish, ago: kept_wishes.keep(tables, wish)),
    "what is met waits on": ("wishes.met", lambda *_: None),
    "that the child goes on is no decision": ("go_on_unasked", lambda *_: None),
    "what comes last holds, however much softer": ("_holds_against", lambda *_: False),
    "nothing softer is ever chosen in its place": (
        "_holds_against",
        lambda before, choice, _: (before.choice, choice) == (DISCARD, KEEP),
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_the_machine_finds_what_forgets_the_childs_choice(
    stopping: type[Stopping], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    name, wrong = PLANTED[fault]
    monkeypatch.setattr(f"fieldkit.acts.{name}" if "." in name else f"fieldkit.acts.stops.{name}", wrong)

    with pytest.raises((AssertionError, pytest.fail.Exception)):
        run(stopping, 200, phases=[Phase.generate], report_multiple_bugs=False)
