"""Sessions: an opaque id in one cookie, all else held here in memory; none expires by a clock (`design.md` §5)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from threading import RLock
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, Request, Response, current_app, g, request, session
from flask.sessions import SessionInterface, SessionMixin

from fieldkit.acts.desk import Desk
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.web import drafts
from fieldkit.web.site import Machine, phone_of, site

COOKIE = "fieldkit"
T = TypeVar("T")
P = ParamSpec("P")


class Locked(Refusal):
    """Nobody is signed in: at the start, after a lock, after a restart."""

    code = "locked"
    message = N_("This laptop is locked. Nothing is lost. Unlock it, then go on.")
    status = 401


class HeldSession(dict[str, Any], SessionMixin):
    """One signed-in browser: the desk, the machine, the drafts of guided steps, secrets of this session.

    `inside` is what the browser holds while it practises, a session of its own: what is on its way there when the
    practice ends finds itself locked, and never the desk outside.
    """

    def __init__(self, phone: str | None = None, outside: HeldSession | None = None) -> None:
        super().__init__()
        self.id: str = outside.id if outside is not None else secrets.token_urlsafe(24)
        self.phone = phone
        self.gate = RLock()
        self.outside = outside
        self.inside: HeldSession | None = None


class HeldSessions(SessionInterface):
    """Keeps sessions in this process: a restart or a lock ends them, and the page asks for the passphrase."""

    def __init__(self) -> None:
        self.held: dict[str, HeldSession] = {}

    def open_session(self, app: Flask, request: Request) -> HeldSession:  # noqa: ARG002 - Flask's signature
        """Return the session that the cookie names, or a fresh one; it counts only where it was begun."""
        phone, held = phone_of(request), self.held.get(request.cookies.get(COOKIE, ""))
        if not held or held.phone != phone:
            return HeldSession(phone)
        return held if held.inside is None else held.inside

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        """Keep a session that holds anything, and send its id once."""
        held = cast("HeldSession", session)
        if held and held.outside is None and held.id not in self.held:
            self.held[held.id] = held
            response.set_cookie(COOKIE, held.id, secure=request.is_secure, httponly=True, samesite="Strict", path="/")


def sign_in(name: str, desk: Desk) -> None:
    """Begin a session under a new id: an id from before unlocking is worth nothing."""
    held = cast("HeldSession", session)
    _set_aside(held)
    _forget(held.id)
    held.clear()
    held.id = secrets.token_urlsafe(24)
    held.update(desk=desk, machine=name, secret=secrets.token_bytes(32), drafts={})
    site().machines[name].desk = desk
    _take_up(held)


def sign_out() -> None:
    """End this session; with the last one of its machine the store is closed. What was begun waits for its author.

    "Locked" is meant of the device in hand: what the same person has open there in another browser ends as well, and
    what they have open on another device goes on (`open_elsewhere`).
    """
    held = cast("HeldSession", session)
    name = seat()
    for other in _beside(held):
        _end(other)
    _end(held)
    if not site().demo and not any(other.get("machine") == name for other in _interface().held.values()):
        site().machines[name].close()


def _set_aside(held: HeldSession) -> None:
    at: Desk | None = held.get("desk")
    sealed = drafts.seal(at, held["drafts"], held.get("done", {}), held.get("waiting", [])) if at else ""
    if at and sealed:
        site().machines[held["machine"]].aside.setdefault((at.me.code, held.phone), []).append(sealed)


def _take_up(held: HeldSession) -> None:
    """Go on with the guided steps that this person left on this browser's machine; nobody else can open them."""
    at: Desk = held["desk"]
    for sealed in site().machines[held["machine"]].aside.pop((at.me.code, held.phone), []):
        gathered, done, waiting = drafts.unseal(at, sealed)
        held["drafts"].update(gathered)
        held.setdefault("done", {}).update(done)
        held["waiting"] = [*held.get("waiting", []), *waiting]
    for other in _beside(held):  # a browser that was closed never asks for its own
        held["waiting"] = [*held.get("waiting", []), *other.pop("waiting", [])]


def step_into(name: str, machine: Machine) -> None:
    """Let this browser look at *machine* until it steps out; what it holds so far waits. Raises Locked."""
    with cast("HeldSession", session).gate:
        outside = _interface().held.get(cast("HeldSession", session).id)
        if outside is None:  # locked elsewhere while the machine was made
            machine.close()
            raise Locked
        inside = HeldSession(outside.phone, outside)
        inside.update(desk=machine.desk, machine=name, secret=secrets.token_bytes(32), drafts={})
        site().machines[name] = machine
        outside.inside = inside


def step_out(say: str | None = None) -> None:
    """Close the machine that this browser stepped into: its next request finds it where it was, and may *say* so."""
    outside = cast("HeldSession", session).outside
    if outside is not None and not over():
        outside.update({name: session[name] for name in ("seen", "covered") if name in session}, news=say)
        _leave(outside)


@contextmanager
def stepped_out() -> Iterator[None]:
    """Step out at once: within, who asks is who sits outside, as in the next request."""
    step_out()
    with current_app.request_context(request.environ):
        yield


def practising() -> bool:
    """Tell whether this browser stepped into a machine of invented people."""
    held = cast("HeldSession", session)
    return held.inside is not None or (held.outside is not None and not over())


def over() -> bool:
    """Tell whether what this browser had stepped into when it sent this request is closed by now."""
    held = cast("HeldSession", session)
    return held.outside is not None and "desk" not in held


def alone() -> bool:
    """Tell whether nobody is signed in at this machine any more once this session is locked."""
    held = cast("HeldSession", session)
    ends = {held.id, *(one.id for one in _beside(held))}
    return not any(one.id not in ends for one in _here())


