"""Two records that may speak of one child (`domain.md` §6.1, 11:00): what is alike, and whose no then holds for both.

Pure: which of the two stands first, and in which order children are compared, changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations

from fieldkit.rules import calendars, consent, names
from fieldkit.rules.calendars import GREGORIAN, LUNAR, Span
from fieldkit.rules.consent import AGREEING, GUARDIAN, LIMITED, REFUSING, STOPPED, VOIDING, YES, Event
from fieldkit.rules.pinyin import read_aloud

LINKED, APART = "linked", "apart"
ENOUGH = 5
POINTS: Mapping[str, int] = {
    "name_same": 3,
    "name_sounds": 2,
    "name_part": 2,
    "birth_day": 3,
    "birth_month": 2,
    "birth_calendar": 2,
    "birth_year": 1,
    "age_near": 1,
    "phone": 3,
    "household": 1,
    "site": 1,
}  # of each group only what counts most is named
OTHER_BIRTH, OTHER_SEX = -4, -2
_AROUND = re.compile("^[小阿老](?=.)|(?<=.)[子儿娃]$")  # what turns a name into a pet name: 小川, 川子
_NUMBER = re.compile(r"\d[\d\s()（）-]{5,}\d")
_SHORTEST, _LONGEST_SURNAME = 2, 2
_MONTH = 31
_BINDING = REFUSING | {VOIDING, LIMITED, STOPPED}


@dataclass(frozen=True)
class Known:
    """What the vault says of one child: all that it is called, its birth as told, its age as told on a day, phones.

    `household`: of which household it is, empty where nobody said; `told_on`: the day of the told age, which is counted
    as elders do where it is `nominal`.
    """

    id: str
    called: tuple[str, ...] = ()
    birth: str = ""
    calendar: str = GREGORIAN
    told_age: int | None = None
    nominal: bool = False
    told_on: str = ""
    phones: tuple[str, ...] = ()
    site: str = ""
    household: str = ""
    sex: str = ""


@dataclass(frozen=True)
class Likeness:
    """How alike two children are: the points, and what is alike as codes of `likeness`."""

    points: int
    reasons: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """Tell whether a person looks at the two; birth and phone alone are those of twins."""
        return self.points >= ENOUGH and any(reason.startswith("name_") for reason in self.reasons)


@dataclass(frozen=True)
class Possible:
    """Two children, the lesser id first, and what is alike."""

    first: str
    second: str
    likeness: Likeness


def compare(one: Known, other: Known) -> Likeness:
    """Return how alike two children are."""
    born = _births(one, other)
    found = [_names(one, other), *([born] if born in POINTS else []), *_places(one, other)]
    reasons = tuple(reason for reason in POINTS if reason in found)
    differ = one.sex and other.sex and one.sex != other.sex
    against = (OTHER_BIRTH if born == "other" else 0) + (OTHER_SEX if differ else 0)
    return Likeness(sum(POINTS[reason] for reason in reasons) + against, reasons)


def possible(children: Iterable[Known], decided: Iterable[frozenset[str]] = ()) -> list[Possible]:
    """Return the pairs that a person looks at, the likeliest first; those in *decided* are never asked again."""
    known, rooms = set(decided), dict[str, list[Known]]()
    for child in children:
        for key in _keys(child):
            rooms.setdefault(key, []).append(child)
    pairs = {frozenset((a.id, b.id)): (a, b) for room in rooms.values() for a, b in combinations(room, 2)}
    asked = {ids: pair for ids, pair in pairs.items() if len(ids) == 2 and ids not in known}
    found = [Possible(min(ids), max(ids), compare(*pair)) for ids, pair in asked.items()]
    return sorted((one for one in found if one.likeness.enough), key=by_likeness)


def by_likeness(one: Possible) -> tuple[int, str, str]:
    """Return what puts the likeliest pair first."""
    return (-one.likeness.points, one.first, one.second)


def stricter(own: Iterable[Event], beside: Iterable[Event]) -> list[Event]:
    """Return the events by which one record of a child is judged, *beside* being those of its other records.

    A no holds for both; a yes counts only where it was said, and takes back for both what it names. A guardian who
    thinks about it again after a yes is asked again for both, and so is the child; a yes that names it ends it.
    """
    own = list(own)
    beside = _as_one(own, beside)
    counting = {event.id for event in consent.in_force([*own, *beside])}
    spoken = [event for event in beside if event.id in counting]
    last = {(event.id, item) for item in _asked(spoken) for event in _last(spoken, item)}
    unsure = _unsure([event for event in [*own, *beside] if event.id in counting])
    again = [event for event in beside if event.actor == GUARDIAN and event.person in unsure]
    again += _thinks(spoken)
    rest = [_without_yes(event, last) for event in beside if event not in again]
    ends = [event for event in rest if _ends_thinking(event, own) and not _binds(event)]
    return [*again, *filter(_binds, rest), *ends, *own]


def _as_one(own: Iterable[Event], beside: Iterable[Event]) -> list[Event]:
    """Return what stands *beside*, the mother and the father there as those of *own*; who else is one, nobody knows."""
    known: dict[str, set[str]] = {}
    for event in own:
        if event.actor == GUARDIAN and event.relation in consent.ONE_EACH and event.person:
            known.setdefault(event.relation, set()).add(event.person)
    same = {relation: next(iter(people)) for relation, people in known.items() if len(people) == 1}

    def here(event: Event) -> Event:
        guards = event.actor == GUARDIAN and event.person and event.relation in same
        return replace(event, person=same[event.relation]) if guards else event

    return [here(event) for event in beside]


def _unsure(spoken: Iterable[Event]) -> set[str]:
    """Return the guardians who think about it again."""
    return {who for who, said in consent.by_person(spoken, GUARDIAN).items() if consent.thinking(said)}


def _ends_thinking(event: Event, own: Iterable[Event]) -> bool:
    """Tell whether *event* is the yes after which a guardian of this record, who had agreed here, thinks no more."""
    mine = [one for one in own if (one.actor, one.person) == (GUARDIAN, event.person)]
    named = any(one.act == consent.DEFERRED and one.id in event.follows for one in mine)
    return event.actor == GUARDIAN and event.act in AGREEING and named and bool(_yeses(mine))


def _thinks(spoken: Iterable[Event]) -> list[Event]:
    """Return where the child puts the talk off, and said no yes after it."""
    own = [event for event in spoken if event.actor in consent.OWN]
    return [event for event in own if event.act == consent.DEFERRED and consent.thinking([*_yeses(own), event])]


def _yeses(events: Iterable[Event]) -> list[Event]:
    return [event for event in events if event.act in AGREEING]


def number(text: str) -> str:
    """Return the digits of a phone, with or without the code of the country; empty for what is none."""
    digits = re.sub(r"\D", "", names.typed(text))
    digits = re.sub(r"^(00)?86(?=(1\d{10}|0\d{9,11})$)", "", digits)
    digits = re.sub(r"^(00)?86(?=[2-9]\d{8,10}$)", "0", digits)  # a landline, without the 0 of its area
    return digits if len(digits) > 6 else ""


def phones(text: str) -> tuple[str, ...]:
    """Return every phone that *text* names."""
    return tuple(filter(None, map(number, _NUMBER.findall(names.typed(text)))))


def _without_yes(event: Event, last: set[tuple[str, str]]) -> Event:
    """Return *event* as it counts beside: no yes of it, and of each item only somebody's last word."""
    agrees = event.act in AGREEING
    words = {item: word for item, word in event.items.items() if (event.id, item) in last}
    kept = {item: word for item, word in words.items() if not agrees or word != YES}
    return replace(event, items=kept, session="" if agrees else event.session)


