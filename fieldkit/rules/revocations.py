"""Which devices were taken out of the study, and what of theirs still counts (`design.md` §4): pure, no clock.

An order of kind `revoke`, signed by a coordinator, names a device and *what it still recognises*: ends of that device's
streams, and orders by its keys. What lies beyond is parked, computed from the set of orders and blocks alone; judged on
arrival, two stores would never agree again. An order of kind `release` recognises more of the same device.

    body    {"version":1,"device":id,"streams":{stream:[hash,...]},"orders":[id,...]}     a `revoke` also "why":code
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from fieldkit.rules.orders import Said, texts

REVOKE, RELEASE, VERSION = "revoke", "release", 1
LOST, LEFT, CLONED = "lost", "left", "cloned"
WHY = (LOST, LEFT, CLONED)


@dataclass(frozen=True)
class Gone:
    """A device that was taken out: why, its keys, and what is recognised of it: ends by stream, and orders by id."""

    why: str
    keys: frozenset[str]
    streams: Mapping[str, frozenset[str]]
    orders: frozenset[str]


def counts(gone: Mapping[str, Gone], order: str, signer: str) -> bool:
    """Tell whether the order with this id, signed by the key *signer*, counts: it is of no key that was taken out.

    Or every order that took the key out recognises it.
    """
    return all(order in one.orders for one in gone.values() if signer in one.keys)


def taken_out(
    said: Iterable[Said], coordinators: Collection[str], keys: Mapping[str, frozenset[str]]
) -> dict[str, Gone]:
    """Return the devices that the orders *said* take out, by id, whatever the order in which they arrived.

    *coordinators*: the public keys that may; *keys*: what each device and its people sign with. Of two coordinators who
    take out one another, the lesser order in bytes counts.
    """
    gone: dict[str, Gone] = {}
    named = sorted(filter(_well_formed, said), key=lambda order: (order.kind == RELEASE, order.content))
    for order in named:
        device = order.body["device"]
        if order.signer in coordinators and counts(gone, order.id, order.signer):
            if order.kind == REVOKE and device in keys:
                before = gone.get(device, Gone(order.body["why"], keys[device], {}, frozenset()))
                gone[device] = _recognising(before, order)
            elif device in gone:
                gone[device] = _recognising(gone[device], order)
    return gone


def _recognising(gone: Gone, order: Said) -> Gone:
    streams = dict(gone.streams)
    for stream, ends in order.body["streams"].items():
        streams[stream] = streams.get(stream, frozenset()) | frozenset(ends)
    return replace(gone, streams=streams, orders=gone.orders | frozenset(order.body["orders"]))


def _well_formed(order: Said) -> bool:
    """Anybody may sign anything: an order of another shape is kept, passed on, and takes nobody out."""
    body, streams = order.body, order.body.get("streams")
    return (
        order.kind in {REVOKE, RELEASE}
        and body.get("version") == VERSION
        and isinstance(body.get("device"), str)
        and (order.kind == RELEASE or body.get("why") in WHY)
        and isinstance(streams, Mapping)
        and all(texts(ends) for ends in streams.values())
        and texts(body.get("orders"))
    )
