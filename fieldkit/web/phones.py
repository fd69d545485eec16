"""Phones beside this laptop: let them in, pair one, what it has to trust first, and remove it."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from fieldkit.acts import authority, clocks, phones
from fieldkit.acts.phones import PairingOver
from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.web.pages import Answer, Form, answer
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, end_phone, phone, signed_in, tell
from fieldkit.web.site import DOOR, HOME, LAN, PHONE, TRUST, Machine, site

pages = Blueprint("phones", __name__)
pages.add_app_template_global(phone, "on_phone")
LOOK_AGAIN = 15  # seconds after which the laptop's addresses are looked at again: a hotspot comes and goes
KEPT_FOR = 400 * 24 * 3600  # the longest that a browser keeps a cookie; removing the phone ends it at once

STUCK = N_(
    "Phones may not reach this laptop now: a file that they need for it could not be written. "
    "Make room on the disk, then look at “Phones”."
)


class NoDoor(Refusal):
    """The demo, whose people are invented, stays on one computer."""

    code = "no_door"
    message = N_("The demo lets no phone in. Start fieldkit with a data folder of its own, then let phones in.")


class NameForm(Form):
    """What the phone is called."""

    name = StringField("name", validators=[InputRequired(), Length(max=40)])


def keep_up(app: Flask) -> None:
    """Open the doors once somebody has unlocked, and follow the laptop from one network to the next."""
    app.after_request(_keep_up)


def _keep_up(response: Response) -> Response:
    lan, now = site().lan, site().clock.ticking()
    asks = phone()
    if asks:
        phones.note(site().clock, _home().phones, asks)
    if lan.wanted and HOME in site().machines and now - lan.looked > LOOK_AGAIN:
        _follow(_home())
    return response


def _follow(home: Machine) -> None:
    """Open the doors, or say once what keeps them shut: no answer is lost over it, one of the next tries again."""
    try:
        _open(home)
    except (OSError, Refusal):
        if signed_in() is not None and not site().lan.stuck:
            site().lan.stuck = True
            tell(_(STUCK))


def _home() -> Machine:
    if HOME not in site().machines:
        raise NoDoor
    return site().machines[HOME]


def _open(home: Machine) -> None:
    """Open the doors, or bring their certificate in step with the addresses; one request at a time."""
    lan = site().lan
    if home.desk is None or lan.listen is None or not lan.gate.acquire(blocking=False):
        return
    try:
        if not lan.wanted:  # shut while this request waited
            return
        lan.looked, lan.addresses = site().clock.ticking(), authority.addresses()
        lan.ports = lan.listen(home.folder, authority.certify(home.desk, lan.addresses))
        lan.stuck = False
    finally:
        lan.gate.release()


@pages.get("/phones")
def show() -> str:
    """Show whether phones may come in, and which are paired."""
    return _page()


def _page(code: str = "") -> str:
    lan, found = site().lan, phones.listing(desk())
    at = request.values.get("at", "")
    at = at if at in lan.addresses else next(iter(lan.addresses), "")
    trust = f"http://{at}:{lan.ports[TRUST]}{url_for('phones.trust')}" if at and lan.ports else ""
    url = f"https://{at}:{lan.ports[LAN]}{url_for('phones.pair', token=code)}" if code and trust else ""
    shown = {"lan": lan, "phones": found, "seen": _home().phones.seen if HOME in site().machines else {}, "at": at}
    words = authority.fingerprint(site().machines[HOME].folder) if trust else []
    shown["clock"] = clocks.look(desk())
    pictures = {"trust": _drawn(trust), "pair": _drawn(url)}
    return render_template("phones/show.html", trust=trust, url=url, words=words, pictures=pictures, **shown)


def _drawn(url: str) -> Markup:
    return Markup(phones.picture(url)) if url else Markup()  # noqa: S704 - drawn here, of squares alone


@pages.post("/phones/open")
def let_in() -> Response:
    """Open the doors."""
    phones.check_may(desk())
    home = _home()
    site().lan.wanted = True
    _open(home)
    return redirect(url_for("phones.show"))


@pages.post("/phones/shut")
def shut() -> Response:
    """Shut the doors: no phone gets an answer until they are opened again."""
    phones.check_may(desk())
    lan = site().lan
    lan.wanted = False
    with lan.gate:  # a request that is opening them right now finishes first
        lan.ports = {}
        if lan.shut is not None:
            lan.shut()
    tell(_("No phone is let in any more."))
    return redirect(url_for("phones.show"))


@pages.post("/phones/pair")
def offer() -> str:
    """Show a code that pairs one phone."""
    return _page(phones.offer(desk(), _home().phones))


@pages.post("/phones/<gone>/remove")
def remove(gone: str) -> Response:
    """Let a phone in no more, and end what is open on it."""
    phones.revoke(desk(), _home().phones, gone)
    end_phone(gone)
    tell(_("That phone gets no answer any more."))
    return redirect(url_for("phones.show"))


@pages.get("/pair/<token>")
def pair(token: str) -> str:
    """Ask on the phone what it is called; looking uses nothing up."""
    _waiting(token)
    return render_template("phones/pair.html", form=NameForm(), token=token)


@pages.post("/pair/<token>")
def paired(token: str) -> Answer:
    """Pair the phone: from now on its cookie is known."""
    form, home = NameForm(), _waiting(token)

    def act() -> Answer:
        if home.desk is None:
            raise PairingOver
        cookie = phones.take(home.desk, home.phones, token, form.name.data)
        response = redirect(url_for("today.home"))
        response.set_cookie(PHONE, cookie, KEPT_FOR, secure=True, httponly=True, samesite="Strict", path="/")
        return response

    return answer(form, "phones/pair.html", act, token=token)


def _waiting(token: str) -> Machine:
    """Return the machine whose code *token* is. Raises NotFound on the laptop itself, PairingOver."""
    if request.environ.get(DOOR) != LAN:
        raise NotFound
    home = _home()
    if home.desk is None or not phones.waits(home.desk, home.phones, token):
        raise PairingOver
    return home


@pages.get("/trust")
def trust() -> str:
    """Help a phone to trust this laptop's certificates."""
    return render_template("phones/trust.html", words=authority.fingerprint(_home().folder))


@pages.get("/trust/fieldkit.cer")
def certificate() -> Response:
    """Hand out what a phone is asked to trust."""
    headers = {"Content-Disposition": 'attachment; filename="fieldkit.cer"'}
    return Response(authority.certificate(_home().folder), mimetype="application/x-x509-ca-cert", headers=headers)
