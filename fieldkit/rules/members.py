"""Who belongs to the study, with which keys and roles: computed from signed orders alone (`design.md` §4-§5).

Trust starts at the founder's user key. A coordinator's order may enrol devices and users of any role; a device may
vouch for further interviewers of its own team. A person may replace their own box key, by an order of kind `box`: who
recovers with the printed sheet has lost the old one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from fieldkit.records import TEAM_DRAWERS
from fieldkit.rules import revocations
from fieldkit.rules.orders import Said
from fieldkit.rules.revocations import Gone

INTERVIEWER, COORDINATOR, TRANSLATOR, LEAD = "interviewer", "coordinator", "translator", "sg_lead"
ROLES = (INTERVIEWER, COORDINATOR, TRANSLATOR, LEAD)
TRAINING_LASTS = timedelta(days=730)


def may_read(role: str, team: str, drawer: str) -> bool:
    """Tell whether *role* in *team* holds the key of *drawer*: the table of `design.md` §2."""
    base, _, owner = drawer.partition("/")
    if base in {"study", "notices"}:
        return base == "study" or role != TRANSLATOR
    if role == COORDINATOR:
        return base in {"consent", "research"}
    return role == INTERVIEWER and owner == team and base in TEAM_DRAWERS


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

KINDS = (*_NEEDED, "box", revocations.REVOKE, revocations.RELEASE)  # no other kind of order says who belongs


@dataclass(frozen=True)
class Members:
    """Everybody and every device that the orders recognise; of these the devices that were taken out since."""

    users: Mapping[str, Member]
    devices: Mapping[str, Machine]
    gone: Mapping[str, Gone] = field(default_factory=dict)
    officer: str = ""  # the founder's device, which holds the keys of all names

    def leads(self) -> list[Member]:
        """Return the safeguarding leads whose computer is still of the study."""
        return [user for user in self.users.values() if user.role == LEAD and user.device not in self.gone]

    def reads(self, device: str, drawer: str) -> bool:
        """Tell whether *device* holds the key of *drawer*, whether or not it was taken out since."""
        one = self.devices[device]
        whole = device == self.officer and drawer.partition("/")[0] in TEAM_DRAWERS
        return whole or may_read(one.role, one.team, drawer)

    def readers(self, drawer: str) -> int:
        """Return how many people, of the team that has most, hold the key of the team's *drawer* (`research`)."""
        here = [user for user in self.users.values() if user.device not in self.gone]
        teams = {f"{drawer}/{user.team}" for user in here}
        return max((sum(self.reads(one.device, team) for one in here) for team in teams), default=0)

    def counts(self, order: str, signer: str) -> bool:
        """Tell whether the order with this id counts, as far as it is for the key that signed it to say."""
        return revocations.counts(self.gone, order, signer)


def members(orders: Iterable[Said], root: str) -> Members:
    """Return the members under *root*, whatever the order in which the orders arrived.

    Of two orders for one code or id the root's own counts, else the lesser in bytes, on every machine alike.
    Who was taken out may have recognised or taken out others meanwhile: it is asked again without what does not count.
    """
    said = list(orders)
    found, gone = _recognised(said, root), dict[str, Gone]()
    for _ in range(1 + sum(order.kind == revocations.REVOKE for order in said)):
        counting = [order for order in said if revocations.counts(gone, order.id, order.signer)]
        found, before = _recognised(counting, root), gone
        gone = revocations.taken_out(counting, _coordinators(found, root), _keys(found, root))
        if gone == before:
            break
    officer = next((user.device for user in found.users.values() if user.verify == root), "")
    return replace(found, gone=gone, officer=officer)


def _coordinators(found: Members, root: str) -> set[str]:
    return {root, *(user.verify for user in found.users.values() if user.role == COORDINATOR)}


def _keys(found: Members, root: str) -> dict[str, frozenset[str]]:
    """Return by device what it and its people sign with; the founder's user key, where all trust begins, stays."""
    people: dict[str, set[str]] = {}
    for user in found.users.values():
        people.setdefault(user.device, set()).add(user.verify)
    return {id_: frozenset({one.verify, *people.get(id_, ())} - {root}) for id_, one in found.devices.items()}


def _recognised(said: Sequence[Said], root: str) -> Members:
    orders = sorted(filter(_well_formed, said), key=lambda order: (order.signer != root, order.content))
    users: dict[str, Member] = {}
    devices: dict[str, Machine] = {}
    for _ in orders:  # each round can recognise the signer of others; at most one round for each order
        known = len(users) + len(devices)
        for order in orders:
            if _entitled(order, root, users, devices):
                _enter(order, users, devices)
        if len(users) + len(devices) == known:
            break
    boxes = sorted(filter(_new_box, said), key=lambda order: order.content)
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
