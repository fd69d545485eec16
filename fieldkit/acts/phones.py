"""Phones beside this laptop: paired once with a code, known by a cookie, removed by a tap (`design.md` §9, --lan).

Whom the laptop lets in while it is locked stands outside the store as salted hashes, without names; once somebody has
unlocked it, the store decides, and writes that file anew.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from secrets import token_urlsafe
from threading import Lock
from typing import Any

import segno

from fieldkit import platform
from fieldkit.acts.desk import Desk, only
from fieldkit.clock import Clock, new_id
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.platform import write_atomically
from fieldkit.records import canonical, clean
from fieldkit.rules import names
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import authority, machine
from fieldkit.store.authority import Authority
from fieldkit.store.database import Tables
from fieldkit.store.folder import Folder

FILE, FORMAT = "phones.json", 1
LEAF, TRUSTED = "laptop.pem", "authority.pem"
LONGEST = 64  # characters of a salt or a hash
GOOD_FOR = 600  # running seconds in which a code is shown, photographed and named
_FACT, _KEY, _CERTIFICATE = "phones", "authority_key", "authority_certificate"
_HERE = "127.0.0.1"


class PairingOver(Refusal):
    """The code was used, is too old, or was never made."""

    code = "pairing_over"
    message = N_("This code was used already or is too old. Make a new one on the laptop and open it with the phone.")
    status = 410


@dataclass(frozen=True)
class Phone:
    """A paired phone: what it is called, since which day, and who paired it."""

    id: str
    name: str
    paired_on: str
    by: str


@dataclass(frozen=True)
class Offer:
    """A code that waits for a phone: whose it is, and since which running second."""

    by: str
    at: float


@dataclass
class Book:
    """What one machine remembers of phones while it runs: codes by hash, who may come in, when one was here last."""

    offers: dict[str, Offer] = field(default_factory=dict)
    kept: Mapping[str, Any] | None = field(default=None, repr=False)
    seen: dict[str, str] = field(default_factory=dict)
    gate: Lock = field(default_factory=Lock, repr=False)

    def close(self) -> None:
        """Forget the codes, and what the store said: it was locked."""
        self.offers.clear()
        self.kept = None


@only(INTERVIEWER, COORDINATOR)
def check_may(desk: Desk) -> None:
    """Raise NotAllowed for who may not open or shut the doors for phones."""


@only(INTERVIEWER, COORDINATOR)
def offer(desk: Desk, book: Book) -> str:
    """Return a code that pairs one phone within ten minutes; the one before it of the same person ends."""
    token = token_urlsafe(16)
    for old in [key for key, one in book.offers.items() if one.by == desk.me.code]:
        book.offers.pop(old, None)
    book.offers[_key(token)] = Offer(desk.me.code, desk.clock.ticking())
    return token


def waits(desk: Desk, book: Book, token: str) -> bool:
    """Tell whether *token* still pairs a phone."""
    found = book.offers.get(_key(token))
    return found is not None and 0 <= desk.clock.ticking() - found.at <= GOOD_FOR


def take(desk: Desk, book: Book, token: str, name: str) -> str:
    """Pair the phone that brought *token*; return its cookie, of which only a hash is kept.

    Raises PairingOver, Missing, NoName, TooLong.
    """
    called = names.check(str(clean(name)), N_("what the phone is called"))
    if not waits(desk, book, token):
        raise PairingOver
    made = book.offers.pop(_key(token), None)  # of two at once, one gets it
    if made is None:
        raise PairingOver
    cookie = token_urlsafe(32)
    with book.gate, desk.db.writing() as tables:
        kept = _kept(tables)
        facts = {"name": called, "paired_on": desk.today, "by": made.by, "hash": hashed(kept["salt"], cookie)}
        _show(desk, book, _keep(tables, {**kept, "phones": {**kept["phones"], new_id(): facts}}))
    return cookie


@only(INTERVIEWER, COORDINATOR)
def listing(desk: Desk) -> list[Phone]:
    """Return the paired phones, the newest first."""
    with desk.db.reading() as tables:
        kept, people = _kept(tables), machine.everybody(tables).users
    found = [
        Phone(id_, one["name"], one["paired_on"], people[one["by"]].name if one["by"] in people else "")
        for id_, one in kept["phones"].items()
    ]
    return found[::-1]


@only(INTERVIEWER, COORDINATOR)
def revoke(desk: Desk, book: Book, phone: str) -> None:
    """Let a phone in no more. Raises NotFound."""
    with book.gate, desk.db.writing() as tables:
        kept = _kept(tables)
        if phone not in kept["phones"]:
            raise NotFound
        left = {id_: one for id_, one in kept["phones"].items() if id_ != phone}
        _show(desk, book, _keep(tables, {**kept, "phones": left}))
    book.seen.pop(phone, None)


def known(folder: Folder, desk: Desk | None, book: Book, cookie: str) -> str | None:
    """Return the phone that *cookie* belongs to, or None; *desk* is the open one, where anybody unlocked."""
    found = _read(folder) if desk is None else book.kept or _open(desk, book)
    wanted = hashed(found["salt"], cookie)
    return next((id_ for id_, one in found["phones"].items() if hmac.compare_digest(one, wanted)), None)


def note(clock: Clock, book: Book, phone: str) -> None:
    """Take note that a phone is here."""
    book.seen[phone] = clock.now().isoformat()


def hashed(salt: str, cookie: str) -> str:
    """Return what is kept of a cookie: 256 random bits need no slow hash."""
    raw = cookie.encode("utf-8", "surrogatepass")
    return blake2b(raw, digest_size=32, key=salt.encode(), person=b"fieldkit phone").hexdigest()


def addresses() -> list[str]:
    """Return the addresses under which a phone reaches this laptop; none where it is in no private network."""
    return sorted(one for one in platform.own_addresses() if authority.near(one) and not one.startswith("127."))


def certify(desk: Desk, found: Iterable[str]) -> bool:
    """See that a certificate for the addresses *found* lies ready; tell whether it was made anew."""
    named, ours, folder = [*found, _HERE], authority_of(desk), desk.folder.lan
    path = folder / LEAF
    if path.exists() and authority.holds(ours, path.read_bytes(), named, desk.clock.today()):
        return False
    leaf = authority.issue(ours, named, desk.clock.today())
    write_atomically(path, leaf.key + leaf.certificate)
    write_atomically(folder / TRUSTED, ours.certificate)
    return True


def authority_of(desk: Desk) -> Authority:
    """Return this laptop's authority; it is made once, and its key never leaves the store."""
    with desk.db.writing() as tables:
        key, certificate = machine.recall(tables, _KEY), machine.recall(tables, _CERTIFICATE)
        if key and certificate:
            return Authority(key, certificate)
        made = authority.make(desk.device.name)
        machine.remember(tables, _KEY, made.key)
        machine.remember(tables, _CERTIFICATE, made.certificate)
    return made


