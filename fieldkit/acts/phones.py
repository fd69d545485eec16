"""Phones beside this laptop: paired once with a code, known by a cookie, removed by a tap (`design.md` §9, --lan)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_urlsafe
from threading import Lock
from typing import Any

import segno

from fieldkit.acts.desk import Desk, only
from fieldkit.clock import Clock, new_id
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import clean
from fieldkit.rules import names
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import machine
from fieldkit.store import phones as store
from fieldkit.store.folder import Folder

GOOD_FOR = 600  # running seconds in which a code is shown, photographed and named


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
        kept = store.kept(tables)
        facts = {"name": called, "paired_on": desk.today, "by": made.by, "hash": store.hashed(kept["salt"], cookie)}
        _show(desk, book, store.keep(tables, {**kept, "phones": {**kept["phones"], new_id(): facts}}))
    return cookie


@only(INTERVIEWER, COORDINATOR)
def listing(desk: Desk) -> list[Phone]:
    """Return the paired phones, the newest first."""
    with desk.db.reading() as tables:
        kept, people = store.kept(tables), machine.everybody(tables).users
    found = [
        Phone(id_, one["name"], one["paired_on"], people[one["by"]].name if one["by"] in people else "")
        for id_, one in kept["phones"].items()
    ]
    return found[::-1]


@only(INTERVIEWER, COORDINATOR)
def revoke(desk: Desk, book: Book, phone: str) -> None:
    """Let a phone in no more. Raises NotFound."""
    with book.gate, desk.db.writing() as tables:
        kept = store.kept(tables)
        if phone not in kept["phones"]:
            raise NotFound
        left = {id_: one for id_, one in kept["phones"].items() if id_ != phone}
        _show(desk, book, store.keep(tables, {**kept, "phones": left}))
    book.seen.pop(phone, None)


def known(folder: Folder, desk: Desk | None, book: Book, cookie: str) -> str | None:
    """Return the phone that *cookie* belongs to, or None; *desk* is the open one, where anybody unlocked."""
    found = store.read(folder) if desk is None else book.kept or _open(desk, book)
    wanted = store.hashed(found["salt"], cookie)
    return next((id_ for id_, one in found["phones"].items() if hmac.compare_digest(one, wanted)), None)


def note(clock: Clock, book: Book, phone: str) -> None:
    """Take note that a phone is here."""
    book.seen[phone] = clock.now().isoformat()


def picture(url: str) -> str:
    """Return *url* as a QR code, an SVG that stands within a page."""
    return str(segno.make(url, error="m").svg_inline(scale=5, border=4, light="#fff"))


def _key(token: str) -> str:
    return store.hashed("code", token)


def _open(desk: Desk, book: Book) -> Mapping[str, Any]:
    with book.gate, desk.db.reading() as tables:  # nobody is let in or put out meanwhile
        return _show(desk, book, store.kept(tables))


def _show(desk: Desk, book: Book, kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """Bring memory and the file outside in step with the store."""
    book.kept = store.show(desk.folder, kept)
    return book.kept
