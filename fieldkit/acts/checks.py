"""Check a store: does the state equal a rebuild from the log, and what is the digest of each drawer?"""

from __future__ import annotations

from dataclasses import dataclass

from fieldkit.acts.desk import Desk
from fieldkit.rules import digests
from fieldkit.store import people, rebuild, replica
from fieldkit.studies import Pair


@dataclass(frozen=True)
class CheckReport:
    """`digests`: one per drawer that this machine can read; equal digests mean equal data. `unsealed`: changes.

    `words`: each digest as four words, to be compared over the telephone.
    """

    digests: dict[str, str]
    words: dict[str, Pair]
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
        found, unsealed = rebuild.digests(tables), people.counted(tables)["unsealed"]
    words = {drawer: digests.spoken(digest) for drawer, digest in found.items()}
    return CheckReport(found, words, unsealed, problems)