def certificate(folder: Folder) -> bytes:
    """Return what a phone is asked to trust. Raises NotFound before anybody let phones in."""
    path = folder.lan / TRUSTED
    if not path.exists():
        raise NotFound
    return path.read_bytes()


def fingerprint(folder: Folder) -> list[str]:
    """Return the certificate's fingerprint in eight groups, to be compared. Raises NotFound as *certificate* does."""
    return authority.fingerprint(certificate(folder))


def picture(url: str) -> str:
    """Return *url* as a QR code, an SVG that stands within a page."""
    return str(segno.make(url, error="m").svg_inline(scale=5, border=4, light="#fff"))


def _key(token: str) -> str:
    return hashed("code", token)


def _kept(tables: Tables) -> dict[str, Any]:
    found = machine.recall(tables, _FACT)
    return json.loads(found) if found else {"v": FORMAT, "salt": new_id(), "phones": {}}


def _keep(tables: Tables, kept: dict[str, Any]) -> dict[str, Any]:
    machine.remember(tables, _FACT, json.dumps(kept))
    return kept


def _open(desk: Desk, book: Book) -> Mapping[str, Any]:
    with book.gate, desk.db.reading() as tables:  # nobody is let in or put out meanwhile
        return _show(desk, book, _kept(tables))


def _show(desk: Desk, book: Book, kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """Bring memory and the file outside in step with the store."""
    known = {"v": FORMAT, "salt": kept["salt"], "phones": {id_: one["hash"] for id_, one in kept["phones"].items()}}
    book.kept = known
    write_atomically(desk.folder.lan / FILE, canonical(known))
    return known


def _read(folder: Folder) -> Mapping[str, Any]:
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
