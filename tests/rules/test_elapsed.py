from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fieldkit.rules.elapsed import LONGEST_SILENCE, Counter, at, end, hear, move, pause, read, resume

START = Counter(run="one", mark=100.0, since=100.0)


def test_another_run_of_the_program_adds_nothing() -> None:
    assert read(START, "two", 5000.0) == 0
    assert read(move(move(START, "one", 160.0), "two", 5000.0), "two", 5030.0) == 90_000


def test_a_running_second_that_goes_backwards_adds_nothing() -> None:
    assert read(START, "one", 99.0) == 0


def test_a_silence_that_is_too_long_is_no_time_of_the_interview() -> None:
    assert read(START, "one", 100.0 + LONGEST_SILENCE) == 600_000
    assert read(START, "one", 100.1 + LONGEST_SILENCE) == 0


def test_a_break_is_left_out() -> None:
    paused = pause(START, "one", 160.0)

    assert read(paused, "one", 200.0) == 60_000
    assert read(move(paused, "one", 200.0), "one", 230.0) == 60_000
    assert read(resume(paused, "one", 460.0), "one", 470.0) == 70_000


def test_a_break_outlasts_a_power_cut() -> None:
    paused = pause(START, "one", 160.0)

    assert read(move(paused, "two", 7.0), "two", 20.0) == 60_000


@given(st.lists(st.tuples(st.integers(0, 600), st.sampled_from([move, pause, resume])), max_size=30))
def test_the_counter_is_the_sum_of_what_was_no_break(steps: list[tuple[int, object]]) -> None:
    counter, now, wanted = START, START.mark, 0.0
    for seconds, turn in steps:
        wanted += 0.0 if counter.paused else seconds
        now += seconds
        counter = turn(counter, "one", now)  # type: ignore[operator]

    assert abs(counter.counted - wanted * 1000) <= len(steps)


@given(st.lists(st.tuples(st.sampled_from(["one", "two"]), st.floats(0, 1e6)), max_size=30))
def test_it_never_runs_backwards(reads: list[tuple[str, float]]) -> None:
    counter, before = START, 0
    for run, now in reads:
        counter = move(counter, run, now)
        assert counter.counted >= before
        before = counter.counted


def test_a_moment_of_another_run_adds_nothing_and_is_said_to_be_missing() -> None:
    heard = hear(move(START, "one", 160.0), "two", 5000.0, [4000.0, 90.0, 30.0])

    assert (heard.counted, heard.short) == (60_000, True)


def test_what_lies_a_few_seconds_before_the_program_counted_is_not_said_to_be_missing() -> None:
    assert not hear(move(START, "one", 160.0), "two", 5000.0, [30.0]).short


def test_no_moment_counts_in_a_break() -> None:
    over = resume(pause(START, "one", 160.0), "one", 3000.0)

    assert hear(over, "one", 3000.0, range(0, 2900, 100)) == over


def test_what_is_heard_after_the_end_changes_the_minutes_no_more_and_is_said_to_be_missing() -> None:
    ended = end(START, "one", 1000.0)
    heard = hear(ended, "one", 1100.0, [600.0, 500.0])

    assert (ended.counted, ended.short) == (0, False)
    assert (heard.counted, heard.short) == (0, True)
    assert not hear(ended, "one", 9000.0, [30.0, 2000.0]).short  # somebody puts a word right in the evening


def test_a_talk_of_twelve_minutes_out_of_reach_has_twelve_minutes() -> None:
    heard = hear(START, "one", START.mark + 720.0, [480.0, 240.0])

    assert heard.counted == 720_000
    assert [at(heard, ago) for ago in (720.0, 480.0, 240.0, 0.0)] == [0, 240_000, 480_000, 720_000]


def test_a_moment_that_comes_late_parts_a_silence_and_what_is_still_too_long_stays_out() -> None:
    heard = hear(START, "one", START.mark + 1500.0, [1200.0])

    assert heard.counted == 300_000
    assert [at(heard, ago) for ago in (1500.0, 1300.0, 1200.0, 600.0, 0.0)] == [0, 200_000, *[300_000] * 3]


def test_a_break_is_left_out_of_the_minute_of_what_was_begun_before_it() -> None:
    rested = move(resume(pause(START, "one", 160.0), "one", 460.0), "one", 500.0)

    assert [at(rested, ago) for ago in (400.0, 350.0, 340.0, 200.0, 40.0, 10.0)] == [
        0,
        50_000,
        60_000,
        60_000,
        60_000,
        90_000,
    ]


