"""What every act is asked: does it refuse, does a refusal leave the store as it was, what exactly does it write?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldkit.acts import carers, checks, demo, people
from fieldkit.acts.carers import CarerAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock, new_id
from fieldkit.errors import Refusal
from fieldkit.records import Change, decode, natural_id
from fieldkit.store import log, rebuild
from fieldkit.store.folder import Folder
from fieldkit.store.log import Draft

Desks = dict[str, Desk]
Kept = Callable[[Desk], object]


@pytest.fixture
def kept() -> Kept:
    """All that a store holds for good: the ids of its changes and orders, the digests of its drawers, its slots."""

    def look(desk: Desk) -> object:
        with desk.db.reading() as tables:
            ids = tables.execute("SELECT id FROM changes UNION ALL SELECT id FROM orders ORDER BY 1").fetchall()
            return ids, rebuild.digests(tables), desk.folder.slots

    return look


@pytest.fixture
def refused(desks: Desks, kept: Kept) -> Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]:
    """Each of *roles* (words) is told *refusal* by *act*, and the store stays as it was."""

    def check(refusal: type[Refusal], roles: str, act: Callable[[Desk], object]) -> Refusal:
        for role in roles.split():
            before = kept(desks[role])
            with pytest.raises(refusal) as told:
                act(desks[role])
            assert type(told.value) is refusal, role
            assert kept(desks[role]) == before, role
        return told.value

    return check


@pytest.fixture
def broken(desks: Desks, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], object]], None]:
    """The power goes right after the *place*-th change of *act* was written: nothing of the act is left anywhere."""

    def check(place: int, act: Callable[[], object]) -> None:
        machines = desks["interviewer"], desks["coordinator"]
        before, append, written = [kept(desk) for desk in machines], log.append, list[Change]()

        def failing(*args: Any) -> Change:
            written.append(append(*args))
            if len(written) == place:
                raise InterruptedError
            return written[-1]

        with monkeypatch.context() as patched:
            patched.setattr(log, "append", failing)
            with pytest.raises(InterruptedError):
                act()
        assert [kept(desk) for desk in machines] == before
        assert all(checks.check(desk).ok for desk in machines)

    return check


@pytest.fixture
def changes() -> Callable[[Desk, str], list[Change]]:
    """The changes of one kind (or of all, for an empty word) in a store, oldest first."""

    def look(desk: Desk, kind: str) -> list[Change]:
        with desk.db.reading() as tables:
            bodies = [row[0] for row in tables.execute("SELECT body FROM changes ORDER BY tick, id")]
        return [change for change in map(decode, bodies) if kind in {"", change.kind}]

    return look


@pytest.fixture
def words() -> Callable[[Desk], str]:
    """Every word that the log and the tables of a store hold."""

    def look(desk: Desk) -> str:
        with desk.db.reading() as tables:
            bodies = [bytes(row[0]).decode() for row in tables.execute("SELECT body FROM changes")]
            named = [name for name in tables.table_names() if not name.startswith("search")]
            return "\n".join([*bodies, *(str(list(tables[name].rows)) for name in named)])

    return look


@pytest.fixture
def wall_down() -> Callable[[Desk], None]:
    """Take the triggers away, so that only what the acts themselves ask is left."""

    def drop(desk: Desk) -> None:
        with desk.db.writing() as tables:
            for (name,) in tables.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                tables.execute(f"DROP TRIGGER {name}")

    return drop


@pytest.fixture
def joins(desks: Desks, tmp_path: Path, passphrase: str) -> Iterator[Callable[[str, str, str], Desk]]:
    """A further person with a machine of their own joins as (name, role, team)."""
    made: list[Desk] = []

    def join(name: str, role: str, team: str) -> Desk:
        made.append(demo.join(desks["coordinator"], Folder.open(tmp_path / new_id()), name, role, passphrase, team))
        return made[-1]

    yield join
    for desk in made:
        desk.db.close()
        desk.folder.close()


@pytest.fixture
def other_child(desks: Desks) -> str:
    """阿宁, another child of the same team, whose carer alone has agreed."""
    desk = desks["interviewer"]
    other = people.register(desk, NewChild("阿宁", "", "B07", "m", f"{Clock().today().year - 11}-01"))
    carers.record(
        desk, other, CarerAnswer("pgf", "thumbprint", True, ["ok"], "cannot_read", "张某", "neighbour", "P-2")
    )
    return other


@pytest.fixture
def born() -> Callable[[Desk, str, str], None]:
    """Let a child be born on a day, and be known since 2016: `born(desk, child, day)`."""

    def told(desk: Desk, subject: str, day: str) -> None:
        long_ago = Draft("participant", {"registered_on": "2016-05-01"}, record=subject, subject=subject)
        birth = Draft("identity", {"birth_date": day}, record=natural_id("identity", subject), subject=subject)
        with desk.db.writing() as tables:
            for draft in (long_ago, birth):
                log.append_over(tables, desk.pen, draft)

    return told
