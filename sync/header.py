"""Headers: what everybody may read of a block, and what it must look like (`README.md`, "Blocks")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.canonical import decode_object, unb64
from sync.errors import Malformed

FORMAT = 1
LARGEST_HEADER = 4096
_BYTES = {"stream": 12, "previous": 32, "payload_hash": 32, "signature": 64}
_LEAST = {"position": 1, "epoch": 0, "length": 0}
_TEXTS = ("drawer", "alias")


@dataclass(frozen=True)
class Header:
    """What everybody may read of a block; `length` is that of the sealed payload in bytes."""

    format: int
    stream: str
    position: int
    drawer: str
    epoch: int
    length: int
    payload_hash: str
    signature: str
    previous: str | None = None
    alias: str | None = None


def parse(content: bytes) -> Header:
    """Return the header in *content*, its signature not yet checked; raises Malformed, UnknownFormat."""
    if len(content) > LARGEST_HEADER:
        raise Malformed("header too long")
    facts = decode_object(content, FORMAT)
    _check(facts)
    try:
        header = Header(**facts)
    except TypeError as error:
        raise Malformed("header") from error
    if (header.position == 1) != (header.previous is None):
        raise Malformed("previous")
    return header


def _check(facts: Mapping[str, Any]) -> None:
    for name, size in _BYTES.items():
        if name in facts and len(unb64(facts[name])) != size:
            raise Malformed(name)
    for name, least in _LEAST.items():
        if name in facts and not (type(facts[name]) is int and facts[name] >= least):
            raise Malformed(name)
    for name in _TEXTS:
        if name in facts and not (isinstance(facts[name], str) and facts[name]):
            raise Malformed(name)
