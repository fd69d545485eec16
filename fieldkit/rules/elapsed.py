"""How long an interview has run: counted while the program ran and the page was in use, whatever the date says.

Story 6 of `domain.md` §7: after a power cut the counter goes on from where it stood.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

LONGEST_SILENCE = 600.0  # seconds: who says and types nothing for longer has left the page


@dataclass(frozen=True)
class Counter:
    """Milliseconds counted so far; the run of the program and the running second in which that was true."""

    counted: int = 0
    run: str = ""
    mark: float = 0.0
    paused: bool = False


def read(counter: Counter, run: str, now: float) -> int:
    """Return the milliseconds of the interview at the running second *now* of the program's run *run*.

    What lies between two runs, a break, and a silence that was too long are no time of the interview.
    """
    passed = now - counter.mark
    goes_on = counter.run == run and not counter.paused and 0 <= passed <= LONGEST_SILENCE
    return counter.counted + (round(passed * 1000) if goes_on else 0)


def move(counter: Counter, run: str, now: float) -> Counter:
    """Return the counter as it stands now."""
    return replace(counter, counted=read(counter, run, now), run=run, mark=now)


def pause(counter: Counter, run: str, now: float) -> Counter:
    """Return the counter stopped for a break."""
    return replace(move(counter, run, now), paused=True)


def resume(counter: Counter, run: str, now: float) -> Counter:
    """Return the counter going on after a break, or after a start of the program."""
    return replace(move(counter, run, now), paused=False)
