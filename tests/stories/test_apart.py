"""A laptop and the coordinator's computer, apart: no interview without the permissions in force.

Beside the program runs a model that knows nothing of its tables: a list of what was said, and which machine knows it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fieldkit.acts import (
    answers,
    assents,
    cases,
    checks,
    clocks,
    consents,
    forms,
    handover,
    interviews,
    people,
    pseudonyms,
    questions,
    readiness,
    removals,
    screenings,
    users,
    withdrawals,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.acts.removals import CAME_BACK, MISTAKE
from fieldkit.clock import Clock
from fieldkit.errors import Refusal
from fieldkit.rules import consent, gates
from fieldkit.rules.consent import Event
from fieldkit.store import setup, standing
from fieldkit.store.clocks import trust
from fieldkit.store.folder import Folder
from fieldkit.studies import Pair

L, C = "interviewer", "coordinator"
CHILD, NOT_SAID, PARENTS = "child", "", ("mother", "father")
YES, NO, THINK, VOID = "yes", "declined", "deferred", "voided"
STOP, OUT = consent.STOP_KEEP, consent.ALL
NOES = {NO, STOP, OUT}
SURE = {"V31": "date_right"}
CAME_BACK_TO_IT = {"again_family": "came_back"}
BROUGHT_UP = {"again_own": "brought_up"}
FORMS = {"guardian": "guardian_info_consent", CHILD: "assent_12_13"}
CORNERS = ("said again", "two of them", "left", "no", "closed")
DAY = timedelta(days=1)


@dataclass(eq=False)
class Said:
    """One thing that somebody said, in the words of `domain.md` §3: who, what, on which day, knowing what.

    `takes`: the noes that a yes takes back, or what a voiding voids; `talk`: to which talk of the child it belongs;
    `version`: of the form that was read; `known`: the machines that have heard of it; `id`: how the program calls it.
    """

    who: str
    what: str
    day: date
    knew: frozenset[Said]
    known: set[str]
    takes: frozenset[Said] = frozenset()
    talk: int = 0
    version: int = 1
    id: str = ""


@dataclass(eq=False)
class Talk:
    """An interview of the child: its number, its day, and the yeses on which it was opened."""

    number: int
    day: date
    grounds: frozenset[Said]
    id: str


@dataclass(eq=False)
class Version:
    """A version of a form: whether it changes much, and since when it counts."""

    kind: str
    number: int
    major: bool
    day: date
    known: set[str]


@dataclass
class Family:
    """What one machine may do, by what it has heard and nothing else."""

    said: list[Said] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)

    def heard(self, at: str) -> list[Said]:
        return [one for one in self.said if at in one.known]

    def stands(self, at: str) -> list[Said]:
        """§3.3: what a coordinator declared void was never said."""
        heard = self.heard(at)
        void = {other for one in heard if one.what == VOID for other in one.takes}
        return [one for one in heard if one not in void]

    def noes(self, at: str, *who: str) -> list[Said]:
        """§3.2: a no stays open until the same person's later yes lifts it by name."""
        stands = self.stands(at)
        lifted = {no for one in stands if one.what == YES for no in one.takes}
        mine = [one for one in stands if one.who in who or not who]
        return [one for one in mine if one.what in NOES and one not in lifted]

    def hidden(self, at: str) -> bool:
        """§3.6: an open withdrawal of everything hides the child."""
        return any(no.what == OUT for no in self.noes(at))

    def guardians_agree(self, at: str) -> list[Said]:
        """§3.2: the last words of all guardians who were asked, if each is a yes and none of them has an open no."""
        words = [one for one in self.stands(at) if one.who in PARENTS and one.what in {YES, NO}]
        last = _last(words)
        agree = all(one.what == YES for one in last) and not self.noes(at, *PARENTS, NOT_SAID)
        return last if agree else []

    def number(self, at: str, kind: str, day: date) -> int:
        """Return which version of a form is read on *day*."""
        return max(one.number for one in self.versions if one.kind == kind and at in one.known and one.day <= day)

    def accepted(self, at: str, kind: str, yes: Said, day: date) -> bool:
        """§3.7: no major change came since."""
        since = [one for one in self.versions if one.kind == kind and at in one.known and one.day <= day]
        return not any(one.major and one.number > yes.version for one in since)

    def thinks(self, at: str, talk: int | None = None) -> bool:
        """§3.2: the child put it off (a *talk*), and has not said yes since."""
        own = [one for one in self.stands(at) if one.who == CHILD]
        decided = {other for one in own if one.what == YES for other in one.knew}
        open_ = [one for one in own if one.what == THINK and one not in decided]
        return any(one.talk == talk or talk is None for one in open_)

    def left(self, at: str, talk: int) -> bool:
        """§3.3, §3.9: who withdrew from a talk whose yes knew nothing of that does not go on with it."""
        own = [one for one in self.stands(at) if one.who == CHILD]
        knew = {other for one in own if one.what == YES and one.talk == talk for other in one.knew}
        return any(one.what in {STOP, OUT} and one not in knew for one in own)

    def child_agrees(self, at: str, talk: int) -> list[Said]:
        """§3.2: what the child said to this *talk*, if it is a yes and nothing speaks against it."""
        yes = [one for one in self.stands(at) if one.who == CHILD and one.what == YES and one.talk == talk]
        against = self.noes(at, CHILD) or self.thinks(at, talk) or self.left(at, talk)
        return [] if against else yes

    def here(self, at: str) -> list[Talk]:
        """Return the talks that are in use: of those who agreed to one, on each side somebody's yes stands."""
        stands = set(self.stands(at))
        sides = [{one for one in stands if one.who in PARENTS}, {one for one in stands if one.who == CHILD}]
        return [talk for talk in self.talks if all(side & talk.grounds for side in sides)]

    def goes_on(self, at: str, day: date) -> Talk | None:
        """Return the talk of *day* that the child did not leave."""
        mine = [one for one in self.here(at) if one.day == day and not self.left(at, one.number)]
        return mine[-1] if mine else None

    def unused(self, at: str, day: date) -> int:
        """Return to which talk the child said yes on *day* (D2), none of it held yet, 0 where there is none.

        A yes that was declared void leaves no earlier one of that day to be used: the child is asked again.
        """
        used = {talk.number for talk in self.here(at)}
        own = [one for one in self.heard(at) if one.who == CHILD and one.what == YES and one.day == day]
        free = [one.talk for one in own if one.talk not in used]
        return free[-1] if free and not self.thinks(at) else 0


