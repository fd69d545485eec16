"""What the orders mean for a hub: who belongs to the study, and what is to be empty. Pure functions.

Who may give which order only the program around `sync` knows: it says so through `Rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nacl.signing import VerifyKey

from sync import block as blocks
from sync import chain, orders, wire
from sync.block import Block
from sync.canonical import unb64
from sync.chain import StreamLinks
from sync.chunk import Label
from sync.errors import BadSignature, SyncError
from sync.orders import Order
from sync.replica import StreamInfo

COORDINATOR = "coordinator"  # whose orders a hub waits for that was restored from an old backup
ERASE, ERASE_CHILD, ERASE_CHANGES = "erase", "erase_child", "erase_changes"


@dataclass(frozen=True)
class Device:
    """A device that the orders recognise: its Ed25519 key (base64url) and role; *gone*: it was taken out since.

    *ends*: up to which blocks of each of its streams the orders recognise one that is gone.
    """

    verify: str
    role: str
    gone: bool = False
    ends: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """Who the orders (as signed) recognise, whether a signer may erase what others wrote, which orders do not count."""

    recognised: Callable[[Sequence[bytes]], Mapping[str, Device]]
    may_erase: Callable[[str, Sequence[bytes]], bool]
    void: Callable[[Sequence[bytes]], Collection[str]]


@dataclass(frozen=True)
class Judgement:
    """What one set of orders means: devices by id, who had which block emptied, and the children that are gone."""

    devices: Mapping[str, Device]
    emptied: Mapping[str, frozenset[str]]  # hash of a block -> keys that signed for it
    aliases: frozenset[tuple[str, str]]  # (drawer, alias)
    parked: Mapping[str, frozenset[str]] = field(default_factory=dict)  # as `emptied`, of orders that do not count now
    parked_aliases: frozenset[tuple[str, str]] = frozenset()
    attachments: Mapping[str, frozenset[str]] = field(default_factory=dict)  # id -> keys that signed for its erasure
    named: frozenset[tuple[str, str]] = frozenset()  # (drawer, hash of a block), whoever made it
    parked_named: frozenset[tuple[str, str]] = frozenset()
    attachments_named: frozenset[tuple[str, str]] = frozenset()  # (drawer, id), whoever made it

    def drops(self, label: Label) -> bool:
        """Tell whether the chunk of *label* is to be gone."""
        device = self.devices.get(label.device)
        named = device is not None and device.verify in self.attachments.get(label.attachment, ())
        of_others = (label.drawer, label.attachment) in self.attachments_named
        return named or of_others or (label.drawer, label.alias) in self.aliases

    def empties(self, one: Block, info: StreamInfo) -> bool:
        """Tell whether *one*, of stream *info*, is to be without its payload."""
        of_child = (info.drawer, one.header.alias) in self.aliases
        return of_child or (info.drawer, one.hash) in self.named or self._named(one, info, self.emptied)

    def may_be_empty(self, one: Block, info: StreamInfo) -> bool:
        """Tell whether *one* may come without its payload: who emptied it may have done so while the order counted."""
        of_child = (info.drawer, one.header.alias) in self.parked_aliases
        parked = of_child or (info.drawer, one.hash) in self.parked_named or self._named(one, info, self.parked)
        return parked or self.empties(one, info)

    def _named(self, one: Block, info: StreamInfo, emptied: Mapping[str, frozenset[str]]) -> bool:
        device = self.devices.get(info.device)
        return device is not None and device.verify in emptied.get(one.hash, ())

    def fault(self, one: Block, info: StreamInfo) -> str:
        """Return why *one* cannot stand in stream *info*, as a code; empty where it can."""
        device = self.devices.get(info.device)
        if device is None:
            return "unknown_device"
        if one.header.drawer != info.drawer:
            return "drawer"
        if one.payload is None and not self.may_be_empty(one, info):
            return "no_payload"
        return "" if signed_by(one, device.verify) else BadSignature.code

    def owner(self, one: Block, claimed: str) -> str | None:
        """Return the device that signed *one*: what a sender says of a stream is not signed, a header is."""
        likely = [claimed, *self.devices] if claimed in self.devices else [*self.devices]
        return next((device for device in likely if signed_by(one, self.devices[device].verify)), None)

    def let_in(self, aside: Sequence[tuple[Block, str]], links: StreamLinks) -> list[Block]:
        """Return which of a stream's blocks that are kept *aside*, each with the reason, may be looked at again.

        What a device left that was taken out may be as far as the orders recognise it by now. *links*: what stands.
        """
        known = {**links, **{one.hash: (one.header.position, one.header.previous) for one, _ in aside}}
        return [one for one, reason in aside if reason != wire.REVOKED or self._recognises(one, known)]

    def _recognises(self, one: Block, links: StreamLinks) -> bool:
        device = self.devices.get(self.owner(one, "") or "")
        stream = one.header.stream
        return device is not None and (not device.gone or one.hash in chain.behind(links, device.ends.get(stream, ())))

    def to_empty(self, info: StreamInfo) -> tuple[list[str], list[str]]:
        """Return the hashes of blocks and the aliases that are to be empty in stream *info*."""
        device = self.devices.get(info.device)
        key = device.verify if device else ""
        named = {name for name, signers in self.emptied.items() if key in signers}
        named |= {name for drawer, name in self.named if drawer == info.drawer}
        return sorted(named), sorted(alias for drawer, alias in self.aliases if drawer == info.drawer)


def signed_by(one: Block, key: str) -> bool:
    """Tell whether *key* (base64url) signed the header of *one*, and the payload, if it is there, is the header's."""
    check = blocks.verify if one.payload is not None else blocks.verify_header
    try:
        check(one, VerifyKey(unb64(key)))
    except (SyncError, ValueError):
        return False
    return True


