from __future__ import annotations

from fieldkit.store import aliases
from fieldkit.store.database import Database


def test_without_the_secret_of_the_team_a_child_has_no_alias(trio: dict[str, Database]) -> None:
    with trio["L1"].reading() as tables:
        for drawer in ("study", "notices", "safeguarding", "research/B", "vault"):
            assert aliases.alias_of(tables, drawer, "kid") is None


def test_an_alias_is_the_same_everywhere_and_links_neither_drawers_nor_children(trio: dict[str, Database]) -> None:
    found = []
    for store in trio.values():
        with store.reading() as tables:
            found.append(
                [
                    aliases.alias_of(tables, drawer, child)
                    for drawer in ("consent/A", "research/A", "vault/A")
                    for child in ("kid", "other kid")
                ]
            )

    assert found[0] == found[1] == found[2]
    assert len(set(found[0])) == 6


def test_an_alias_is_the_one_of_the_first_version(trio: dict[str, Database]) -> None:
    with trio["L1"].reading() as tables:
        assert aliases.alias_of(tables, "research/A", "kid") == "nk_SqiRMM09g-GwabjSlJw"
