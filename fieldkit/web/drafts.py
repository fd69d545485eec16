"""Guided steps and forms that a lock or another person interrupts: sealed in memory until who began them is back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fieldkit.acts.desk import Desk
from fieldkit.rules.ways import Evidence
from fieldkit.store.keys import b64, unb64

Drafts = dict[str, dict[str, Any]]
FROM_A_FILE = "rows"  # a roster is read from its file again
_EVIDENCE, _BYTES, _WAITS = "of evidence", "of bytes", "of a form that waits"


@dataclass(frozen=True)
class Waits:
    """One form that waits since it met the cover: `fields` as they were sent to `path`, and is it `first` in turn.

    `step`: the endpoint that carries it out, `of`: what its address names; `day`: the civil date on which it was filled
    in, and whether that is `sure`; `gathered`: what the guided steps that it ends or goes on with held by then.
    """

    id: str
    path: str
    fields: tuple[tuple[str, str], ...]
    first: bool
    step: str
    of: dict[str, str]
    day: str
    sure: bool
    gathered: dict[str, Any]

    @property
    def said(self) -> dict[str, str]:
        """Return what was filled in, by field."""
        return dict(self.fields)

    @property
    def kind(self) -> str:
        """Return what kind of step it is."""
        return self.step.partition(".")[0]


def seal(desk: Desk, drafts: Drafts, done: Mapping[str, object], waiting: Sequence[Waits] = ()) -> str:
    """Return what the steps gathered so far, which forms were kept already, and which wait since they met the cover.

    It is for the person at *desk* alone; empty where there is nothing.
    """
    gathered = {subject: told for subject, told in drafts.items() if told and FROM_A_FILE not in told}
    kept = {nonce: what for nonce, what in done.items() if isinstance(what, str)}
    left = [gathered, kept, list(waiting)]
    return desk.keys.keep(json.dumps(left, default=_packed).encode()) if any(left) else ""


def unseal(desk: Desk, sealed: str) -> tuple[Drafts, dict[str, str], list[Waits]]:
    """Return what `seal` was given; raises CryptoError for another person."""
    gathered, kept, waiting = json.loads(desk.keys.kept(sealed), object_hook=_unpacked)
    return gathered, kept, waiting


def _packed(one: Any) -> dict[str, Any]:
    if isinstance(one, Waits):
        return {_WAITS: vars(one)}  # in it the evidence is packed by itself
    return {_BYTES: b64(one)} if isinstance(one, bytes) else {_EVIDENCE: asdict(one)}


def _unpacked(found: dict[str, Any]) -> Any:
    if _BYTES in found:
        return unb64(found[_BYTES])
    if _WAITS in found:
        return Waits(**{**found[_WAITS], "fields": tuple(map(tuple, found[_WAITS]["fields"]))})
    return Evidence(**found[_EVIDENCE]) if _EVIDENCE in found else found
