from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fieldkit.acts import members
from fieldkit.acts.desk import Desk
from fieldkit.errors import NotAllowed, NotFound, Refusal
from fieldkit.rules.calendars import DayToCome, NoDay
from fieldkit.rules.gates import TRAINING_NEEDED

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]


def test_nobody_sees_or_edits_a_colleagues_record(refused: Refused, desks: Desks) -> None:
    other = desks["coordinator"].me.code

    for act in (partial(members.keep, code=other, values={"occupation": "x"}), partial(members.one, code=other)):
        refused(NotAllowed, "interviewer translator sg_lead", act)


def test_a_record_of_nobody_is_refused(refused: Refused) -> None:
    refused(NotFound, "coordinator", partial(members.keep, code="nobody", values={"occupation": "x"}))


@pytest.mark.parametrize(("day", "refusal"), [("2026-02-30", NoDay), ("2999-01-01", DayToCome), ("soon", NoDay)])
def test_a_day_that_cannot_be_is_refused_and_named(
    refused: Refused, desks: Desks, day: str, refusal: type[Refusal]
) -> None:
    code = desks["interviewer"].me.code

    told = refused(refusal, "coordinator interviewer", partial(members.keep, code=code, values={"nda_signed_on": day}))
    assert "Confidentiality promise signed on" in told.sentence("en")


def test_a_day_is_kept_as_one_whatever_the_keyboard(desks: Desks) -> None:
    desk = desks["interviewer"]
    base = members.one(desk, desk.me.code).opened.base
    members.keep(desk, desk.me.code, {"nda_signed_on": "２０２６－０１－０２"}, base)

    assert members.one(desk, desk.me.code).values["nda_signed_on"] == "2026-01-02"


def test_a_coordinator_sees_everybody_and_the_others_themselves(desks: Desks) -> None:
    assert len(members.listing(desks["coordinator"])) == 4
    assert [one.name for one in members.listing(desks["translator"])] == ["Ann"]


def test_a_date_that_is_taken_back_is_missing_again(desks: Desks) -> None:
    desk = desks["interviewer"]
    assert members.one(desk, desk.me.code).missing == ()

    members.keep(desk, desk.me.code, {"nda_signed_on": ""}, members.one(desk, desk.me.code).opened.base)
    assert members.one(desk, desk.me.code).missing == ("nda_signed_on",)


def test_old_training_is_told_and_stops_nothing(desks: Desks) -> None:
    desk = desks["interviewer"]
    base = members.one(desk, desk.me.code).opened.base
    members.keep(desk, desk.me.code, {"child_training_on": "2020-01-01"}, base)

    record = members.one(desk, desk.me.code)
    assert record.old
    assert record.missing == ()


def test_what_stays_writes_nothing(desks: Desks, kept: Callable[[Desk], object]) -> None:
    desk = desks["interviewer"]
    before = kept(desk)

    one = members.one(desk, desk.me.code)
    members.keep(desk, desk.me.code, dict(one.values), one.opened.base)
    assert kept(desk) == before


def test_two_people_who_differ_are_told_and_either_decides(desks: Desks, carry: Callable[[Desk, Desk], object]) -> None:
    mine, code = desks["interviewer"], desks["interviewer"].me.code
    members.keep(mine, code, {"occupation": "研究生"})
    members.keep(desks["coordinator"], code, {"occupation": "讲师"})
    carry(desks["coordinator"], mine)
    both = members.one(mine, code)
    assert {one.author for one in both.opened.versions["occupation"]} == {"李岚", "陈静"}

    members.keep(mine, code, {"occupation": both.values["occupation"]}, both.opened.base)
    assert members.one(mine, code).opened.versions == {}


def test_what_another_tab_saved_meanwhile_is_kept_beside_not_overwritten(desks: Desks) -> None:
    desk, code = desks["interviewer"], desks["interviewer"].me.code
    base = members.one(desk, code).opened.base
    members.keep(desk, code, {"nda_signed_on": "2026-01-02", "occupation": "研究生"}, base)
    members.keep(desk, code, {"nda_signed_on": "2026-01-03", "occupation": ""}, base)

    both = members.one(desk, code)
    assert [(one.value, one.author) for one in both.opened.versions["nda_signed_on"]] == [
        ("2026-01-02", "李岚"),
        ("2026-01-03", "李岚"),
    ]
    assert both.values["occupation"] == "研究生"
    assert both.missing == TRAINING_NEEDED  # as its gate sees it
