"""What a visit that ended with a refusal leaves open: whose no it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fieldkit.rules import consent
from fieldkit.rules.consent import CARER, REFUSING, Event

REFUSED = "refused"  # of `visit_outcome`
NO_GUARDIANS = ("carer_no", "gatekeeper_no")  # of `nonparticipation`: a no of nobody who decides
NOT_SUITED = "not_suited"  # of `reason_G05`: nobody said no


@dataclass(frozen=True)
class RefusedVisit:
    """A visit that ended with a refusal: its id and its day."""

    id: str
    day: str


def unexplained(refusals: Iterable[RefusedVisit], said: Iterable[Event], day: str) -> tuple[RefusedVisit, ...]:
    """Return those of up to *day* of which no no of that day or later says whose it was, the newest first.

    A no that was taken back since says it too; one that a coordinator declared void does not.
    """
    noes = [event.day for event in consent.in_force(said) if event.act in REFUSING and event.actor != CARER]
    open_ones = [one for one in refusals if one.day <= day and not any(no >= one.day for no in noes)]
    return tuple(sorted(open_ones, key=lambda one: (one.day, one.id), reverse=True))
