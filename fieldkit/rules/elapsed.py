"""How long an interview has run: counted while the program ran and the page was in use, whatever the date says.

Story 6 of `domain.md` §7: after a power cut the counter goes on from where it stood. A page out of the laptop's reach
tells later when it was in use; what it tells fills only what this run of the program let pass in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

LONGEST_SILENCE = 600.0  # seconds: who says and types nothing for longer has left the page
MISSED = 60.0  # seconds: what lies less than that before the program counted is too little to say

Span = tuple[float, float]  # running seconds, from and until


@dataclass(frozen=True)
class Counter:
    """Milliseconds counted so far; the run of the program and the running second in which that was true.

    `since`: the running second from which this run counts. Of what passed since, `silent` was too long a silence, and
    `resting` a break. `over`: the interview has ended. `short`: somebody was at a page when nothing could be counted.
    """

    counted: int = 0
    run: str = ""
    mark: float = 0.0
    paused: bool = False
    since: float = 0.0
    silent: tuple[Span, ...] = ()
    resting: tuple[Span, ...] = ()
    over: bool = False
    short: bool = False


def read(counter: Counter, run: str, now: float) -> int:
    """Return the milliseconds of the interview at the running second *now* of the program's run *run*.

    What lies between two runs, a break, and a silence that was too long are no time of the interview.
    """
    passed = now - counter.mark
    goes_on = counter.run == run and not counter.paused and 0 <= passed <= LONGEST_SILENCE
    return counter.counted + (round(passed * 1000) if goes_on else 0)


def move(counter: Counter, run: str, now: float) -> Counter:
    """Return the counter as it stands now."""
    moved = replace(counter, counted=read(counter, run, now), run=run, mark=now)
    if counter.run != run or now < counter.mark:
        return replace(moved, since=now, silent=(), resting=())
    span = (counter.mark, now)
    if counter.paused:
        return replace(moved, resting=_joined(counter.resting, span))
    silent = now - counter.mark > LONGEST_SILENCE
    return replace(moved, silent=(*counter.silent, span)) if silent else moved


def _joined(spans: tuple[Span, ...], span: Span) -> tuple[Span, ...]:
    """Return the *spans* and one more; what follows on the last one is one with it."""
    if spans and spans[-1][1] == span[0]:
        return (*spans[:-1], (spans[-1][0], span[1]))
    return (*spans, span)


def hear(counter: Counter, run: str, now: float, ago: Iterable[float]) -> Counter:
    """Return the counter as it stands now, and somebody was at a page so many seconds *ago*, each time.

    In whatever order pages tell it, what is counted is what would have been, had they told it at once; it is never
    more than what passed since this run began to count. After the end it changes the minutes no more.
    """
    heard = move(counter, run, now)
    for seconds in ago:
        heard = _filled(heard, now - max(0.0, seconds))
    return heard


def _filled(counter: Counter, at: float) -> Counter:
    if at < counter.since:
        return replace(counter, short=counter.short or counter.since - at >= MISSED)
    for place, (begun, ended) in enumerate(counter.silent):
        if begun < at < ended and counter.over:
            return replace(counter, short=True)
        if begun < at < ended:
            parts = ((begun, at), (at, ended))
            rest = tuple(one for one in parts if _length(one) > LONGEST_SILENCE)
            more = round(sum(_length(one) for one in parts if one not in rest) * 1000)
            silent = (*counter.silent[:place], *rest, *counter.silent[place + 1 :])
            return replace(counter, counted=counter.counted + more, silent=silent)
    return counter


def at(counter: Counter, ago: float) -> int:
    """Return the milliseconds that the interview had run so many seconds *ago*, as is known by now."""
    then = min(counter.mark, max(counter.since, counter.mark - ago))
    spans = (*counter.silent, *counter.resting)
    still = sum(max(0.0, ended - max(begun, then)) for begun, ended in spans)
    return max(0, counter.counted - round((counter.mark - then - still) * 1000))


def _length(span: Span) -> float:
    return span[1] - span[0]


def pause(counter: Counter, run: str, now: float) -> Counter:
    """Return the counter stopped for a break."""
    return replace(move(counter, run, now), paused=True)


def resume(counter: Counter, run: str, now: float) -> Counter:
    """Return the counter going on after a break, or after a start of the program."""
    return replace(move(counter, run, now), paused=False)


def end(counter: Counter, run: str, now: float) -> Counter:
    """Return the counter stopped for good."""
    return replace(move(counter, run, now), paused=True, over=True)
