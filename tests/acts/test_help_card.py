from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fieldkit.acts import help_card, people, sites
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import Seen
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
NEEDED = ["card:3", "card:4", "card:5", "card:6", "card:7"]


def test_only_an_interviewer_or_coordinator_enters_a_number(refused: Refused) -> None:
    keep = partial(help_card.keep, site="A03", line="card:5", number="0394-1", rung=True)

    refused(NotAllowed, "translator sg_lead", keep)


@pytest.mark.parametrize(("site", "line"), [("a03", "card:5"), ("A03", "card:99"), ("A03", "card:1"), ("", "card:5")])
def test_a_line_or_site_that_there_is_none_of_is_refused(refused: Refused, site: str, line: str) -> None:
    refused(NotFound, "interviewer", partial(help_card.keep, site=site, line=line, number="12", rung=True))


def test_a_site_that_nobody_entered_has_no_card(refused: Refused) -> None:
    refused(NotFound, "interviewer coordinator translator", partial(help_card.of_site, site="Z99"))


def test_a_site_that_nobody_entered_takes_no_number(refused: Refused) -> None:
    refused(NotFound, "interviewer coordinator", partial(help_card.keep, site="Z99", line="card:5", number="0394-1"))


@pytest.mark.parametrize("number", ["", "none", "0394-1; x", "1" * 40])
def test_what_is_no_telephone_number_is_refused(refused: Refused, number: str) -> None:
    refused(Invalid, "interviewer", partial(help_card.keep, site="A03", line="card:5", number=number, rung=True))


def test_a_number_is_kept_as_one_whatever_the_keyboard(desks: Desks) -> None:
    assert help_card.keep(desks["interviewer"], "A03", "card:5", "０３９４－１２").number == "0394-12"


def test_a_site_is_open_until_every_needed_number_was_rung(desks: Desks) -> None:
    desk = desks["interviewer"]
    sites.save(desk, "B07", {}, {}, Seen())
    assert help_card.status(desk, "B07") == NEEDED

    for line in NEEDED:
        help_card.keep(desk, "B07", line, "0394-120", rung=True)

    assert help_card.status(desk, "B07") == []
    assert {one.verified_by for one in help_card.of_site(desk, "B07") if one.id in NEEDED} == {"李岚"}


def test_a_new_number_was_never_rung(desks: Desks) -> None:
    base = _line(desks["interviewer"], "card:5").opened.base
    assert not help_card.keep(desks["interviewer"], "A03", "card:5", "0394-99", base=base).opened.versions

    assert help_card.status(desks["interviewer"], "A03") == ["card:5"]


def test_a_number_that_stays_keeps_its_day_and_writes_nothing(desks: Desks, kept: Callable[[Desk], object]) -> None:
    desk = desks["interviewer"]
    before, line = kept(desk), _line(desk, "card:5")

    help_card.keep(desk, "A03", "card:5", line.number, base=line.opened.base)
    assert kept(desk) == before


def test_after_90_days_the_line_is_open_and_marked(desks: Desks, later: Callable[[Desk, int], Desk]) -> None:
    desk = later(desks["interviewer"], 91)

    assert help_card.status(desk, "A03") == NEEDED
    assert all(one.old for one in help_card.of_site(desk, "A03") if one.rung)


def test_before_unlocking_only_the_national_card_stands(desks: Desks) -> None:
    assert [one.number for one in help_card.national()][:4] == ["110", "120", "12356", "12355"]
    assert {one.verified_on for one in help_card.national()} == {""}


def test_the_card_offers_every_site_that_was_entered(desks: Desks) -> None:
    sites.save(desks["interviewer"], "B07", {}, {}, Seen())

    assert help_card.sites(desks["interviewer"]) == ["A03", "A04", "B07"]


def test_what_another_tab_saved_meanwhile_is_kept_beside_not_overwritten(desks: Desks) -> None:
    desk = desks["interviewer"]
    opened, code = _line(desk, "card:5").opened, desk.me.code
    help_card.keep(desk, "A03", "card:5", "0394-77", rung=True, base=opened.base)
    both = help_card.keep(desk, "A03", "card:5", "0394-88", base=opened.base)

    assert [(one.value, one.author) for one in both.opened.versions["number"]] == [
        ("0394-77", "李岚"),
        ("0394-88", "李岚"),
    ]
    assert [one.value for one in both.opened.versions["verified_by"]] == [code, ""]


def test_a_number_that_two_people_wrote_differently_is_open_as_its_gate_sees_it(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    for number in ("0394-77", "0394-88"):
        help_card.keep(desk, "A03", "card:5", number, rung=True)

    assert help_card.status(desk, "A03") == ["card:5"]
    assert _line(desk, "card:5").open
    assert next(gate.status for gate in people.case(desk, child).gates if gate.id == "G08") == "fails"


def test_a_number_that_is_chosen_keeps_the_day_on_which_it_was_rung(desks: Desks) -> None:
    desk = desks["interviewer"]
    for number in ("0394-77", "0394-88"):
        help_card.keep(desk, "A03", "card:5", number, rung=number.endswith("77"))

    chosen = help_card.keep(desk, "A03", "card:5", "0394-77", base=_line(desk, "card:5").opened.base)

    assert (chosen.number, chosen.verified_on, chosen.open) == ("0394-77", desk.today, False)


def test_a_number_left_as_it_was_says_nothing_against_a_new_one(desks: Desks) -> None:
    desk = desks["interviewer"]
    old = _line(desk, "card:5")
    help_card.keep(desk, "A03", "card:5", "0394-77", rung=True, base=old.opened.base)

    now = help_card.keep(desk, "A03", "card:5", old.number, base=old.opened.base)
    assert (now.number, now.opened.versions) == ("0394-77", {})


def _line(desk: Desk, code: str) -> help_card.SiteLine:
    return next(one for one in help_card.of_site(desk, "A03") if one.id == code)
