"""The child's card on a paired phone: a tap is a sign that a person on the laptop sees, and records if it holds.

All of it is in memory, and nothing of it names a child: no name, no code, no change in the log. A "stop" that nobody
has answered is a local fact besides: a lock, a flat battery or a restart takes it from no child.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from fieldkit.acts import interviews, people
from fieldkit.acts.desk import Desk, only
from fieldkit.clock import Clock, new_id
from fieldkit.errors import Invalid, Refusal
from fieldkit.i18n import N_
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import cards as store
from fieldkit.store import people as people_rows

ASK, TALK, STOP = "ask", "talk", "stop"
SIGNS: dict[str, dict[str, tuple[str, ...]]] = {  # by stage and kind, what can be tapped
    ASK: {"answer": ("yes", "no", "think")},
    TALK: {STOP: (STOP,), "wish": ("skip", "rest"), "face": ("1", "2", "3", "4", "5")},
}


@dataclass(frozen=True)
class Tap:
    """One sign of the child: which, its number in the row of all taps, and when."""

    sign: str
    number: int
    at: str


@dataclass
class Card:
    """One card in a child's hand: for which record it was handed over, by whom, its stage, the last taps by kind.

    `seen`: the numbers of the taps that a page on the laptop has shown; `answered`: that of the last answered "stop".
    """

    place: str
    by: str
    stage: str
    id: str = field(default_factory=new_id)
    taps: dict[str, Tap] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    answered: int = 0
    gate: Lock = field(default_factory=Lock, repr=False, compare=False)

    @property
    def number(self) -> int:
        """Return how many taps there were."""
        return max((one.number for one in self.taps.values()), default=0)

    @property
    def stop(self) -> Tap | None:
        """Return the child's "stop" for as long as nobody has answered it."""
        found = self.taps.get(STOP)
        return found if found is not None and found.number != self.answered else None

    def standing(self) -> list[Tap]:
        """Return the taps that nobody has answered."""
        return [one for one in self.taps.values() if one.number != self.answered]

    @property
    def arrived(self) -> bool:
        """Tell whether a page on the laptop has shown all that the child tapped."""
        return all(one.number in self.seen for one in self.standing())


@only(INTERVIEWER)
def to_answer(desk: Desk, subject: str) -> Card:
    """Hand a child the three answers. Raises NotFound."""
    people.case(desk, subject)
    return Card(subject, desk.me.code, ASK)


@only(INTERVIEWER)
def to_talk(desk: Desk, interview: str) -> Card:
    """Hand a child the card of an interview: skip, rest, stop, and five faces. Raises NotFound."""
    with desk.db.reading() as tables:
        interviews.row_within(tables, interview)
    return Card(interview, desk.me.code, TALK)


def tap(card: Card, sign: str, clock: Clock) -> None:
    """Take note of a sign; a later one of the same kind takes its place. Raises Invalid."""
    kind = next((kind for kind, signs in SIGNS[card.stage].items() if sign in signs), None)
    if kind is None:
        raise Invalid(field=N_("what the child tapped"))
    with card.gate:  # of two taps at once each gets a number of its own
        card.taps[kind] = Tap(sign, card.number + 1, clock.now().isoformat())


def answer(card: Card, number: int) -> None:
    """Take note that a person has answered the child's "stop"; one that was tapped since goes on waiting."""
    with card.gate:
        if card.stop is not None and card.stop.number == number:
            card.answered = number


def keep_stop(desk: Desk, card: Card) -> None:
    """Keep a "stop" that nobody has answered for whoever handed the card over, and forget it once it is answered.

    What cannot be written, as on a full disk, is held up by nothing: the card in memory says it all the same.
    """
    with desk.db.reading() as tables:
        kept = store.of(tables, card.by)
    if kept == (card.stop and (card.place, card.stop.at)):
        return
    with suppress(Refusal), desk.db.writing() as tables:
        if card.stop is not None:
            store.keep(tables, card.by, card.place, card.stop.at)
        else:
            store.drop(tables, card.by)


def left(desk: Desk) -> Card | None:
    """Return the card whose "stop" this person has not answered since the program started, or None."""
    with desk.db.reading() as tables:
        kept = store.of(tables, desk.me.code)
    if kept is None:
        return None
    place, at = kept
    card = Card(place, desk.me.code, TALK, taps={STOP: Tap(STOP, 1, at)})
    return None if is_over(desk, card) else card


def is_over(desk: Desk, card: Card) -> bool:
    """Tell whether the interview of a card has ended, or is gone: nobody waits for a sign any more."""
    if card.stage == ASK:
        return False
    with desk.db.reading() as tables:
        gone = people_rows.row(tables, "interviews", "id = ?", card.place) is None
        return gone or bool(interviews.ended(tables, card.place))