class Talk(RuleBasedStateMachine):
    """A talk on a laptop, and pages that tell late, in any order and more than once, when somebody was at them.

    Beside it the model: all moments that are known by now, and the breaks; what lies between two moments is counted
    unless it is too long or a break.
    """

    hear: ClassVar[Callable[..., Counter]] = staticmethod(hear)
    told = parted = 0  # over all sequences: a machine that never gets there shows nothing

    def __init__(self) -> None:
        super().__init__()
        self.counter, self.now = START, START.mark
        self.known, self.waiting = {START.mark}, [START.mark]
        self.breaks: list[list[float]] = []

    def _moved(self, turn: Callable[[Counter, str, float], Counter]) -> None:
        self.counter = turn(self.counter, "one", self.now)
        self.known.add(self.now)

    @rule(steps=st.lists(st.sampled_from([1, 50, 300, 600, 601, 900, 2000]), max_size=4), typed=st.booleans())
    def time_passes(self, steps: list[int], typed: bool) -> None:
        for seconds in steps:
            self.now += seconds
            if typed:
                self.waiting.append(self.now)

    @rule()
    def somebody_is_seen(self) -> None:
        self._moved(move)

    @rule()
    def a_break_begins(self) -> None:
        if not self.counter.paused:
            self.breaks.append([self.now, 1e9])
        self._moved(pause)

    @rule()
    def a_break_is_over(self) -> None:
        if self.counter.paused:
            self.breaks[-1][1] = self.now
        self._moved(resume)

    @rule(which=st.lists(st.integers(0, 30), max_size=5), jump=st.sampled_from([0, 0, 0, -1e8]))
    def a_page_tells(self, which: list[int], jump: float) -> None:
        """*jump*: what it counts by ran backwards; then it was there just now."""
        moments = [self.waiting[one % len(self.waiting)] for one in which]
        before, silent = self.counter.counted, len(self.counter.silent)
        ago = [self.now - one + jump for one in moments]
        self._moved(lambda counter, run, now: self.hear(counter, run, now, ago))
        type(self).told += self.counter.counted > before
        type(self).parted += len(self.counter.silent) > silent
        if not jump:
            self.known.update(moments)

    @invariant()
    def what_is_counted_is_what_is_known(self) -> None:
        points = sorted(self.known | {edge for one in self.breaks for edge in one if edge <= self.now})
        spans = [(a, b) for a, b in pairwise(points) if not any(begun <= a < over for begun, over in self.breaks)]
        wanted = sum(b - a for a, b in spans if b - a <= LONGEST_SILENCE)
        assert self.counter.counted == wanted * 1000
        assert self.counter.counted <= (self.now - START.mark) * 1000
        stood = [at(self.counter, ago) for ago in (0, 1, 100, 700, 3000)]
        assert stood == sorted(stood, reverse=True)
        assert stood[0] == self.counter.counted


def run_talk(machine: type[Talk], examples: int, **more: Any) -> None:
    chosen = settings(max_examples=examples, stateful_step_count=25, deadline=None, database=None, **more)
    run_state_machine_as_test(machine, settings=chosen)


def test_whatever_pages_tell_late_the_minutes_are_those_in_which_somebody_was_there() -> None:
    run_talk(Talk, 150)

    assert min(Talk.told, Talk.parted) > 0


def _trusting(counter: Counter, run: str, now: float, ago: Iterable[float]) -> Counter:
    return replace(move(counter, run, now), counted=counter.counted + round(max([0.0, *ago]) * 1000))


def _first_only(counter: Counter, run: str, now: float, ago: Iterable[float]) -> Counter:
    return hear(counter, run, now, [*ago][:1])


@pytest.mark.parametrize("fault", [_trusting, _first_only, lambda counter, run, now, _: move(counter, run, now)])
def test_the_machine_finds_minutes_that_are_wrong(fault: Callable[..., Counter]) -> None:
    faulty: type[Talk] = type("Faulty", (Talk,), {"hear": staticmethod(fault)})

    with pytest.raises(AssertionError):
        run_talk(faulty, 200, phases=[Phase.generate], report_multiple_bugs=False)