def _last(words: list[Said]) -> list[Said]:
    return [one for one in words if not any(one in other.knew and one.who == other.who for other in words)]


class Apart(RuleBasedStateMachine):
    """One family, an interviewer's laptop and the coordinator's computer; bundles go between them now and then."""

    machines: Path
    passphrase: str
    picture: bytes
    corner = ""  # where every history begins, instead of anywhere
    started = saved = refused = lifted = met = 0  # over all histories: a machine that never gets there shows nothing

    def __init__(self) -> None:
        super().__init__()
        self.copy = Path(mkdtemp())
        self.desks = {at: self._open(at) for at in (L, C)}
        self.day = self.latest = self.desks[C].clock.today()
        self.off = 0  # by how many days the laptop's clock is behind
        self.closed: set[str] = set()
        self.closed_on = date.max
        self.family = Family(versions=[Version(kind, 1, False, date.min, {L, C}) for kind in FORMS.values()])
        self.talks = self.written = 0
        with self.desks[L].db.reading() as tables:
            trained = setup.members(tables)[self.desks[L].me.code]["child_training_on"]
        self.trained = date.fromisoformat(str(trained))

    def _open(self, at: str) -> Desk:
        folder = Folder.open(shutil.copytree(self.machines / at, self.copy / at))
        return users.unlock(folder, users.slots(folder)[0].code, self.passphrase, Clock())

    def teardown(self) -> None:
        try:
            self.both_hold_the_same()
        finally:
            for desk in self.desks.values():
                desk.db.close()
                desk.folder.close()
            shutil.rmtree(self.copy)

    @property
    def today(self) -> date:
        """Return the day that the laptop shows."""
        return self.day - self.off * DAY

    def _case(self, at: str = L) -> cases.Case:
        return people.case(self.desks[at], self.child)

    def _events(self, at: str) -> list[Event]:
        with self.desks[at].db.reading() as tables:
            return standing.events(tables, self.child)

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except Refusal:
            return False
        return True

    def _says(self, at: str, who: str, what: str, day: date, **more: Any) -> Said:
        """Keep in the model what was said at a machine, and by which id the program knows it, if it wrote anything."""
        known = {one.id for one in self.family.said}
        acts = {VOID} if what == VOID else {"given", "reconsented"} if what == YES else {what, "withdrawn"}
        fresh = [one.id for one in self._events(at) if one.id not in known and one.act in acts]
        knew = frozenset(self.family.heard(at))
        one = Said(who, what, day, knew, {at}, id=fresh[0] if fresh else "", **more)
        self.family.said.append(one)
        return one

    # What the laptop may do, by the model.

    def _closed(self) -> bool:
        """A clock that went back opens nothing again (§3.9, D4)."""
        return L in self.closed and self.closed_on <= self.latest

    def _not_again(self) -> bool:
        """§3.9: no second attempt on the same day, and none on a day before that of the no, by a clock that is off."""
        said = [one.day for one in self.family.stands(L) if one.who == CHILD and one.what in NOES]
        return any(self.today <= day <= self.latest for day in said)

    def _accepts(self, kind: str, yeses: Iterable[Said]) -> bool:
        return all(self.family.accepted(L, FORMS[kind], one, self.latest) for one in yeses)

    def permitted(self) -> bool:
        """Tell whether a new talk may begin."""
        one = self.family
        guardians, talk = one.guardians_agree(L), one.unused(L, self.today)
        own = one.child_agrees(L, talk) if talk else []
        asked = bool(guardians) and bool(own) and self._accepts("guardian", guardians) and self._accepts(CHILD, own)
        return asked and not one.noes(L) and not self._closed() and self.trained <= self.today

    def goes_on(self) -> Talk | None:
        """Return the talk of today to which a start leads back."""
        talk = self.family.goes_on(L, self.today)
        return talk if talk and not self.family.noes(L) and not self.family.thinks(L, talk.number) else None

    def writable(self) -> bool:
        """Tell whether the consents to a note in the newest talk are in force."""
        talk = self.family.talks[-1].number
        return bool(self.family.guardians_agree(L)) and bool(self.family.child_agrees(L, talk))

    # What happens.

    @initialize(corner=st.sampled_from(["", "asked", "open", "open", *CORNERS]))
    def a_child_is_known_to_both(self, corner: str) -> None:
        month = f"{self.day.year - 13}-{self.day.month:02}"
        self.child = people.register(self.desks[L], NewChild("小满", "0394-0000000", "A03", "f", month))
        screenings.record(self.desks[L], self.child, screenings.all_fit())
        self._carry(L, C)
        self.code = self._case().case_code
        corner = self.corner or corner
        if corner:
            self.a_parent_answers("mother", True, False)
            self.the_child_is_asked(YES, False)
        if corner not in {"", "asked"}:
            self.an_interview_is_started()
            self.a_note_is_saved()
        begin: dict[str, Callable[[], None]] = {
            "said again": self._said_again,
            "two of them": self._two_of_them,
            "left": self._left,
            "no": self._no_and_a_clock_that_goes_back,
            "closed": self._closed_then_back,
        }
        begin.get(corner, lambda: None)()

    def _said_again(self) -> None:
        """Before the lifting of her withdrawal came, the mother rang and withdrew again."""
        self.somebody_withdraws("mother", OUT)
        self.a_bundle_is_carried("in")
        self.one_withdrawal_is_lifted(0, MISTAKE)
        self.somebody_withdraws("mother", OUT)
        self.a_bundle_is_carried("out")

    def _two_of_them(self) -> None:
        self.somebody_withdraws("mother", OUT)
        self.somebody_withdraws("father", OUT)
        self.a_bundle_is_carried("in")
        self.one_withdrawal_is_lifted(0, MISTAKE)

    def _left(self) -> None:
        """The child left a talk, its withdrawal was lifted, and the next day it wants to after all."""
        self.somebody_withdraws(CHILD, OUT)
        self.a_bundle_is_carried("in")
        self.one_withdrawal_is_lifted(0, CAME_BACK)
        self.a_bundle_is_carried("out")
        self.a_day_passes()
        self.the_child_is_asked(YES, True)

    def _no_and_a_clock_that_goes_back(self) -> None:
        self.the_child_is_asked("no", False)
        self.the_clock_shows(1)
        self.the_child_is_asked(YES, True)

    def _closed_then_back(self) -> None:
        self.a_day_passes()
        self.the_study_is_closed()
        self.a_bundle_is_carried("out")
        self.the_clock_shows(1)
        self.the_child_is_asked(YES, True)

    @rule(who=st.sampled_from(PARENTS), agrees=st.sampled_from([True, True, False]), asked=st.booleans())
    def a_parent_answers(self, who: str, agrees: bool, asked: bool) -> None:
        hidden, noes = self.family.hidden(L), self.family.noes(L, who)
        expected = not hidden and (not agrees or (not self._closed() and (asked or not noes)))
        version = self.family.number(L, FORMS["guardian"], self.latest)
        reasons = SURE | (CAME_BACK_TO_IT if asked else {})
        told = self._try(
            lambda: consents.record(self.desks[L], self.child, self._answer(who, agrees=agrees, reasons=reasons))
        )
        assert told == expected
        if told:
            takes = frozenset(noes if agrees else [])
            self._says(L, who, YES if agrees else NO, self.today, version=version, takes=takes)

    def _answer(self, who: str, *, agrees: bool, reasons: dict[str, str]) -> GuardianAnswer:
        desk = self.desks[L]
        form, name = forms.guardian_form(desk, self.child), pseudonyms.suggest(desk, self.child, "刘某")
        seen = [event.id for event in self._case().events]
        items = {item.code: "yes" for item in form.items} if agrees else {"participate": "no"}
        known = GuardianAnswer(who, items, ["ok"] * len(form.teach_back), "刘某", follows=seen, reasons=reasons)
        named = replace(known, pseudonym_zh=name.zh, pseudonym_en=name.en, bases=consents.opened(desk, self.child, who))
        return replace(named, signer_name="王某", signature_png=self.picture)

    @rule(answer=st.sampled_from([YES, YES, YES, "no", "think"]), asked=st.booleans())
    def the_child_is_asked(self, answer: str, asked: bool) -> None:
        one, desk = self.family, self.desks[L]
        noes, talk = one.noes(L, CHILD), one.goes_on(L, self.today)
        expected = not one.hidden(L) and not self._not_again()
        if answer != "no":
            expected = expected and bool(one.guardians_agree(L))
        if answer == YES or (answer == "think" and not talk):
            expected = expected and not self._closed()
        if answer == YES:
            expected = expected and (asked or not noes)
        known = {event.id for event in self._events(L)}
        reasons = SURE | (BROUGHT_UP if asked else {})
        said = ChildAnswer(answer, (1, 2, 3), "child_oral", "愿意", follows=[*known], reasons=reasons)
        version, number = one.number(L, FORMS[CHILD], self.latest), self._talk_of(answer, talk)
        told = self._try(lambda: assents.record(desk, self.child, said))
        assert told == expected
        if told and {event.id for event in self._events(L)} != known:  # a second tap on the same yes is one
            takes = frozenset(noes if answer == YES else [])
            what = {"no": NO, "think": THINK}.get(answer, YES)
            self._says(L, CHILD, what, self.today, version=version, talk=number, takes=takes)

    def _talk_of(self, answer: str, talk: Talk | None) -> int:
        """What is put off is the talk of today, or the one that a yes would open, or the last; a yes opens a new one.

        Unless it goes on with the one that was put off.
        """
        begun = self.family.here(L)
        if answer == "think" and (talk or self.family.unused(L, self.today) or begun):
            return talk.number if talk else self.family.unused(L, self.today) or begun[-1].number
        if talk and self.family.thinks(L, talk.number):
            return talk.number
        self.talks += 1
        return self.talks

    @rule(who=st.sampled_from([*PARENTS, NOT_SAID, CHILD]), scope=st.sampled_from([STOP, OUT]))
    def somebody_withdraws(self, who: str, scope: str) -> None:
        """At the laptop, which never refuses it, whatever it knows already."""
        by, relation = (CHILD, "") if who == CHILD else ("guardian", who)
        withdrawals.withdraw_each(self.desks[L], [self.child], scope, by, relation)
        self._says(L, who, scope, self.today)

    @rule(who=st.sampled_from([NOT_SAID, CHILD]), scope=st.sampled_from([STOP, OUT]))
    def a_family_rings_the_coordinator(self, who: str, scope: str) -> None:
        withdrawals.withdraw_each(self.desks[C], [self.code], scope, who or "guardian")
        self._says(C, who, scope, self.day)

    @precondition(lambda self: self.family.hidden(C))
    @rule(which=st.integers(0, 9), why=st.sampled_from([MISTAKE, CAME_BACK, CAME_BACK]))
    def one_withdrawal_is_lifted(self, which: int, why: str) -> None:
        """§3.6 (d), §3.2: whoever takes back what they said wants to again from their next yes on, and nobody else."""
        open_ = [no for no in self.family.noes(C) if no.what == OUT and no.id]
        no = open_[which % len(open_)]
        assert {one.id for one in removals.one(self.desks[C], self.child).asked} == {one.id for one in open_}
        removals.lift(self.desks[C], self.child, [no.id], "他们说了", why)
        if why == CAME_BACK and no.who != NOT_SAID:
            self._says(C, no.who, STOP, no.day)
        self._says(C, no.who, VOID, self.day, takes=frozenset([no]))
        type(self).lifted += 1

    @precondition(lambda self: not self.family.hidden(C) and any(one.id for one in self.family.heard(C)))
    @rule(which=st.integers(0, 30))
    def something_is_declared_void(self, which: int) -> None:
        known = [one for one in self.family.heard(C) if one.what != VOID and one.id]
        one = known[which % len(known)]
        consents.void(self.desks[C], self.child, one.id, "记错了人")
        self._says(C, one.who, VOID, self.day, takes=frozenset([one]))

    @precondition(lambda self: not self.closed)
    @rule()
    def the_study_is_closed(self) -> None:
        readiness.keep(self.desks[C], {"closed_on": self.desks[C].today})
        self.closed, self.closed_on = {C}, self.day

    @rule(whose=st.sampled_from([*FORMS]), change=st.sampled_from(["major", "minor"]))
    def a_form_is_written_anew_and_stamped(self, whose: str, change: str) -> None:
        desk, kind = self.desks[C], FORMS[whose]
        self.written += 1
        first = forms.texts(desk, kind).lines[0]
        words = {first.id: Pair(f"{first.text.zh}（{self.written}）", f"{first.text.en} ({self.written})")}
        number = forms.rewrite(desk, kind, words, change, forms.texts(desk, kind).text_hash)
        sheet = next(one for one in forms.listing(desk) if one.version.doc_kind == kind and one.newest)
        readiness.stamp(desk, {sheet.version.text_hash: sheet.opened.base}, desk.today, "E-2", desk.today)
        self.family.versions.append(Version(kind, int(number), change == "major", self.day, {C}))

    @rule(way=st.sampled_from(["in", "out", "both"]))
    def a_bundle_is_carried(self, way: str) -> None:
        for giver, taker in {"in": [(L, C)], "out": [(C, L)], "both": [(L, C), (C, L)]}[way]:
            self._carry(giver, taker)

    def _carry(self, giver: str, taker: str) -> None:
        path = self.copy / "bundle.fieldkit"
        path.unlink(missing_ok=True)
        handover.write(self.desks[giver], path)
        handover.read(self.desks[taker], path)
        said, versions = self.family.said, self.family.versions
        for known in (self.closed, *(one.known for one in said), *(one.known for one in versions)):
            known |= {taker} if giver in known else set()

    @rule()
    def a_day_passes(self) -> None:
        self.day += DAY
        self._set_clocks()

    @rule(behind=st.sampled_from([0, 0, 1, 10]))
    def the_clock_shows(self, behind: int) -> None:
        """The laptop's clock goes back by a day or by ten, or is right again."""
        self.off = behind
        self._set_clocks()

    def _set_clocks(self) -> None:
        """Whoever sees a day after the last one that was believed says that it is right; of an earlier one it asks."""
        for at, day in ((C, self.day), (L, self.today)):
            ahead = (day - Clock().today()).days * DAY
            self.desks[at] = replace(self.desks[at], clock=replace(self.desks[at].clock, ahead=ahead))
        if self.today >= self.latest:
            self.latest = self.today
            with self.desks[L].db.writing() as tables:
                trust(tables, self.today)

    @rule()
    def an_interview_is_started(self) -> None:
        back, expected, ids = self.goes_on(), self.permitted(), list[str]()
        told = self._try(lambda: ids.append(interviews.start(self.desks[L], self.child, KEPT)))
        assert told == (expected or back is not None)
        if back is not None:
            assert ids == [back.id]
        elif told:
            number = self.family.unused(L, self.today)
            grounds = frozenset([*self.family.guardians_agree(L), *self.family.child_agrees(L, number)])
            self.family.talks.append(Talk(number, self.today, grounds, ids[0]))
            type(self).started += 1

    @precondition(lambda self: self.family.talks)
    @rule()
    def a_note_is_saved(self) -> None:
        talk = self.family.talks[-1]
        expected = self.writable() and talk in self.family.here(L)
        assert self._try(lambda: self._save(talk.id)) == expected
        type(self).saved += expected
        type(self).refused += not expected

    def _save(self, talk: str) -> None:
        line = questions.page(self.desks[L], talk).questions[0]
        answers.save(self.desks[L], SaveAnswer(talk, line.id, line.editor, line.base, f"{line.text_now}雨"))

    @invariant()
    def each_machine_does_what_it_may_by_what_it_heard(self) -> None:
        if not hasattr(self, "code"):
            return
        for at in (L, C):
            if self._try(partial(self._case, at)) == self.family.hidden(at):
                raise AssertionError(f"hidden at the {at}'s: {self.family.hidden(at)}")
        if not self.family.hidden(L):
            one = self._case()
            assert (not gates.failing(one.gates)) == self.permitted()
            if self.family.talks:
                assert one.permits(interviews.NEEDED, self.family.talks[-1].id) == self.writable()

    def both_hold_the_same(self) -> None:
        """Carried both ways twice, both machines hold the same, and say the same of the family."""
        if not hasattr(self, "code"):
            return
        self.the_clock_shows(0)
        for _ in range(2):
            self.a_bundle_is_carried("both")
        self.each_machine_does_what_it_may_by_what_it_heard()
        found = {at: checks.check(desk) for at, desk in self.desks.items()}
        assert [one.problems for one in found.values()] == [[], []]
        shared = found[L].digests.keys() & found[C].digests.keys()
        assert shared
        assert {name: found[L].digests[name] for name in shared} == {name: found[C].digests[name] for name in shared}
        assert self._events(L) == self._events(C)
        if not self.family.hidden(L):
            here, there = self._case(L), self._case(C)
            assert (here.consent, here.on_hold) == (there.consent, there.on_hold)
        type(self).met += 1


