from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fieldkit.rules.elapsed import LONGEST_SILENCE, Counter, move, pause, read, resume

START = Counter(run="one", mark=100.0)


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
