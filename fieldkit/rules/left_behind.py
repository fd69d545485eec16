"""Parents away from home: who is, since when, and which definition of a child's status that meets (`domain.md` D12).

Computed from what a family told, never typed, and shown to no family (D11). What is not known stays unknown: three
values, yes, no and None, where None never becomes a yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from fieldkit.errors import Invalid, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import calendars
from fieldkit.rules.findings import ASK, FLAG, Finding

YES, NO, UNKNOWN = "yes", "no", "unknown"
FATHER, MOTHER = "father", "mother"
LACKS = "lacks"
MIN_MONTHS = 6
ADULT_AGE, SC2016_AGE = 18, 16
BEFORE_BIRTH = 20  # years: no parent left earlier
LONGEST_AWAY = 60  # years: where the birth date is not known
ALONE = "self"


class AwayInFuture(Refusal):
    """V14: away since a month that has not come."""

    code = "V14"
    message = N_("The month since when this parent is away lies in the future. Check it, and this laptop's clock.")
    status = 422


class AwayTooLong(Refusal):
    """Away since long before the child, or for longer than anybody works."""

    code = "away_too_long"
    message = N_(
        "Before {year} no parent of this child can have left. Check since when this parent is away; "
        "where only the child's age then is known, leave it empty and enter the age."
    )
    status = 422


class StartsTooLate(Refusal):
    """V16: older at the start than now."""

    code = "V16"
    message = N_("The child cannot have been older then than now. Check the age when the parent left.")
    status = 422


@dataclass(frozen=True)
class ParentFacts:
    """What a family told of one parent; an empty text and None are not known.

    `away_since`: "2019-03" or "2019"; `months_away`: of the last twelve; `start_age`: the child's age then, if told so.
    """

    parent: str
    alive: str = ""
    living_with: str = ""
    away_since: str = ""
    months_away: int | None = None
    work_place: str = ""
    capacity: str = ""
    start_age: int | None = None


def away(one: ParentFacts) -> bool | None:
    """Tell whether this parent is out to work now: alive, not living with the child, and away in some told way.

    No month away, and yet a start or a place of work, contradict each other: they leave it open.
    """
    if one.alive == NO or one.living_with == YES:
        return False
    told = bool(one.away_since) or one.work_place not in {"", UNKNOWN}
    if one.living_with == NO and one.months_away == 0:
        return None if told else False
    return True if one.alive == YES and one.living_with == NO and (told or one.months_away) else None


def status(
    parents: Iterable[ParentFacts], age: int | None, min_months: int = MIN_MONTHS, today: date | None = None
) -> str:
    """Return the code of `lbc_status` under both definitions; what the facts leave open is `unknown`.

    The State Council's (2016): under 16, both parents out to work, or one out and the other dead or without capacity.
    The one of research: under 18, a parent away for *min_months* at least; with *today*, `away_since` is counted too.
    """
    if age is None:
        return UNKNOWN
    both = _both(parents)
    official = _all([age < SC2016_AGE, _official(*both)])
    research = _all([age < ADULT_AGE, _any([_long_away(one, min_months, today) for one in both])])
    if official is None or (official is False and research is None):
        return UNKNOWN
    if official or research:
        return "yes_sc2016" if official else "yes_research"
    return "former" if any(_came_home(one, min_months) for one in both) else "not_lbc"


def migration(parents: Iterable[ParentFacts]) -> str:
    """Return the code of `migration`: which of the parents are away now."""
    father, mother = (away(one) for one in _both(parents))
    if father is None or mother is None:
        return UNKNOWN
    return {(True, True): "both_away", (True, False): "father_away", (False, True): "mother_away"}.get(
        (father, mother), "none_now"
    )


def check(one: ParentFacts, today: date, birth_year: int | None = None, age: int | None = None) -> None:
    """Raise Invalid, AwayInFuture (V14), AwayTooLong or StartsTooLate (V16) for what cannot be."""
    if one.months_away is not None and not 0 <= one.months_away <= 12:
        raise Invalid(field=N_("the months away"))
    if one.start_age is not None and age is not None and one.start_age > age:
        raise StartsTooLate
    if not one.away_since:
        return
    first, _ = _since(one.away_since)
    if first > today:
        raise AwayInFuture
    earliest = today.year - LONGEST_AWAY if birth_year is None else birth_year - BEFORE_BIRTH
    if first.year < earliest:
        raise AwayTooLong(year=earliest)


def findings(
    one: ParentFacts, today: date, birth_years: tuple[int, int] | None = None, min_months: int = MIN_MONTHS
) -> list[Finding]:
    """Return V15 for a parent not away for long enough, V17 where what was told of the absence does not agree.

    *birth_years*: the first and the last one that is possible, by the birth date or by the age group.
    """
    found = []
    if away(one) and _long_away(one, min_months, today) is False:
        sentence = N_("Away less than {min} months: the definition that research uses is not met.")
        found.append(Finding("V15", ASK, sentence, {"min": min_months}))
    if one.away_since and (_months_disagree(one, today) or _age_disagrees(one, birth_years)):
        sentence = N_("The months away, the start and the child's age then do not agree: perhaps it was interrupted.")
        found.append(Finding("V17", ASK, sentence))
    return found


def carer_findings(relation: str, age_band: str, care_type: str, age: int | None) -> list[Finding]:
    """Return V18 for a carer who is a minor, V19 for a child under 16 who lives alone."""
    found = []
    alone = ALONE in {relation, care_type}
    if relation == "sib_minor" or (age_band == "u18" and not alone):
        found.append(Finding("V18", ASK, N_("The carer is under 18.")))
    if alone and age is not None and age < SC2016_AGE:
        found.append(Finding("V19", FLAG, N_("Under 16 and living alone: see the safeguarding card.")))
    return found


def _both(parents: Iterable[ParentFacts]) -> tuple[ParentFacts, ParentFacts]:
    known = {one.parent: one for one in parents}
    return known.get(FATHER, ParentFacts(FATHER)), known.get(MOTHER, ParentFacts(MOTHER))


def _official(father: ParentFacts, mother: ParentFacts) -> bool | None:
    return _any(_all([away(one), _any([away(other), _unfit(other)])]) for one, other in _turns(father, mother))


def _turns(father: ParentFacts, mother: ParentFacts) -> Sequence[tuple[ParentFacts, ParentFacts]]:
    return ((father, mother), (mother, father))


def _unfit(one: ParentFacts) -> bool | None:
    """A parent who is dead can be no guardian either."""
    if one.alive == NO or one.capacity == LACKS:
        return True
    return False if one.alive == YES and one.capacity == "has" else None


def _long_away(one: ParentFacts, min_months: int, today: date | None) -> bool | None:
    """Months told of the last twelve decide; the start alone says it only where the whole of it is long ago."""
    months = None if one.months_away is None else one.months_away >= min_months
    if months is None and one.away_since and today is not None:
        least, most = _months_since(one.away_since, today)
        months = True if least >= min_months else False if most < min_months else None
    return _all([away(one), months])


def _came_home(one: ParentFacts, min_months: int) -> bool:
    return one.living_with == YES and one.months_away is not None and one.months_away >= min_months


def _months_disagree(one: ParentFacts, today: date) -> bool:
    if one.months_away is None or one.living_with == YES:
        return False
    least, most = _months_since(one.away_since, today)
    return not min(least, 12) - 1 <= one.months_away <= min(most, 12) + 1


def _age_disagrees(one: ParentFacts, birth_years: tuple[int, int] | None) -> bool:
    if one.start_age is None or birth_years is None:
        return False
    born = _since(one.away_since)[0].year - one.start_age
    return not birth_years[0] - 1 <= born <= birth_years[1] + 1


def _months_since(text: str, today: date) -> tuple[int, int]:
    """Return the least and the most whole months that have gone by since *text*."""
    first, last = _since(text)
    months = [(today.year - day.year) * 12 + today.month - day.month for day in (last, first)]
    return max(0, months[0]), max(0, months[1])


def _since(text: str) -> calendars.Span:
    """Return the days that a year, or a year and a month, can mean; raises Invalid, for a whole date too."""
    try:
        first, last = calendars.span(text)
    except ValueError as error:
        raise Invalid(field=N_("since when away")) from error
    if first == last:
        raise Invalid(field=N_("since when away"))
    return first, last


def _all(values: Iterable[bool | None]) -> bool | None:
    known = list(values)
    return False if False in known else None if None in known else True


def _any(values: Iterable[bool | None]) -> bool | None:
    known = list(values)
    return True if True in known else None if None in known else False
