from __future__ import annotations

import pytest

from fieldkit.store import gaps
from fieldkit.store.database import Tables


def test_a_backup_of_no_day_lacks_nothing(tables: Tables) -> None:
    gaps.begin(tables, "", 100)

    assert gaps.get(tables) is None


@pytest.mark.parametrize(("second", "shown"), [("2026-09-20", "2026-09-03"), ("2026-08-01", "2026-08-01")])
def test_of_two_restores_one_after_the_other_the_earlier_day_stands(tables: Tables, second: str, shown: str) -> None:
    gaps.begin(tables, "2026-09-03", 100)
    gaps.begin(tables, second, 200)

    found = gaps.get(tables)
    assert found is not None
    assert (found.day, found.since) == (shown, 200)


def test_what_somebody_answered_for_before_the_backup_is_asked_about_from_its_day_on(tables: Tables) -> None:
    gaps.keep(tables, gaps.Gap("2026-09-03", 100, "all_read", "c", "2026-09-10"))
    gaps.begin(tables, "2026-09-20", 200)

    found = gaps.get(tables)
    assert found is not None
    assert (found.day, found.reason) == ("2026-09-20", "")
