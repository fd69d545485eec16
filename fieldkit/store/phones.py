"""Which phones are paired: in the store, and as salted hashes outside it, without names.

Whom the laptop lets in while it is locked stands in that file; once somebody has unlocked it, the store decides, and
the file is written anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from fieldkit.clock import new_id
from fieldkit.platform import write_atomically
from fieldkit.records import canonical
from fieldkit.store import machine
from fieldkit.store.database import Tables
from fieldkit.store.folder import Folder

FILE, FORMAT = "phones.json", 1
LONGEST = 64  # characters of a salt or a hash
_FACT = "phones"


def kept(tables: Tables) -> dict[str, Any]:
    """Return the paired phones by id, and the salt of their cookies."""
    found = machine.recall(tables, _FACT)
    return json.loads(found) if found else {"v": FORMAT, "salt": new_id(), "phones": {}}


def keep(tables: Tables, facts: dict[str, Any]) -> dict[str, Any]:
    """Keep the paired phones."""
    machine.remember(tables, _FACT, json.dumps(facts))
    return facts


def forget(tables: Tables) -> None:
    """Let no phone be paired, in a folder that came back from a backup: who was sent away since is not known to it."""
    machine.forget(tables, _FACT)


def hashed(salt: str, cookie: str) -> str:
    """Return what is kept of a cookie: 256 random bits need no slow hash."""
    raw = cookie.encode("utf-8", "surrogatepass")
    return blake2b(raw, digest_size=32, key=salt.encode(), person=b"fieldkit phone").hexdigest()


def show(folder: Folder, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write for a locked laptop what it has to know of *facts*; return it."""
    known = {"v": FORMAT, "salt": facts["salt"], "phones": {id_: one["hash"] for id_, one in facts["phones"].items()}}
    write_atomically(folder.lan / FILE, canonical(known))
    return known


def read(folder: Folder) -> Mapping[str, Any]:
    """Return whom a locked laptop lets as far as the unlock page: nobody where the file is missing or torn."""
    path, nobody = folder.lan / FILE, {"salt": "", "phones": {}}
    try:
        found = json.loads(path.read_bytes()) if path.exists() else nobody
    except (ValueError, RecursionError):
        return nobody
    return found if _is_ours(found) else nobody


def _is_ours(found: object) -> bool:
    if not isinstance(found, dict) or found.get("v") != FORMAT or not isinstance(found.get("phones"), dict):
        return False
    texts = (found.get("salt"), *found["phones"].values())
    return all(isinstance(one, str) and one.isascii() and len(one) <= LONGEST for one in texts)