def judge(found: Iterable[bytes], rules: Rules) -> Judgement:
    """Return what the orders *found* mean, whatever the order in which they came."""
    contents = sorted(found)
    void, parsed = rules.void(contents), [orders.parse(content) for content in contents]
    signers = {one.signer for one in parsed if one.kind in {ERASE_CHILD, ERASE_CHANGES}}
    may = {signer for signer in signers if rules.may_erase(signer, contents)}
    counting, parked = ([one for one in parsed if (one.id in void) == out] for out in (False, True))
    return Judgement(
        devices=rules.recognised(contents),
        emptied=_signers(counting, "blocks"),
        aliases=_children(counting, may),
        parked=_signers(parked, "blocks"),
        parked_aliases=_children(parked, may),
        attachments=_signers(counting, "attachments"),
        named=_of_others(counting, may, "blocks"),
        parked_named=_of_others(parked, may, "blocks"),
        attachments_named=_of_others(counting, may, "attachments"),
    )


def _children(found: Sequence[Order], may: Collection[str]) -> frozenset[tuple[str, str]]:
    of_children = [one for one in found if one.kind == ERASE_CHILD and one.signer in may]
    return frozenset(pair for one in of_children for pair in _aliases(one.body))


def _of_others(found: Sequence[Order], may: Collection[str], what: str) -> frozenset[tuple[str, str]]:
    """Return which blocks or attachments of which drawer are to be gone, whoever made them."""
    of_others = [one for one in found if one.kind == ERASE_CHANGES and one.signer in may]
    drawers = [(one.body.get("drawer"), _named(one.body, what)) for one in of_others]
    return frozenset((drawer, name) for drawer, names in drawers if isinstance(drawer, str) for name in names)


def _signers(parsed: Iterable[Order], what: str) -> dict[str, frozenset[str]]:
    """Return which keys signed for the erasure of each that is named."""
    found: dict[str, frozenset[str]] = {}
    for one in parsed:
        for name in _named(one.body, what) if one.kind == ERASE else ():
            found[name] = found.get(name, frozenset()) | {one.signer}
    return found


def _named(body: Mapping[str, Any], what: str) -> list[str]:
    named = body.get(what)
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def _aliases(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    drawers = body.get("drawers")
    return [pair for pair in drawers.items() if isinstance(pair[1], str)] if isinstance(drawers, dict) else []
