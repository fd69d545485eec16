from __future__ import annotations

from collections.abc import Callable

from fieldkit.acts import conflicts, members
from fieldkit.acts.conflicts import Said
from fieldkit.acts.desk import Desk
from fieldkit.acts.editors import Opened, Version, opened
from fieldkit.records import natural_id
from fieldkit.rules.conflicts import BOTH

Desks = dict[str, Desk]


def test_a_record_that_nobody_wrote_is_opened_on_nothing(desks: Desks) -> None:
    with desks["coordinator"].db.reading() as tables:
        assert opened(tables, natural_id("place", "Z99")) == Opened()


def test_only_what_people_disagree_about_has_versions_each_with_its_author(
    desks: Desks, carry: Callable[[Desk, Desk], object]
) -> None:
    mine, code = desks["interviewer"], desks["interviewer"].me.code
    members.keep(mine, code, {"occupation": "研究生", "gender": "f"})
    members.keep(desks["coordinator"], code, {"occupation": "讲师", "gender": "f"})
    carry(desks["coordinator"], mine)

    with mine.db.reading() as tables:
        found = opened(tables, natural_id("team_member", code))

    assert found.versions.keys() == {"occupation"}
    assert sorted(found.versions["occupation"], key=lambda one: str(one.value)) == [
        Version("研究生", "李岚"),
        Version("讲师", "陈静"),
    ]


def test_versions_that_a_coordinator_let_stand_say_why_and_wait_for_nobody(
    desks: Desks, carry: Callable[[Desk, Desk], object]
) -> None:
    chief, mine, code = desks["coordinator"], desks["interviewer"], desks["interviewer"].me.code
    record = natural_id("team_member", code)
    for desk, occupation in ((mine, "研究生"), (chief, "讲师")):
        members.keep(desk, code, {"occupation": occupation})
    carry(mine, chief)
    with chief.db.reading() as tables:
        assert opened(tables, record).waits
    conflicts.decide(chief, record, Said("occupation", BOTH, "both_hold", base=conflicts.one(chief, record).base))
    carry(chief, mine)

    with mine.db.reading() as tables:
        found = opened(tables, record)
    assert not found.waits
    assert {(one.value, one.kept) for one in found.versions["occupation"]} == {
        ("研究生", "both_hold"),
        ("讲师", "both_hold"),
    }
