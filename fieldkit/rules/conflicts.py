"""Two versions of one thing, as a person compares them and decides (`domain.md` §1.23, §6.2).

Neither side is newer: clocks decide nothing, and nobody saw what the other one wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from fieldkit.records import KINDS, TEXT, Value
from fieldkit.rules import consent, states
from fieldkit.rules.consent import AGREEING, GUARDIAN, Event

TAKE, COMBINE, BOTH = "take", "combine", "both"
FIELD_EDIT, GUIDE_EDIT, SAME_VALUE, CONSENT = "field_edit", "guide_edit", "same_value", "consent_restrictive"
DECISION = "conflict_decision"
_NEVER = {
    "team_secret",
    "evidence",
    "erasure_done",
    "attachment",
}  # keys, pictures, receipts: nobody decides by reading them
_ELSEWHERE = {"same_child"}  # decided where both children are seen
DECIDABLE = tuple(kind.name for kind in KINDS.values() if not kind.immutable and kind.name not in _NEVER | _ELSEWHERE)
_NOTES = "setting_note told_about_interviewer interviewer_stance saturation_note"
PROSE = {
    ("answer", "text"),
    *(("observation", name) for name, form in KINDS["observation"].fields.items() if form == TEXT),
    *(("closing", name) for name in _NOTES.split()),
    ("string", "zh"),
    ("string", "en"),
} - {("observation", "interview")}


@dataclass(frozen=True)
class Version:
    """One version: the change that holds it, its words, who wrote it on which laptop, and when by that one's clock.

    `suspicious`: the date of that laptop was wrong, or stated by hand.
    """

    id: str
    value: Value
    author: str
    device: str
    wall: str
    suspicious: bool = False


@dataclass(frozen=True)
class Decision:
    """What a coordinator decided about one field: which choice, between which heads, and why."""

    id: str
    record: str
    field: str
    choice: str
    heads: tuple[str, ...]
    taken: str
    reason: str
    note: str
    author: str
    device: str
    wall: str


@dataclass(frozen=True)
class Conflict:
    """One field of one record that people wrote differently; `kept`: a coordinator let exactly these versions stand."""

    record: str
    kind: str
    field: str
    versions: tuple[Version, ...]
    kept: tuple[Decision, ...] = ()

    @property
    def heads(self) -> tuple[str, ...]:
        """Return the changes between which it is decided."""
        return tuple(one.id for one in self.versions)

    @property
    def open(self) -> bool:
        """Tell whether it waits for a decision."""
        return not self.kept

    @property
    def klass(self) -> str:
        """Return its code of `conflict_class`."""
        return class_of(self.kind, [one.value for one in self.versions])

    @property
    def choices(self) -> tuple[str, ...]:
        """Return what can be decided."""
        return choices(self.kind, self.field)

    @property
    def prose(self) -> bool:
        """Tell whether it is text that reads character by character."""
        return (self.kind, self.field) in PROSE


def class_of(kind: str, values: Sequence[Value]) -> str:
    """Return the code of `conflict_class` for several *values* of one field."""
    if all(value == values[0] for value in values):
        return SAME_VALUE
    return GUIDE_EDIT if kind == "string" else FIELD_EDIT


def choices(kind: str, field: str) -> tuple[str, ...]:
    """Return what can be decided: prose can be combined; of the study's words two cannot stand, a family hears one."""
    combined = (COMBINE,) if (kind, field) in PROSE else ()
    return (TAKE, *combined) if kind == "string" else (TAKE, *combined, BOTH)


_TOGETHER = {"answer": ("text", "text_kind", "outcome")}


def together(kind: str, field: str) -> tuple[str, ...]:
    """Return the other fields that mean something only with *field*: how a note was noted goes with its words."""
    group = _TOGETHER.get(kind, ())
    return tuple(other for other in group if other != field) if field in group else ()


