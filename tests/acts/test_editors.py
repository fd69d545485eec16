from __future__ import annotations

from collections.abc import Callable

from fieldkit.acts import members
from fieldkit.acts.desk import Desk
from fieldkit.acts.editors import Opened, Version, opened
from fieldkit.records import natural_id

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
