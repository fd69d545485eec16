"""Screening: does a child meet the criteria of the study? (`domain.md` §1.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MET, NOT_MET, UNKNOWN = "met", "not_met", "unknown"
ELIGIBLE, INELIGIBLE, PENDING = "eligible", "ineligible", "pending"
AGE, WILLING = "age_range", "willing"  # one is computed, the other is the child's own answer when they are asked
TOO_YOUNG = "u9"
_EXCLUDES = "ex_"


def asked(criteria: Iterable[str]) -> list[str]:
    """Return the *criteria* that a person answers when screening, in their order."""
    return [code for code in criteria if code not in {AGE, WILLING}]


def excludes(criterion: str) -> bool:
    """Tell whether meeting *criterion* keeps a child out."""
    return criterion.startswith(_EXCLUDES)


def fitting(criterion: str) -> str:
    """Return the answer with which a child may take part."""
    return NOT_MET if excludes(criterion) else MET


def age(group: str) -> str:
    """Return the answer to the criterion of age for an age group; nobody is asked."""
    return NOT_MET if group == TOO_YOUNG else MET


def result(criteria: Mapping[str, str]) -> str:
    """Return what the answers amount to: one that keeps the child out decides, one that is not known leaves it open."""
    said = [(answer, fitting(code)) for code, answer in criteria.items()]
    if any(answer not in {fits, UNKNOWN} for answer, fits in said):
        return INELIGIBLE
    return ELIGIBLE if said and all(answer == fits for answer, fits in said) else PENDING
