"""Who a child is, told once more with a signature: what stands is kept, and nothing goes over it unseen."""

from __future__ import annotations

from dataclasses import dataclass

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.rules import names
from fieldkit.rules.ages import BirthDate
from fieldkit.rules.findings import ASK, Finding

SAME_CHILD = "same_child"
FROM_PAPER = frozenset({"household_book", "school_record"})
NAME, BORN = N_("the real name"), N_("the birth date")


class FromPaper(Refusal):
    """A date that somebody says is no better than the one that was read from a paper."""

    code = "from_paper"
    message = N_(
        "The birth date on record was read from a paper, and this is another one. Nothing was saved. Leave it empty "
        "to keep what stands; where the paper says so, correct it in the child's household first."
    )
    status = 422


class StandsTwice(Refusal):
    """Two versions stand: a signature decides nothing between them."""

    code = "stands_twice"
    message = N_(
        "Of “{field}” two versions are on record, and this is another one. Nothing was saved. Leave it empty; the "
        "coordinator decides which of them holds."
    )
    status = 422


@dataclass(frozen=True)
class Known:
    """What is on record of who a child is; `disputed`: the fields of which two versions stand."""

    real_name: str = ""
    born: BirthDate | None = None
    source: str = ""
    disputed: frozenset[str] = frozenset()


def is_new_name(known: Known, told: str) -> bool:
    """Tell whether *told* is to be written; empty, or what stands already, it keeps that. Raises StandsTwice."""
    if not names.plain(told) or names.same(told) == names.same(known.real_name):
        return False
    if "real_name" in known.disputed:
        raise StandsTwice(field=NAME)
    return True


def is_new_date(known: Known, told: BirthDate | None) -> bool:
    """Tell the same of a birth date: one that leaves open what is known keeps it. Raises FromPaper, StandsTwice."""
    if told is None or (known.born and _within(known.born, told)):
        return False
    if not known.disputed.isdisjoint(_OF_DATE):
        raise StandsTwice(field=BORN)
    if known.born and known.source in FROM_PAPER:
        raise FromPaper
    return True


def findings(known: Known, real_name: str, born: BirthDate | None) -> list[Finding]:
    """Return what asks whether it is the child on record. Raises FromPaper, StandsTwice."""
    renamed = is_new_name(known, real_name) and known.real_name
    dated = is_new_date(known, born) and known.born and born and not _within(born, known.born)
    return [Finding(SAME_CHILD, ASK, _ANOTHER)] if renamed or dated else []


def _within(one: BirthDate, other: BirthDate) -> bool:
    """Tell whether every day that *one* can mean is one that *other* can mean."""
    return other.earliest <= one.earliest and one.latest <= other.latest


_OF_DATE = {"birth_date", "birth_calendar", "birth_source"}
_ANOTHER = N_("This child has another name or birth date on record. Is it the same child? If not, stop here.")
