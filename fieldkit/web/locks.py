"""The cover: while it lies over a session every page answers with it; what was typed waits beneath."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, jsonify, redirect, render_template, request, session, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from fieldkit.acts import locks, users
from fieldkit.acts.desk import Desk
from fieldkit.rules.locks import COVER_AFTER, falls, is_pin
from fieldkit.web import unsent
from fieldkit.web.pages import SECRET, Answer, Form, answer, inside, words
from fieldkit.web.sessions import Locked, desk, here, practising, signed_in, sitting
from fieldkit.web.site import site
from fieldkit.web.titles import called
from fieldkit.web.users import tried

pages = Blueprint("locks", __name__)
WITHOUT = {"static", "locks.show", "locks.lift", "users.lock", "users.unlock", "users.open_up", "language.choose"}
WITHOUT |= {"help_card.show"}  # the numbers are for everybody
WITHOUT |= {"away.show", "away.worker"}  # the same for everybody, asked by the browser itself
WITHOUT |= {"cards.child", "cards.tap", "cards.stage"}  # the child's card shows nothing of the session beneath it
WITHOUT |= {"cards.now"}  # a child's "stop" is heard through the cover; it names nobody
_OPENERS = {"sheets", "users", "locks"}  # what opens a laptop is typed anew, all of it
# A page asks by itself: nobody is at the keys.
BY_SCRIPT = {"answers.session_now", "interviews.beat", "locks.now", "stops.now"}


class CoverForm(Form):
    """The PIN of the day, or the passphrase."""

    secret = PasswordField("secret", validators=[InputRequired(), Length(max=200)])


class PinForm(Form):
    """The PIN that opens the cover for the rest of the day."""

    pin = PasswordField("pin", validators=[InputRequired(), Length(max=20)])


def hold(app: Flask) -> None:
    """Ask before every request whether the cover lies, or falls now."""
    app.before_request(_hold)


def _hold() -> Answer | None:
    at = signed_in()
    if at is None or site().demo or request.endpoint in WITHOUT:
        return None
    now = site().clock.ticking()
    if covered() or _idle(at, now - session.get("seen", now)):
        session["covered"] = True
        return _under_cover()
    if request.endpoint not in BY_SCRIPT:
        session["seen"] = now
    return None


def covered() -> bool:
    """Tell whether the cover lies over this session."""
    return bool(session.get("covered"))


def _idle(at: Desk, seconds: float) -> bool:
    """Whether an interview runs is asked only where it matters; one with an invented child keeps no cover away."""
    return seconds >= COVER_AFTER and falls(seconds, running=not practising() and locks.running(at))


def _under_cover() -> Answer:
    """A script is told `locked`; a form waits in memory until the cover is lifted; a page comes back afterwards."""
    if request.headers.get("X-Fieldkit") == "script":
        raise Locked
    secret = request.blueprint in _OPENERS or SECRET & request.form.keys()
    if request.method == "POST" and not secret and not request.files:
        unsent.keep()
        return redirect(url_for("locks.show"), 303)
    if request.method == "POST" and request.blueprint != "locks":
        session["not_taken"] = request.endpoint  # what opens a laptop and what lies in a file does not wait
    return redirect(url_for("locks.show", next=_asked_for()))


def _asked_for() -> str | None:
    """Return the page that was asked for, or the one that a form stands on, where it has the same address."""
    there = current_app.create_url_adapter(request)
    shown = there is not None and there.test(request.path, "GET")
    return request.full_path.rstrip("?") if shown else None


@pages.get("/cover/now")
def now() -> Response:
    """Tell an open page who sits here now, with a new token; raises Locked."""
    return jsonify(user=sitting(), practice=practising(), csrf=generate_csrf())


@pages.get("/cover/awake")
def awake() -> Response:
    """Tell the same, and take note that somebody is at the keys of that page. Raises Locked."""
    return now()


@pages.get("/cover")
def show() -> Answer:
    """Show the cover; before the first covering of a day ask for its PIN; while locked, for the passphrase."""
    if signed_in() is None:
        return redirect(url_for("users.unlock", next=request.args.get("next")))
    if covered():
        return render_template("locks/cover.html", form=CoverForm(), **_covered())
    return render_template("locks/choose.html", form=PinForm())


@pages.post("/cover/fall")
def fall() -> Answer:
    """Cover at once where today's PIN is chosen."""
    if here().guard.has_pin(desk()):
        session["covered"] = True
    return redirect(url_for("locks.show", next=inside(request.form.get("back", ""))))


@pages.post("/cover/pin")
def choose() -> Answer:
    """Keep the PIN of today, and cover."""
    form = PinForm()

    def act() -> Answer:
        here().guard.choose(desk(), form.pin.data)
        session["covered"] = True
        return redirect(url_for("locks.show", next=request.args.get("next")))

    return answer(form, "locks/choose.html", act)


@pages.post("/cover")
def lift() -> Answer:
    """Lift the cover for the PIN or the passphrase; the session is the same as before."""
    form, at = CoverForm(), desk()

    def act() -> Answer:
        _open(at, form.secret.data)
        for name in ("covered", "not_taken"):
            session.pop(name, None)
        session["seen"] = site().clock.ticking()
        return _go_on()

    return answer(form, "locks/cover.html", act, **_covered())


def _covered() -> dict[str, object]:
    """Return what the cover asks for, and which step was not taken."""
    lost = session.get("not_taken")
    return {"pin": here().guard.has_pin(desk()), "not_taken": words(called(lost)) if lost else ""}


def _open(at: Desk, typed: str) -> None:
    """Take four to six digits for the PIN while one counts; a wrong PIN is no try at the passphrase."""
    guard, who = here().guard, at.me.code
    if guard.has_pin(at) and is_pin(typed):
        tried(f"pin {who}", lambda: guard.check_pin(at, typed))
    else:
        tried(who, lambda: users.change_seat(at, who, typed))


def _go_on() -> Answer:
    """Return to the page that was left; a form that met the cover is shown once more first, to be sent."""
    if unsent.waiting():
        return redirect(url_for("unsent.show"), 303)
    back: Response = redirect(inside(request.args.get("next", "")) or url_for("today.home"))
    return back
