"""Any sequence of acts: no interview without the permissions in force, and the state is what the log amounts to."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from fieldkit.acts import (
    assents,
    carers,
    cases,
    checks,
    closings,
    consents,
    forms,
    interviews,
    late_entries,
    people,
    pseudonyms,
    questions,
    screenings,
    stops,
    users,
    withdrawals,
)
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.carers import CarerAnswer
from fieldkit.acts.closings import ClosingTold
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.late_entries import PaperTold
from fieldkit.acts.people import NewChild
from fieldkit.acts.told import Seen
from fieldkit.clock import Clock
from fieldkit.errors import NotFound, Refusal
from fieldkit.rules import gates, recontact
from fieldkit.rules.closings import FINISHED
from fieldkit.rules.consent import NECESSARY
from fieldkit.rules.ways import SIGNATURE, Evidence
from fieldkit.store import clocks, log
from fieldkit.store.folder import Folder
from fieldkit.store.log import Draft

CAME_BACK = {"again_family": "came_back"}
BROUGHT_UP = {"again_own": "brought_up"}
SURE = {"V31": "date_right"}
EVER, HEARD = "9999", ("heard", "heard", "left alone", "left alone")
PARENTS = st.sampled_from(["mother", "father"])


class History(RuleBasedStateMachine):
    """One family at one laptop, and beside it a model that remembers only who said what last."""

    machine: Path
    passphrase: str
    picture: bytes
    started = papers = typed = stopped = taken_out = (
        0  # over all histories: a machine that never gets there shows nothing
    )

    def __init__(self) -> None:
        super().__init__()
        self.copy = Path(mkdtemp()) / "machine"
        folder = Folder.open(shutil.copytree(self.machine, self.copy))
        self.desk: Desk = users.unlock(folder, users.slots(folder)[0].code, self.passphrase, Clock())
        self.words: dict[str, dict[str, bool]] = {}  # guardian: day to whether that last yes covered what is necessary
        self.against: dict[str, set[str]] = {}  # guardian: the days of the noes not taken back; nobody named: ""
        self.ended: set[str] = set()
        self.thoughts: dict[
            str, dict[str, str]
        ] = {}  # guardian: day of a second thought to the day of the yes after it
        self.taken_back: list[tuple[str, str]] = []  # guardians' noes: their day, and the day of the yes that lifted it
        self.agreed: dict[str, set[str]] = {}  # guardian: the days of every whole yes
        self.child_noes: set[str] = set()  # the days of the child's noes that are open
        self.sheets: dict[str, str] = {}  # interviews typed in whose end nobody typed yet, to their day
        self.before: dict[str, tuple[Any, ...]] = {}  # the newest of them: the child's words before it, and after it
        self.ended_today = ""  # the last day on which a sheet of that very day was ended
        self.child_lifted: list[tuple[str, str]] = []
        self.child_thoughts: set[str] = set()
        self.child_agreed: set[str] = set()  # the days of a yes at the laptop that was not thought over that day
        self.held: set[str] = set()  # the days that have an interview
        self.child_no = ""  # the day of the child's open no
        self.child_yes = False  # said today, and no interview has used it
        self.child_unused = False  # the same, also while they think about it again
        self.out = False
        self.opened, self.open_today = 0, False
        self.again: list[tuple[str, str, bool]] = []  # guardian, day, does that allow re-contact: as it was written
        self.heard: set[str] = set()  # the days of the talks that were held to their end

    def teardown(self) -> None:
        self.desk.db.close()
        self.desk.folder.close()
        shutil.rmtree(self.copy.parent)

    @initialize(
        way=st.sampled_from(["paper", "signature", "nobody"]),
        started=st.sampled_from(["here", "on paper", "taken out", "stopped on paper", "stopped on paper", *HEARD, ""]),
    )
    def a_child_is_listed_and_screened(self, way: str, started: str) -> None:
        born, self.first = f"{self.desk.clock.today().year - 12}-01", self.desk.today  # no help card before it
        self.child = people.register(self.desk, NewChild("小满", "0394-0000000", "A03", "f", born))
        screenings.record(self.desk, self.child, screenings.all_fit())
        if way == "paper":
            self.a_paper_is_entered_late("mother", "", 0, asked=False)
        if way == "signature":
            self._agree("mother", "")
        if way != "nobody" and started.endswith(("on paper", "out")):
            self.an_interview_on_paper_is_typed_in(0, asked=False)
            self.the_sheet_was_of_another_day()
            if started != "taken out":
                self.an_interview_on_paper_is_typed_in(0, asked=False)
            if started == "stopped on paper":
                self.the_sheet_says_that_the_child_stopped()
        elif way != "nobody":
            self._ask_the_child("yes", (1, 2, 3))
            self._talked(started)

    def _talked(self, started: str) -> None:
        if started in {"here", *HEARD}:
            self._start()
        if started not in HEARD:
            return
        self._end("full", sheet=False)
        if started == "left alone":
            self.a_guardian_takes_re_contact_back("mother")
        self.a_day_passes()
        self._ask_the_child("yes", (1, 2, 3))

    def _case(self) -> cases.Case:
        return people.case(self.desk, self.child)

    def _answer(self, relation: str, **more: Any) -> GuardianAnswer:
        form = forms.guardian_form(self.desk, self.child)
        name = pseudonyms.suggest(self.desk, self.child, "刘某")
        seen = [event.id for event in self._case().events]
        items = {item.code: "yes" for item in form.items}
        known = GuardianAnswer(relation, items, ["ok"] * len(form.teach_back), "刘某", follows=seen, reasons=SURE)
        known = replace(known, bases=consents.opened(self.desk, self.child, relation))
        named = replace(
            known, pseudonym_zh=name.zh, pseudonym_en=name.en, signer_name="王某", signature_png=self.picture
        )
        return replace(named, **more)

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except NotFound:
            assert self.out
            return False
        except Refusal:
            return False
        return True

    @rule(who=PARENTS, short=st.sampled_from(["", "notes", "quote", "recontact"]), asked=st.booleans())
    def a_guardian_agrees(self, who: str, short: str, asked: bool) -> None:
        if not self.out:
            self._agree(who, short, asked)

    def _agree(self, who: str, short: str, asked: bool = True, given_on: str = "") -> bool:
        way = Evidence(SIGNATURE, paper_ref="P-7", paper_place="纸袋", on_paper=True) if given_on else None
        said = self._answer(who, given_on=given_on, way=way, reasons=SURE | (CAME_BACK if asked else {}))
        said = replace(said, items={code: "no" if code == short else word for code, word in said.items.items()})
        taken_back = {day for day in self.against.get(who, set()) if not given_on or day < given_on}
        allowed = self._allowed()
        if not self._try(lambda: consents.record(self.desk, self.child, said)):
            return False
        self.again.append((who, given_on or self.desk.today, not short or short == "quote"))
        if short in NECESSARY:  # a no to what is necessary is a no
            self.against.setdefault(who, set()).add(given_on or self.desk.today)
            return True
        assert who not in self.ended
        assert asked or not taken_back
        assert asked or given_on or allowed
        day = given_on or self.desk.today
        later = {when: whole for when, whole in self.words.get(who, {}).items() if when > day}
        self.words[who] = later | {day: True}
        self.agreed.setdefault(who, set()).add(day)
        self.against[who] = self.against.get(who, set()) - taken_back
        self.taken_back += [(no, day) for no in taken_back]
        thoughts = self.thoughts.setdefault(who, {})
        thoughts |= {thought: day for thought, ended in thoughts.items() if thought <= day and not ended}
        return True

    @rule(who=PARENTS, short=st.sampled_from(["", "notes", "recontact"]), days=st.integers(0, 2), asked=st.booleans())
    def a_paper_is_entered_late(self, who: str, short: str, days: int, asked: bool) -> None:
        if not self.out:
            given_on = (self.desk.clock.today() - timedelta(days=days)).isoformat()
            type(self).papers += self._agree(who, short, asked, given_on)

    @rule(who=PARENTS)
    def a_guardian_refuses(self, who: str) -> None:
        if self.out:
            return
        said = self._answer(who, items={"participate": "no"})
        if self._try(lambda: consents.record(self.desk, self.child, said)):
            self.against.setdefault(who, set()).add(self.desk.today)

    @rule(who=st.sampled_from(["mother", "father", ""]))
    def a_guardian_stops_it(self, who: str) -> None:
        """By telephone, and sometimes nobody notes which one: then no guardian takes it back."""
        if self.out or (not who and not self.opened):
            return
        withdrawals.withdraw_each(self.desk, [self.child], "stop_keep", relation=who)
        self.against.setdefault(who, set()).add(self.desk.today)

    @rule()
    def the_child_stops_it(self) -> None:
        if self.opened and not self.out:
            withdrawals.withdraw_each(self.desk, [self.child], "stop_keep", "child")
            self.child_yes, self.child_no = False, self.desk.today
            self.child_noes.add(self.desk.today)

    @rule(who=PARENTS)
    def a_guardian_takes_re_contact_back(self, who: str) -> None:
        if self.opened and not self.out:
            withdrawals.withdraw_each(self.desk, [self.child], "recontact", relation=who)
            self.again.append((who, self.desk.today, False))

    @rule(who=PARENTS, thinks=st.booleans())
    def a_guardian_is_undecided(self, who: str, thinks: bool) -> None:
        if self.out:
            return
        said = self._answer(who)
        if self._try(lambda: (consents.defer if thinks else consents.inform)(self.desk, self.child, said)) and thinks:
            self.thoughts.setdefault(who, {})[self.desk.today] = ""

    @rule(agreed=st.booleans())
    def the_grandmother_is_asked(self, agreed: bool) -> None:
        paper = ("cannot_read", "张某", "neighbour", "P-1", "纸袋")
        said = CarerAnswer("pgm", "thumbprint", agreed, ["ok"], *paper, reasons=SURE)
        if not self.out:
            carers.record(self.desk, self.child, said)

    @rule(who=PARENTS)
    def somebody_is_no_guardian_any_more(self, who: str) -> None:
        with self.desk.db.writing() as tables:
            rows = list(tables.table("persons").rows_where("subject = ? AND relation = ?", [self.child, who]))
            for row in rows:
                ended = Draft("person", {"ended_on": "2020-01-01"}, record=row["id"], subject=self.child)
                log.append(tables, self.desk.pen, ended)
                self.ended.add(who)

    @rule(
        answer=st.sampled_from(["yes", "yes", "no", "think", "silent"]),
        told=st.sampled_from([(1, 2, 3), (1, 2, 3), (1, 3)]),
        asked=st.booleans(),
    )
    def the_child_is_asked(self, answer: str, told: tuple[int, ...], asked: bool) -> None:
        if not self.out:
            self._ask_the_child(answer, told, asked)

    def _ask_the_child(self, answer: str, told: tuple[int, ...], asked: bool = True) -> None:
        seen = [event.id for event in self._case().events]
        reasons = SURE | (BROUGHT_UP if asked else {})
        said = ChildAnswer(answer, told, "child_oral", "愿意", follows=seen, reasons=reasons)
        if not self._try(lambda: assents.record(self.desk, self.child, said)):
            return
        if answer == "yes":
            assert told == (1, 2, 3)
            assert asked or not self.child_no
            assert self.child_no != self.desk.today
            if not (self.open_today and self.child_thoughts):  # else the talk that is open goes on by this yes
                self.child_unused = True
            self.child_yes, self.child_no = self.child_unused, ""
            self.child_lifted += [(no, self.desk.today) for no in self.child_noes]
            self.child_noes, self.child_thoughts = set(), set()
            self.child_agreed.add(self.desk.today)
        else:
            self.child_yes = False
            if answer == "think":
                self.child_thoughts.add(self.desk.today)
                self.child_agreed -= {self.desk.today}
            else:
                self.child_noes.add(self.desk.today)
            self.child_no = self.child_no if answer == "think" else self.desk.today

    @rule()
    def a_day_passes(self) -> None:
        ahead = self.desk.clock.ahead + timedelta(days=1)
        self.desk = replace(self.desk, clock=replace(self.desk.clock, ahead=ahead))
        self.child_yes = self.child_unused = self.open_today = False
        with self.desk.db.writing() as tables:
            clocks.trust(tables, self.desk.clock.today())  # somebody looked: doubtful days are told elsewhere

    @rule()
    def they_withdraw(self) -> None:
        if self.opened:  # rarely enough to let the rest of a history happen
            withdrawals.withdraw_each(self.desk, [self.child])
            self.out = True

    def permitted(self) -> bool:
        return self._family_agrees() and self.child_yes and self._allowed()

    def _allowed(self, by: str = EVER) -> bool:
        """Tell whether nobody was heard before the day *by*, or every guardian's last word by then allows another."""
        said = [(who, day, word) for who, day, word in self.again if day <= by]
        last = [
            word
            for place, (who, day, word) in enumerate(said)
            if not any(who == other and day <= then for other, then, _ in said[place + 1 :])
        ]
        return not any(day < by for day in self.heard) or (bool(last) and all(last))

    def _family_agrees(self) -> bool:
        last = {who: all(words.values()) for who, words in self.words.items()}
        binding = [whole for who, whole in last.items() if who not in self.ended]
        thinking = self._thinking() & self.words.keys()
        return bool(binding) and all(last.values()) and not thinking and not self._somebody_says_no()

    def _thinking(self) -> set[str]:
        return {who for who, thoughts in self.thoughts.items() if "" in thoughts.values()}

    def permitted_on(self, day: str, asked: bool) -> bool:
        """Tell whether an interview of *day* may be typed in: agreed to by then, and neither then nor since refused."""
        by_then = {who for who, days in self.agreed.items() if min(days) <= day}
        agreed = day >= self.first and bool(by_then - self.ended) and not self._guardians_hesitate(day, by_then)
        child = self._child_may(day, asked)
        return agreed and child and not self.out and day not in self.held and self._allowed(day)

    def _guardians_hesitate(self, day: str, by_then: set[str]) -> bool:
        thoughts = {(who, then, end) for who, days in self.thoughts.items() for then, end in days.items()}
        thought = any(who in by_then and then <= day and (not end or end > day) for who, then, end in thoughts)
        then_no = any(no <= day < lifted for no, lifted in self.taken_back)
        return thought or then_no or any(self.against.values()) or bool(self._thinking() & self.agreed.keys())

    def _child_may(self, day: str, asked: bool) -> bool:
        before = {no for no, lifted in self.child_lifted if no < day < lifted}
        own = day in self.child_agreed
        lifts = (before | {no for no in self.child_noes if no < day}) - {day}
        on_the_day = {no for no, lifted in self.child_lifted if no == day}
        open_ones = {no for no in self.child_noes if no >= day}
        return (
            not on_the_day
            and not open_ones
            and not {t for t in self.child_thoughts if t >= day}
            and (own or asked or not lifts)
        )

    def _somebody_says_no(self) -> bool:
        return any(self.against.values()) or bool(self.child_no) or self.out

    @rule()
    def an_interview_is_started(self) -> None:
        self._start()

    def _start(self) -> None:
        leads_back = self.open_today and not self._somebody_says_no()
        expected = leads_back or (self.permitted() and self.ended_today != self.desk.today)
        started = self._try(lambda: interviews.start(self.desk, self.child, KEPT))
        assert started == expected
        if started and not leads_back:
            self.child_yes, self.open_today, self.opened = False, True, self.opened + 1
            self.child_unused = False
            self.held.add(self.desk.today)
            type(self).started += 1

    @rule(days=st.integers(0, 3), asked=st.booleans())
    def an_interview_on_paper_is_typed_in(self, days: int, asked: bool) -> None:
        day = (self.desk.clock.today() - timedelta(days=days)).isoformat()
        seen = [] if self.out else [event.id for event in self._case().events]
        reasons = SURE | KEPT | (BROUGHT_UP if asked else {})
        said = ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意", follows=seen, reasons=reasons)
        expected = self.permitted_on(day, asked)
        kept: list[str] = []
        sheet = PaperTold(day, "P-7", said)
        before = self._of_the_child(), self.open_today
        typed = self._try(lambda: kept.append(late_entries.enter(self.desk, self.child, sheet)))
        assert typed == expected
        if typed:
            self._opened_on(day)
            self.sheets[kept[0]] = day
            self.before = {kept[0]: (*before, self._of_the_child(), self.desk.today)}

    def _of_the_child(self) -> tuple[Any, ...]:
        return self.child_yes, self.child_no, {*self.child_noes}, {*self.child_thoughts}, [*self.child_lifted]

    @rule()
    def the_sheet_was_of_another_day(self) -> None:
        """Taken out before the child has said anything else, it leaves all as it was before it was typed in."""
        for typed, (child, open_, since, today) in self.before.items():
            if typed in self.sheets and since == self._of_the_child() and today == self.desk.today and not self.out:
                late_entries.wrong_day(self.desk, self.child, typed)
                self.child_yes, self.child_no, self.child_noes, self.child_thoughts, self.child_lifted = child
                self.open_today = open_
                self.held.discard(self.sheets.pop(typed))
                type(self).taken_out += 1

    @rule()
    def the_sheet_says_that_the_child_stopped(self) -> None:
        """A fact of that day: whatever else is open stays open, and the rest of the sheet can be typed."""
        if not self.sheets or self.out:
            return
        before, writable = self.permitted(), self._family_agrees() and not self.child_no
        typed, day = self.sheets.popitem()
        stops.finish(self.desk, typed, stops.begin(self.desk, typed, "stop_keep").mark)
        assert questions.page(self.desk, typed).writable == writable
        assert self.permitted() == before
        type(self).stopped += 1
        if day == self.desk.today:
            self.open_today, self.ended_today = False, day

    @rule(completion=st.sampled_from(["full", "core", "partial_other"]), sheet=st.booleans())
    def a_talk_ends(self, completion: str, sheet: bool) -> None:
        self._end(completion, sheet)

    def _end(self, completion: str, sheet: bool) -> None:
        """By the clock, or a sheet that was typed in: from then on nothing leads back to it."""
        today = [line for line in (self._case().interviews if not self.out else []) if not line.ended]
        wanted = [line for line in today if line.on_paper == sheet and (sheet or line.started_on == self.desk.today)]
        for line in wanted[:1]:
            told = ClosingTold(completion, setting="home_yard", others_present=("none",))
            closings.end(self.desk, line.id, told, Seen(closings.page(self.desk, line.id).opened.base))
            self.sheets.pop(line.id, "")
            self.heard |= {line.started_on} if completion in FINISHED else set()
            if line.started_on == self.desk.today:
                self.open_today = False
                self.ended_today = line.started_on if sheet else self.ended_today

    def _opened_on(self, day: str) -> None:
        self.held.add(day)
        self.opened += 1
        self.child_lifted += [(no, day) for no in self.child_noes]
        self.child_noes, self.child_no, self.child_thoughts = set(), "", set()
        if day == self.desk.today:
            self.child_yes, self.open_today = False, True
            self.child_unused = False
        type(self).typed += 1

    @invariant()
    def the_page_says_what_an_act_would_do(self) -> None:
        if hasattr(self, "child") and not self.out:
            assert (not gates.failing(self._case().gates)) == self.permitted()

    @invariant()
    def the_tables_say_what_the_log_says(self) -> None:
        assert checks.check(self.desk).problems == []