def _binds(event: Event) -> bool:
    return event.act in _BINDING or bool(event.items or event.lifts)


def _asked(events: Iterable[Event]) -> set[str]:
    return {item for event in events for item in event.items}


def _last(events: list[Event], item: str) -> list[Event]:
    people = {(event.actor, event.person) for event in events}
    spoken = [[one for one in events if (one.actor, one.person) == who] for who in people]
    return [event for of_one in spoken for event in consent.last(of_one, item)]


def _forms(child: Known) -> set[str]:
    """Return how a child can be called: each name, and where it may begin with a surname also without it."""
    found = {letters for name in child.called if len(letters := names.letters(name)) >= _SHORTEST}
    for letters in list(found):
        if _is_han(letters) and 3 <= len(letters) <= 4:
            found |= {letters[n:] for n in range(1, _LONGEST_SURNAME + 1) if len(letters) - n >= _SHORTEST}
    return found


def _cores(child: Known) -> set[str]:
    """Return what stays of the Chinese names without what makes them pet names: 川 of 小川, 川子 and 川川."""
    whole = {names.letters(name) for name in child.called} | _forms(child)
    han = {form for form in whole if form and _is_han(form)}
    return {_doubled(_AROUND.sub("", form)) for form in han if len(form) <= 3} - {""}


