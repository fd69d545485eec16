"""Check a store: does the state equal a rebuild from the log, and what is the digest of each drawer?"""

from __future__ import annotations

from dataclasses import dataclass

from fieldkit.acts.desk import Desk
from fieldkit.store import people, rebuild, replica


@dataclass(frozen=True)
class CheckReport:
    """`digests`: one per drawer that this machine can read; equal digests mean equal data. `unsealed`: changes."""

    digests: dict[str, str]
    unsealed: int
    problems: list[str]

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.problems


def check(desk: Desk) -> CheckReport:
    """Verify the chains, compare the state with a rebuild, and compute the digests; nothing is changed."""
    with desk.db.reading() as tables:
        problems = [*rebuild.differences(tables), *replica.broken_chains(tables)]
        return CheckReport(rebuild.digests(tables), people.counted(tables)["unsealed"], problems)