def _beside(held: HeldSession) -> list[HeldSession]:
    """Return what the same person has open in other browsers of the laptop, or of the phone, that *held* is on."""
    at = signed_in()
    return [one for one in _of(at.me.code) if one.phone == held.phone and one.id != held.id] if at else []


def end_sessions(who: str) -> None:
    """End every session of person *who* at this machine: what opened them opens nothing any more."""
    for other in _of(who):
        _end(other)


def _of(who: str) -> list[HeldSession]:
    """Return the sessions of person *who* at this machine."""
    return [other for other in _here() if other["desk"].me.code == who]


def _here() -> list[HeldSession]:
    """Return the sessions of everybody who is signed in at this machine."""
    name = seat()
    return [one for one in list(_interface().held.values()) if one.get("machine") == name and "desk" in one]


def _end(held: HeldSession) -> None:
    _set_aside(held)
    _forget(held.id)
    held.clear()


def open_elsewhere() -> list[tuple[str, bool]]:
    """Return who is signed in at this machine in another browser: their name, and whether on a paired phone."""
    mine = cast("HeldSession", session).id
    return sorted({(one["desk"].me.name, one.phone is not None) for one in _here() if one.id != mine})


def end_phone(phone: str) -> None:
    """End every session on a phone that was removed."""
    for other in [one for one in list(_interface().held.values()) if one.phone == phone]:
        _forget(other.id)
        other.clear()


def sitting() -> str:
    """Return the code of who sits here, also while they practise as somebody else. Raises Locked."""
    held = cast("HeldSession", session)
    at: Desk | None = (held if held.outside is None else held.outside).get("desk")
    if at is None:
        raise Locked
    return at.me.code


def phone() -> str | None:
    """Return the paired phone that asks, or None."""
    return cast("HeldSession", session).phone


def is_here(who: str) -> bool:
    """Tell whether person *who* is signed in at this machine."""
    held = [one for outer in list(_interface().held.values()) for one in (outer, outer.inside) if one]
    desks = [one["desk"] for one in held if one.get("machine") == seat()]
    return any(at.me.code == who for at in desks)


def desk() -> Desk:
    """Return the desk of whoever is signed in; raises Locked."""
    found: Desk | None = session.get("desk")
    if found is None:
        raise Locked
    return found


def change_desk(changed: Desk) -> None:
    """Go on at *changed*: the same person at the same store, who said what today's date is, for all who sit there."""
    session["desk"] = site().machines[seat()].desk = changed
    for other in _interface().held.values():
        if other.get("machine") == seat() and "desk" in other:
            other["desk"] = replace(other["desk"], clock=changed.clock)


def signed_in() -> Desk | None:
    """Return the desk, or None while locked."""
    return session.get("desk")


def seat() -> str:
    """Return the name of the machine that this browser looks at."""
    found: str = session.get("machine") or next(iter(site().machines))
    return found


def here() -> Machine:
    """Return the machine that this browser looks at."""
    return site().machines[seat()]


def draft(subject: str) -> dict[str, Any]:
    """Return what the guided steps for *subject* have gathered so far; in memory only."""
    desk()
    found: dict[str, Any] = g.get("stood", {}).get(subject) or session["drafts"].setdefault(subject, {})
    return found


def go_on_with(subject: str, gathered: dict[str, Any], *, settles: bool) -> None:
    """Let a form that waited find the steps for *subject* as they stood when it was sent.

    One that *settles* them does so although others began since; any other goes on with them where none began.
    """
    if not session["drafts"].get(subject):
        session["drafts"][subject] = gathered
    if settles:
        g.stood = {subject: gathered}


def once(nonce: str, act: Callable[[], T]) -> T:
    """Run *act* for the first form that carries *nonce*; a second one gets what the first one got."""
    desk()
    held = cast("HeldSession", session)
    with held.gate:  # two quick taps arrive in two threads
        done: dict[str, T] = held.setdefault("done", {})
        if nonce not in done:
            done[nonce] = act()
        return done[nonce]


def undone(left: object) -> None:
    """Forget every form that left *left* behind, which was taken back: the same form may be sent again."""
    held = cast("HeldSession", session)
    with held.gate:
        held["done"] = {nonce: what for nonce, what in held.get("done", {}).items() if what != left}


def was_done(nonce: str) -> bool:
    """Tell whether the form that carries *nonce* has been kept already."""
    return nonce in session.get("done", {})


def in_turn(view: Callable[P, T]) -> Callable[P, T]:
    """Let the forms of one session through one by one: the second of two quick taps finds what the first one left."""

    @wraps(view)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        with cast("HeldSession", session).gate:
            return view(*args, **kwargs)

    return alone


def tell(sentence: str) -> None:
    """Let the next page begin with *sentence*."""
    session["news"] = sentence


def news() -> str | None:
    """Return what the last step has to say, once."""
    said: str | None = session.pop("news", None)
    return said


def drop_draft(subject: str) -> None:
    """Forget the gathered steps; those that began since are another's."""
    settled = g.get("stood", {}).pop(subject, None)
    if settled is None or session["drafts"].get(subject, {}).get("mark") == settled["mark"]:
        session["drafts"].pop(subject, None)


def _interface() -> HeldSessions:
    return cast("HeldSessions", current_app.session_interface)


def _forget(id_: str) -> None:
    gone = _interface().held.pop(id_, None)
    if gone is not None:
        _leave(gone)


def _leave(outside: HeldSession) -> None:
    with outside.gate:
        inside, outside.inside = outside.inside, None
        if inside is not None:
            machine = site().machines.pop(inside["machine"])
            inside.clear()
            machine.close()
