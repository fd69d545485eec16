from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fieldkit.acts.desk import Desk, only, sit_down
from fieldkit.clock import Clock
from fieldkit.errors import NotAllowed

Desks = dict[str, Desk]


def test_an_act_of_another_role_is_refused_before_it_begins(desks: Desks) -> None:
    done: list[str] = []

    @only("coordinator", "sg_lead")
    def act(desk: Desk, word: str) -> str:
        done.append(word)
        return word

    for role in ("interviewer", "translator"):
        with pytest.raises(NotAllowed):
            act(desks[role], "no")
    assert [act(desks[role], role) for role in ("coordinator", "sg_lead")] == done == ["coordinator", "sg_lead"]


def test_the_permission_keeps_the_acts_own_name_and_words() -> None:
    @only("coordinator")
    def count(_desk: Desk) -> int:
        """Count."""
        return 1

    assert (count.__name__, count.__doc__) == ("count", "Count.")


def test_a_desk_knows_person_device_and_team_from_the_orders(desks: Desks) -> None:
    desk = desks["interviewer"]

    assert (desk.me.name, desk.me.role, desk.me.team) == ("李岚", "interviewer", "A")
    assert (desk.device.name, desk.device.team, desk.device.serials) == ("L1", "A", (1, 99))
    assert (desk.pen.author, desk.pen.device, desk.pen.team) == (desk.me.code, desk.device.id, "A")


def test_today_is_what_this_laptops_clock_says(desks: Desks, later: Callable[[Desk, int], Desk]) -> None:
    desk = later(desks["interviewer"], -400)

    assert desk.today == (Clock().now() - timedelta(days=400)).date().isoformat()


def test_nobody_sits_down_whom_the_orders_do_not_know(desks: Desks) -> None:
    desk = desks["translator"]

    with pytest.raises(KeyError):
        sit_down(desk.folder, desk.db, "stranger", desk.keys, desk.clock)
