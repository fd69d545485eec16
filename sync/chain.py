"""Streams as trees that are nearly always lines: what continues what (`README.md`, "Chains"). Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sync.block import Block
from sync.canonical import digest, encode
from sync.header import Header

KNOWN, NEW, GAP = "known", "new", "gap"
Links = Mapping[str, Mapping[str, tuple[int, str | None]]]  # stream -> block hash -> (position, hash before)


def classify(links: Links, block_hash: str, header: Header) -> str:
    """Return `known`, `new` (it continues a chain that the holder has, a branch too) or `gap` (a hole before it)."""
    stream = links.get(header.stream, {})
    if block_hash in stream:
        return KNOWN
    if header.previous is None:
        return NEW if header.position == 1 else GAP
    before = stream.get(header.previous)
    return NEW if before is not None and before[0] == header.position - 1 else GAP


def in_order(blocks: Iterable[Block]) -> list[Block]:
    """Return *blocks* so that each comes after the one it continues, however they arrived."""
    return sorted(blocks, key=lambda block: (block.header.stream, block.header.position, block.hash))


def ends(links: Links, stream: str) -> list[tuple[int, str]]:
    """Return the ends of a stream as (length, hash): none, one, or several after a branch."""
    held = links.get(stream, {})
    continued = {previous for _, previous in held.values()}
    return sorted((position, name) for name, (position, _) in held.items() if name not in continued)


def opening_hash(links: Links, orders: Iterable[str]) -> str:
    """Return the small hash that opens an exchange: equal means that both hold the same, orders (by id) included."""
    held = {stream: [list(end) for end in ends(links, stream)] for stream in links if links[stream]}
    return digest(encode([held, sorted(set(orders))]))
