"""An order as the rules read it: its words and who signed them; bytes and signatures are `sync`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldkit.records import canonical


def texts(found: object) -> bool:
    """Tell whether *found* is a list of texts: anybody may sign anything."""
    return isinstance(found, list) and all(isinstance(one, str) for one in found)


@dataclass(frozen=True)
class Said:
    """An order as `sync` parsed it: what kind, by which public key, its words, and the id by which others name it."""

    kind: str
    signer: str
    body: Mapping[str, Any]
    id: str = ""

    @property
    def content(self) -> bytes:
        """Return what orders are sorted by, on every machine alike."""
        return canonical([self.kind, self.signer, dict(self.body)])
