"""A laptop's half of the exchange of chunks: what both hold decides, here too (`README.md`, "Chunks")."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from sync import wire
from sync.canonical import digest, encode
from sync.chain import KNOWN, NEW
from sync.errors import Malformed, NotTheHub
from sync.replica import Holder

Names = Mapping[str, Sequence[str]]  # by attachment


class Asked(Protocol):
    """A line to the hub, as `client.Line` is one."""

    def ask(self, act: str, content: bytes) -> bytes:
        """Return the hub's answer."""

    def ask_for(self, act: str, content: bytes, *names: str) -> dict[str, Any]:
        """Return the object that answers *content* and says at least *names*; raises Malformed."""


class Chunks:
    """The chunks of one exchange; *moved* hears how many are to be sent, were sent, were received."""

    def __init__(self, line: Asked, here: Holder, moved: Callable[[int, int, int], object]) -> None:
        self._line = line
        self._here = here
        self._moved = moved
        self._theirs: dict[str, set[str]] = {}  # of the attachments of which the hub holds something else

    def bring(self) -> None:
        """Bring the chunks that the hub lacks, a piece at a time; each is acknowledged by its hash."""
        held = self._here.chunks_held()
        self._compare(held)
        lacks = [name for id_, names in held.items() for name in names if name not in self._theirs.get(id_, names)]
        self._moved(len(lacks), 0, 0)
        for run in wire.cut(self._here.pick_chunks(lacks)):
            content = wire.piece(self._here.study(), [], [], [], run)
            said = self._line.ask_for("push", content, "hash")
            became = said.get("chunks", {})
            if said["hash"] != digest(content) or not isinstance(became, dict):
                raise NotTheHub
            for one in run:
                if became.get(one.name) in {NEW, KNOWN}:
                    self._theirs[one.label.attachment].add(one.name)
            self._moved(0, len(run), 0)

    def fetch(self) -> int:
        """Fetch the chunks that are wanted here and that the hub has; return how many came."""
        lacking = self._here.chunks_lacking()
        if not lacking:
            return 0
        held = self._here.chunks_held()
        self._compare({id_: held.get(id_, []) for id_ in lacking})
        theirs = {id_: self._theirs.get(id_, set()) for id_ in lacking}
        return sum(self._fetch(id_, [name for name in lacking[id_] if name in theirs[id_]]) for id_ in lacking)

    def _fetch(self, attachment: str, wanted: list[str]) -> int:
        fetched = 0
        while wanted:
            asked = encode({"orders": [], "streams": {}, "chunks": wanted, "attachment": attachment})
            found = wire.read_piece(self._line.ask("pull", asked))
            if found.torn or found.damaged or found.study != self._here.study():
                raise Malformed("piece")
            came = {one.name for one in found.chunks} & set(wanted)
            if not came:
                break
            self._here.receive_chunks(found.chunks)
            self._moved(0, 0, len(came))
            fetched += len(came)
            wanted = [name for name in wanted if name not in came]
        return fetched

    def _compare(self, held: Names) -> None:
        """Ask which chunks the hub has of the attachments of which it has not just what is here."""
        if not held:
            return
        asked = encode({"attachments": shorts(held)})
        said = self._line.ask_for("chunks", asked, "attachments")["attachments"]
        if not isinstance(said, dict):
            raise NotTheHub
        for id_ in held:
            self._theirs.pop(id_, None)
            if id_ in said:
                self._theirs[id_] = set(wire.texts(said[id_]))

    def named(self) -> dict[str, Any]:
        """Return what a receipt is asked for: in short where the hub holds just that, else name by name."""
        held = self._here.chunks_held()
        asked = {
            id_: wire.short_of(names) if self._theirs.get(id_, set(names)) == set(names) else list(names)
            for id_, names in held.items()
        }
        return {"attachments": asked} if asked else {}


def shorts(held: Names) -> dict[str, str]:
    """Return what a receipt has to say to cover *held*."""
    return {id_: wire.short_of(names) for id_, names in held.items()}