@pytest.fixture
def apart(four_machines: Path, passphrase: str, drawn: bytes) -> type[Apart]:
    facts = {"machines": four_machines, "passphrase": passphrase, "picture": drawn}
    return type("Here", (Apart,), facts)


def run(machine: type[Apart], **more: Any) -> None:
    chosen = settings(max_examples=20, stateful_step_count=14, deadline=None, database=None)
    run_state_machine_as_test(machine, settings=settings(chosen, **more))


def test_apart_too_no_interview_opens_without_the_permissions_in_force(apart: type[Apart]) -> None:
    run(apart)

    assert min(apart.started, apart.saved, apart.refused, apart.lifted, apart.met) > 0


def the_same_withdrawal_twice_is_one(patching: pytest.MonkeyPatch) -> None:
    write = withdrawals.write

    def once(desk: Desk, tables: Any, subject: str, asked: Any) -> None:
        open_ = consent.open_noes(standing.events(tables, subject))
        if (asked["actor"], asked["person"], asked["scope"]) not in {(no.actor, no.person, no.scope) for no in open_}:
            write(desk, tables, subject, asked)

    patching.setattr(withdrawals, "write", once)


def lifting_one_lifts_them_all(patching: pytest.MonkeyPatch) -> None:
    lift = removals.lift

    def all_of_them(desk: Desk, subject: str, _which: Any, reason: str, why: str) -> bool:
        return lift(desk, subject, [one.id for one in removals.one(desk, subject).asked], reason, why)

    patching.setattr(removals, "lift", all_of_them)