def consent_clash(events: Iterable[Event]) -> bool:
    """Tell whether a guardian's no stands beside a yes: another guardian's, or their own that knew nothing of it.

    The stricter one holds without anybody's decision; a coordinator talks with the family.
    """
    events = consent.in_force(events)
    yeses = [event for event in events if event.actor == GUARDIAN and event.act in AGREEING]
    noes = consent.open_noes(events, {GUARDIAN})
    apart = any(
        yes.person == no.person and yes.id not in no.follows and no.id not in yes.follows
        for no in noes
        for yes in yeses
    )
    return apart or states.on_hold(events)


@dataclass(frozen=True)
class Run:
    """A stretch of two texts: the same in both, or what stands on each side. `left_out`: characters not shown."""

    left: str
    right: str
    left_out: int = 0

    @property
    def same(self) -> bool:
        """Tell whether both say the same here."""
        return self.left == self.right


_LATIN = "A-Za-z0-9\u00c0-\u024f\u0300-\u036f"
_TOKEN = re.compile(  # a word of Latin letters or digits, white space, or one character with all that belongs to it
    rf"[{_LATIN}]+(?:['’.\-][{_LATIN}]+)*|\s+|.(?:[\u0300-\u036f\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]|\u200d.)*",
    re.DOTALL,
)
_SENTENCE = re.compile(r"[^。！？!?；;\n]*[。！？!?；;\n]+|[^。！？!?；;\n]+")
MUCH = 4_000_000  # pairs of characters: more of them are compared sentence by sentence first


def compare(left: str, right: str) -> list[Run]:
    """Return both texts as runs, in turn the same and different; put together, they give both texts again.

    Runs of a single character that are the same between two that differ are joined to them.
    """
    return _merged(_joined(_merged(_runs(_TOKEN.findall(left), _TOKEN.findall(right)))))


def _runs(left: list[str], right: list[str]) -> Iterator[Run]:
    if len(left) * len(right) <= MUCH:
        yield from _matched(left, right)
        return
    for run in _matched(_SENTENCE.findall("".join(left)), _SENTENCE.findall("".join(right))):
        tokens = _TOKEN.findall(run.left), _TOKEN.findall(run.right)
        small = not run.same and len(tokens[0]) * len(tokens[1]) <= MUCH
        yield from _matched(*tokens) if small else [run]


def _matched(left: list[str], right: list[str]) -> Iterator[Run]:
    for _, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        yield Run("".join(left[a:b]), "".join(right[c:d]))


def _merged(runs: Iterable[Run]) -> list[Run]:
    """Return *runs* with neighbours of one sort put together."""
    found: list[Run] = []
    for run in runs:
        if found and found[-1].same == run.same:
            found[-1] = Run(found[-1].left + run.left, found[-1].right + run.right)
        else:
            found.append(run)
    return found


def _joined(runs: list[Run]) -> list[Run]:
    """Return *runs* without shreds: what is the same for less than two characters is no island between differences."""
    found: list[Run] = []
    for place, run in enumerate(runs):
        between = 0 < place < len(runs) - 1
        shred = run.same and between and len(run.left.strip()) < 2
        if found and (shred or not found[-1].same) and (shred or not run.same):
            found[-1] = Run(found[-1].left + run.left, found[-1].right + run.right)
        else:
            found.append(run)
    return found


def brief(runs: Iterable[Run], ends: int = 60) -> list[Run]:
    """Return *runs* for a glance: of a long stretch that is the same, its two ends and how much lies between."""
    found: list[Run] = []
    for run in runs:
        between = len(run.left) - 2 * ends
        if run.same and between > ends:
            head, tail = run.left[:ends], run.left[-ends:]
            found += [Run(head, head), Run("", "", between), Run(tail, tail)]
        else:
            found.append(run)
    return found


def woven(texts: Sequence[str]) -> str:
    """Return what a coordinator starts from to combine *texts*: all of each, what two of them have in common once."""
    runs = compare(*texts) if len(texts) == 2 else []
    if any(run.same for run in runs):
        return "".join(run.left if run.same else run.left + run.right for run in runs)
    return "\n\n".join(text for text in texts if text)
