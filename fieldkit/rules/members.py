"""Who belongs to the study, with which keys and roles: computed from signed orders alone (`design.md` §4-§5).

Trust starts at the founder's user key. A coordinator's order may enrol devices and users of any role; a device may
vouch for further interviewers of its own team. A person may replace their own box key, by an order of kind `box`: who
recovers with the printed sheet has lost the old one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from fieldkit.records import canonical

INTERVIEWER, COORDINATOR, TRANSLATOR, LEAD = "interviewer", "coordinator", "translator", "sg_lead"
ROLES = (INTERVIEWER, COORDINATOR, TRANSLATOR, LEAD)
TRAINING_LASTS = timedelta(days=730)


def training_is_old(trained_on: str, today: date) -> bool:
    """Tell whether child protection training lies more than 24 months back: worth a word, stops nothing."""
    return bool(trained_on) and today - date.fromisoformat(trained_on) > TRAINING_LASTS


@dataclass(frozen=True)
class Member:
    """One person: code, name, role, team, device, and the public keys (base64url)."""

    code: str
    name: str
    role: str
    team: str
    device: str
    verify: str
    box: str


@dataclass(frozen=True)
class Machine:
    """One device: its public keys, and the block of case serials that it hands out, first and last."""

    id: str
    name: str
    role: str
    team: str
    verify: str
    box: str
    serials: tuple[int, int]


_NEEDED = {
    "user": tuple(Member.__dataclass_fields__),
    "device": tuple(name for name in Machine.__dataclass_fields__ if name != "serials"),
}

KINDS = (*_NEEDED, "box")  # of orders: no other kind says anything of members


@dataclass(frozen=True)
class Members:
    """Everybody and every device that the orders recognise."""

    users: Mapping[str, Member]
    devices: Mapping[str, Machine]

    def leads(self) -> list[Member]:
        """Return the safeguarding leads."""
        return [user for user in self.users.values() if user.role == LEAD]


@dataclass(frozen=True)
class Said:
    """An order as `sync` parsed it: what kind, by which public key, and its words."""

    kind: str
    signer: str
    body: Mapping[str, Any]


def members(orders: Iterable[Said], root: str) -> Members:
    """Return the members under *root*, whatever the order in which the orders arrived.

    Of two orders for one code or id the root's own counts, else the lesser in bytes, on every machine alike.
    """
    said = list(orders)
    orders = sorted(filter(_well_formed, said), key=lambda order: (order.signer != root, _bytes(order)))
    users: dict[str, Member] = {}
    devices: dict[str, Machine] = {}
    for _ in orders:  # each round can recognise the signer of others; at most one round for each order
        known = len(users) + len(devices)
        for order in orders:
            if _entitled(order, root, users, devices):
                _enter(order, users, devices)
        if len(users) + len(devices) == known:
            break
    boxes = sorted(filter(_new_box, said), key=_bytes)
    return Members({code: replace(user, box=_box(user, boxes)) for code, user in users.items()}, devices)


def _new_box(order: Said) -> bool:
    """Tell whether *order* names a new box key; what is no key would keep everybody from sealing."""
    facts = [order.body.get(name) for name in ("code", "box", "replaces")]
    named = all(isinstance(fact, str) for fact in facts)
    return order.kind == "box" and named and re.fullmatch(r"[A-Za-z0-9_-]{43}", order.body["box"]) is not None


def _box(user: Member, orders: Sequence[Said]) -> str:
    """Follow the orders that *user* signed, each naming the key that it replaces, to the newest; none comes back."""
    own = [order.body for order in orders if (order.signer, order.body["code"]) == (user.verify, user.code)]
    seen = [user.box]
    while True:
        after = [body["box"] for body in own if body["replaces"] == seen[-1] and body["box"] not in seen]
        if not after:
            return seen[-1]
        seen.append(after[0])


def _bytes(order: Said) -> bytes:
    return canonical([order.kind, order.signer, dict(order.body)])


def _well_formed(order: Said) -> bool:
    """Tell whether *order* names all that its kind needs: anybody may sign anything, and nobody may lock us out."""
    names = _NEEDED.get(order.kind)
    if names is None or not all(isinstance(order.body.get(name), str) for name in names):
        return False
    serials = order.body.get("serials", [])
    return order.kind == "user" or (
        isinstance(serials, Sequence) and len(serials) == 2 and all(type(serial) is int for serial in serials)
    )


def _entitled(order: Said, root: str, users: Mapping[str, Member], devices: Mapping[str, Machine]) -> bool:
    if order.signer == root or any(user.verify == order.signer and user.role == COORDINATOR for user in users.values()):
        return True
    vouching = [device for device in devices.values() if device.verify == order.signer]
    return (
        order.kind == "user"
        and order.body["role"] == INTERVIEWER
        and any(device.id == order.body["device"] and device.team == order.body["team"] for device in vouching)
    )


def _enter(order: Said, users: dict[str, Member], devices: dict[str, Machine]) -> None:
    body = order.body
    if order.kind == "user":
        user = Member(**{name: body[name] for name in _NEEDED["user"]})
        users.setdefault(user.code, user)
        return
    device = Machine(
        **{name: body[name] for name in _NEEDED["device"]},
        serials=tuple(body["serials"]),
    )
    devices.setdefault(device.id, device)
