from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fieldkit.acts import checks, sites
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import Seen
from fieldkit.errors import Invalid, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.calendars import NoDay

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Changes = Callable[[Desk, str], list[Change]]
FACTS = {"site_type": "village", "county": "411624", "private_room": "partly"}
NEW = Seen()
PLACE = {"name": "柳河村", "gatekeeper": "赵主任", "police": "0394-1111111"}


def test_only_those_who_know_children_know_sites(refused: Refused) -> None:
    refused(NotAllowed, "translator sg_lead", sites.listing)
    refused(NotAllowed, "translator sg_lead", lambda desk: sites.find(desk, "A03"))
    refused(NotAllowed, "translator sg_lead", lambda desk: sites.save(desk, "A03", FACTS, {}, NEW))
    refused(NotAllowed, "coordinator translator sg_lead", lambda desk: sites.hints(desk, "A03"))


@pytest.mark.parametrize(
    ("code", "facts"),
    [("", {}), ("A3", {}), ("A０３", {}), ("A03", {"county": "110101"}), ("A03", {"power": "never"})],
)
def test_what_is_no_site_is_refused(refused: Refused, code: str, facts: dict[str, str]) -> None:
    refused(Invalid, "interviewer coordinator", partial(sites.save, code=code, facts=facts, place={}, seen=NEW))


def test_a_permission_on_no_day_is_refused_and_named(refused: Refused) -> None:
    place = {"permission_on": "notadate"}

    told = refused(NoDay, "interviewer", partial(sites.save, code="A03", facts=FACTS, place=place, seen=NEW))
    assert "Permission given on" in told.sentence("en")


def test_a_permission_is_kept_as_one_day_or_as_none_whatever_the_keyboard(desks: Desks) -> None:
    for typed, day in (("２０２６－０１－０２", "2026-01-02"), ("", "")):
        site = sites.save(desks["interviewer"], "A09", FACTS, {"permission_on": typed}, NEW)
        sites.save(desks["interviewer"], "A09", FACTS, {}, Seen(site.opened.base, site.opened_place.base))
        assert site.place.get("permission_on", "") == day


def test_an_unknown_site_is_told(refused: Refused) -> None:
    refused(NotFound, "interviewer", lambda desk: sites.find(desk, "Z99"))


def test_a_site_is_brought_in_once(desks: Desks, changes: Changes) -> None:
    desk = desks["interviewer"]
    for _ in range(2):
        with desk.db.writing() as tables:
            sites.ensure(tables, desk, "C01")

    assert [one.set for one in changes(desk, "site") if one.set["code"] == "C01"] == [{"code": "C01"}]


def test_the_name_of_a_place_stays_in_the_vault(
    desks: Desks,
    joins: Callable[[str, str, str], Desk],
    carry: Callable[[Desk, Desk], object],
    words: Callable[[Desk], str],
) -> None:
    sites.save(desks["interviewer"], "a03", FACTS, PLACE, NEW)
    without_vault = joins("孙宁", "coordinator", "A")
    carry(desks["interviewer"], without_vault)

    assert sites.find(desks["interviewer"], "A03").place == PLACE
    found = sites.find(without_vault, "A03")
    assert (found.facts["county"], found.place) == ("411624", {})
    assert "柳河村" not in words(without_vault)


def test_a_site_is_changed_without_a_conflict_and_a_fact_can_be_taken_back(desks: Desks) -> None:
    desk = desks["interviewer"]
    now = sites.save(desk, "A03", FACTS, PLACE, NEW)
    sites.save(desk, "A03", {}, {"name": "柳河"}, Seen(now.opened.base, now.opened_place.base))

    found = sites.find(desk, "A03")
    assert (found.facts["county"], found.place) == ("", {"name": "柳河"})
    with desk.db.reading() as tables:
        assert [row["conflict"] for row in tables.table("sites").rows_where("code = 'A03'")] == [0]
    assert checks.check(desk).ok


def test_what_another_tab_saved_meanwhile_is_kept_beside_not_overwritten(desks: Desks) -> None:
    desk = desks["interviewer"]
    now = sites.save(desk, "A03", FACTS, PLACE, NEW)
    opened = Seen(now.opened.base, now.opened_place.base)
    sites.save(desk, "A03", {**FACTS, "power": "yes"}, {**PLACE, "name": "柳河"}, opened)

    both = sites.save(desk, "A03", {**FACTS, "network": "no"}, {**PLACE, "name": "柳河庄"}, opened)

    assert (both.facts["power"], both.facts["network"], both.opened.versions) == ("yes", "no", {})
    assert [(one.value, one.author) for one in both.opened_place.versions["name"]] == [
        ("柳河", "李岚"),
        ("柳河庄", "李岚"),
    ]
    assert both.conflict
    opened = Seen(both.opened.base, both.opened_place.base)
    assert not sites.save(desk, "A03", both.facts, both.place, opened).conflict


def test_a_new_site_that_somebody_else_entered_too_overwrites_nothing(desks: Desks) -> None:
    desk = desks["coordinator"]
    sites.save(desk, "C05", {"county": "411624"}, {}, NEW)
    both = sites.save(desk, "C05", {"county": "411681", "power": "yes"}, {}, NEW)

    assert {one.value for one in both.opened.versions["county"]} == {"411624", "411681"}