def _doubled(core: str) -> str:
    half = core[: len(core) // 2]
    return half if half * 2 == core else core


def _is_han(text: str) -> bool:
    return all(
        "\u4e00" <= letter <= "\u9fff" or "\u3400" <= letter <= "\u4dbf" or names.is_rare_han(letter) for letter in text
    )


def _sounds(child: Known) -> set[str]:
    return {read_aloud(form) for form in _forms(child)}


def _keys(child: Known) -> set[str]:
    """Return what two children have in common one of whose names are alike."""
    return {f"core {core}" for core in _cores(child)} | {f"sound {sound}" for sound in _sounds(child)}


def _names(one: Known, other: Known) -> str:
    if _forms(one) & _forms(other):
        return "name_same"
    if _sounds(one) & _sounds(other):
        return "name_sounds"
    return "name_part" if _cores(one) & _cores(other) else ""


def _births(one: Known, other: Known) -> str:
    """Return what is alike of two births, "other" where they are of two children, nothing where nobody knows."""
    mine, theirs = _told(one), _told(other)
    if mine and theirs:
        same = _overlap(mine[0], theirs[0])
        taken = any(_overlap(a, b) for a in mine for b in theirs)
        return same or ("birth_calendar" if taken else "other")
    mine_years, their_years = _years(one), _years(other)
    if mine_years is None or their_years is None:
        return ""
    apart = max(mine_years[0], their_years[0]) - min(mine_years[1], their_years[1])
    return "age_near" if apart <= 1 else "other"


def _told(child: Known) -> list[Span]:
    """Return the days that the birth can mean: as it was told, then as if it had been told by the other calendar."""
    other = LUNAR if child.calendar == GREGORIAN else GREGORIAN
    return [found for calendar in (child.calendar, other) if (found := _span(child.birth, calendar))]


def _span(text: str, calendar: str) -> Span | None:
    try:
        return calendars.span(text, calendar) if text else None
    except ValueError:
        return None


def _overlap(one: Span, other: Span) -> str:
    if max(one[0], other[0]) > min(one[1], other[1]):
        return ""
    longest = max((last - first).days + 1 for first, last in (one, other))
    return "birth_day" if longest == 1 else "birth_month" if longest <= _MONTH else "birth_year"


def _years(child: Known) -> tuple[int, int] | None:
    """Return the first and the last year in which a child was born, by the birth or by the told age."""
    born = _told(child)
    if born:
        return born[0][0].year, born[0][1].year
    if child.told_age is None or not child.told_on:
        return None
    year = date.fromisoformat(child.told_on).year - child.told_age
    return (year, year + 1) if child.nominal else (year - 1, year)


def _places(one: Known, other: Known) -> list[str]:
    """Return what of phone, household and site is the same; of one household is of one site."""
    phone = ["phone"] if set(one.phones) & set(other.phones) else []
    home = (one.household or one.id) == (other.household or other.id)
    return phone + (["household"] if home else ["site"] if one.site and one.site == other.site else [])