def who_left_a_talk_goes_on_with_it(patching: pytest.MonkeyPatch) -> None:
    patching.setattr(consent, "left", lambda _events, _session: False)


def what_ends_is_judged_by_today_alone(patching: pytest.MonkeyPatch) -> None:
    patching.setattr(clocks, "closing_day", lambda desk, _tables, day="": day or desk.today)


def a_no_is_one_of_the_day_that_the_clock_shows(patching: pytest.MonkeyPatch) -> None:
    against_on = consent.against_on
    patching.setattr(consent, "against_on", lambda events, day, _late="": against_on(events, day))


PLANTS: dict[Callable[[pytest.MonkeyPatch], None], str] = {  # and where histories begin that find it soon
    the_same_withdrawal_twice_is_one: "said again",
    lifting_one_lifts_them_all: "two of them",
    who_left_a_talk_goes_on_with_it: "left",
    what_ends_is_judged_by_today_alone: "closed",
    a_no_is_one_of_the_day_that_the_clock_shows: "no",
}


@pytest.mark.parametrize("plant", PLANTS)
def test_the_machine_finds_a_planted_bug(
    plant: Callable[[pytest.MonkeyPatch], None], apart: type[Apart], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    apart.corner = PLANTS[plant]

    with pytest.raises(AssertionError):
        run(apart, max_examples=5, phases=[Phase.generate], report_multiple_bugs=False)
