"""Guided steps that a lock or another person interrupts: sealed in memory for who began them, until they are back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fieldkit.acts.desk import Desk
from fieldkit.rules.ways import Evidence
from fieldkit.store.keys import b64, unb64

Drafts = dict[str, dict[str, Any]]
FROM_A_FILE = "rows"  # a roster is read from its file again
_EVIDENCE, _BYTES = "of evidence", "of bytes"


def seal(desk: Desk, drafts: Drafts, done: Mapping[str, object]) -> str:
    """Return what the steps gathered so far, and which forms were kept already, for the person at *desk* alone."""
    gathered = {subject: told for subject, told in drafts.items() if told and FROM_A_FILE not in told}
    kept = {nonce: what for nonce, what in done.items() if isinstance(what, str)}
    return desk.keys.keep(json.dumps([gathered, kept], default=_packed).encode()) if gathered or kept else ""


def unseal(desk: Desk, sealed: str) -> tuple[Drafts, dict[str, str]]:
    """Return what `seal` was given; raises CryptoError for another person."""
    gathered, kept = json.loads(desk.keys.kept(sealed), object_hook=_unpacked)
    return gathered, kept


def _packed(one: Any) -> dict[str, Any]:
    return {_BYTES: b64(one)} if isinstance(one, bytes) else {_EVIDENCE: asdict(one)}


def _unpacked(found: dict[str, Any]) -> Any:
    if _BYTES in found:
        return unb64(found[_BYTES])
    return Evidence(**found[_EVIDENCE]) if _EVIDENCE in found else found
