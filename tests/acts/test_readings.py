from __future__ import annotations

from collections.abc import Callable

from fieldkit.acts import forms, household, readings
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import PersonTold, Seen
from fieldkit.errors import NotAllowed, Refusal

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]


def test_only_an_interviewer_reads_aloud(refused: Refused, desks: Desks, child: str) -> None:
    form = forms.carer_form(desks["interviewer"], child)

    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: readings.aloud(desk, child, form, "pgm"))


def test_what_the_listener_speaks_is_known_from_the_household(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    form = forms.carer_form(desk, child)
    assert readings.aloud(desk, child, form, "pgm").speaks == ""

    household.save_person(desk, child, "P" * 22, PersonTold("pgm", speaks="zhoukou"), Seen())
    found = readings.aloud(desk, child, form, "pgm")
    assert (found.speaks, "".join(line.zh for line in found.lines)) == (
        "zhoukou",
        "".join(line.zh for line in form.read_aloud),
    )
    assert readings.aloud(desk, child, form, "mother").speaks == ""