@pytest.fixture
def history(four_machines: Path, passphrase: str, drawn: bytes) -> type[History]:
    facts = {"machine": four_machines / "interviewer", "passphrase": passphrase, "picture": drawn}
    return type("Here", (History,), facts)


def run(machine: type[History], **more: Any) -> None:
    chosen = settings(max_examples=25, stateful_step_count=14, deadline=None, database=None, **more)
    run_state_machine_as_test(machine, settings=chosen)


def test_no_sequence_of_acts_opens_an_interview_without_the_permissions_in_force(history: type[History]) -> None:
    run(history)

    assert history.started > 0
    assert history.papers > 0
    assert history.typed > 0
    assert history.stopped > 0
    assert history.taken_out > 0


def test_the_machine_finds_a_family_that_is_heard_again_against_its_no(
    history: type[History], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control: where re-contact is always taken for allowed, the page opens what the model keeps shut."""
    monkeypatch.setattr(recontact, "family_allows", lambda _events, *, grown: not grown)

    machine = history()
    machine.a_child_is_listed_and_screened("signature", "left alone")
    assert machine.heard
    assert not machine.permitted()
    with pytest.raises(AssertionError):
        machine.the_page_says_what_an_act_would_do()
    machine.teardown()


def test_the_machine_finds_an_act_that_forgets_to_look(history: type[History], monkeypatch: pytest.MonkeyPatch) -> None:
    """A control: gates that let everything pass are found out, by the model or by the triggers."""
    monkeypatch.setattr(gates, "failing", lambda _gates: [])

    with pytest.raises(AssertionError):
        run(history, phases=[Phase.generate], report_multiple_bugs=False)


@pytest.mark.parametrize("first", [[], ["yes"]])
def test_a_yes_after_a_second_thought_in_a_talk_goes_on_with_it(history: type[History], first: list[str]) -> None:
    machine = history()
    machine.a_child_is_listed_and_screened("paper", "here")
    for answer in [*first, "think", "yes"]:
        machine.the_child_is_asked(answer, (1, 2, 3), asked=False)
        machine.the_page_says_what_an_act_would_do()
    machine.an_interview_is_started()
    machine.teardown()
