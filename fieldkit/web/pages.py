"""What every page shares: the reader's language, rendering, and one way to answer a form."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from babel import Locale
from babel.dates import format_date, format_datetime
from flask import Flask, render_template, request
from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from werkzeug.wrappers import Response
from wtforms.i18n import get_translations
from wtforms.validators import InputRequired, StopValidation

from fieldkit.acts.editors import Opened
from fieldkit.acts.forms import SELF
from fieldkit.errors import Refusal
from fieldkit.i18n import EN, N_, ZH, translate
from fieldkit.rules.consent import Event
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.rules.members import COORDINATOR, INTERVIEWER, LEAD, TRANSLATOR
from fieldkit.studies import Pair, load_study
from fieldkit.web.sessions import news, signed_in, sitting, tell
from fieldkit.web.site import site

PNG_URL = "data:image/png;base64,"
PART = 1 << 20  # bytes in memory of a file that is handed out
Answer = str | Response | tuple[str, int]
_DAY = {ZH: "M月d日 EEEE", EN: "EEEE d MMMM"}
_DAY_OF_A_YEAR = {ZH: "y年M月d日 EEEE", EN: "EEEE d MMMM y"}
_NAV = {
    INTERVIEWER: (
        ("today.show", N_("Today")),
        ("people.listing", N_("Children")),
        ("handover.show", N_("Hand-over")),
        ("help_card.show", N_("Help card")),
    ),
    COORDINATOR: (
        ("handover.inbox", N_("Inbox")),
        ("people.listing", N_("Children")),
        ("strings.sections", N_("Words")),
        ("devices.listing", N_("Devices")),
        ("exports.show", N_("Export")),
    ),
    TRANSLATOR: (("strings.sections", N_("Words")), ("handover.show", N_("Hand-over"))),
    LEAD: (
        ("records.show", N_("Records")),
        ("handover.show", N_("Hand-over")),
        ("help_card.show", N_("Help card")),
    ),
}
_MOMENT = {ZH: "M月d日 HH:mm", EN: "d MMMM HH:mm"}
_CALENDAR = {tag: Locale.parse(tag) for tag in (ZH, EN)}  # by its tag, each date would look for a thousand files


def locale() -> str:
    """Return the reader's language: Chinese until a person chooses."""
    return EN if request.cookies.get("lang") == "en" else ZH


def words(text: str, **values: object) -> str:
    """Return an interface string in the reader's language."""
    return translate(locale(), text, **values)


def in_reader(pair: Pair) -> str:
    """Return the side of *pair* that the reader chose; the other one where it is missing."""
    return pair.said(locale())


def label(codes: str, code: str | None) -> str:
    """Return the label of a coded value in the reader's language."""
    return in_reader(load_study().codes[codes].get(code or "", Pair(code or "", code or "")))


def speaker(said: Event) -> str:
    """Return what to call whoever *said* something: which guardian or carer; of age, themselves."""
    return spoken_by(said.relation) if said.relation else label("actor", said.actor)


def spoken_by(relation: str) -> str:
    """Return what to call the adult who speaks: a relation; of age, themselves."""
    return words(N_("Themselves")) if relation == SELF else label("relation", relation)


def codes_of(codes: str, wanted: Collection[str] = ()) -> list[tuple[str, str]]:
    """Return the choices of a coded value as (code, label), all of them or the *wanted* ones in their order."""
    return [(code, label(codes, code)) for code in wanted or load_study().codes[codes]]


def day(text: str | date) -> str:
    """Return a civil date as people write it; of another year than this one, with its year."""
    found = date.fromisoformat(text) if isinstance(text, str) else text
    desk = signed_in()
    known = _DAY if desk and desk.clock.today().year == found.year else _DAY_OF_A_YEAR
    return format_date(found, known[locale()], locale=_CALENDAR[locale()])


def moment(text: str) -> str:
    """Return a moment by this laptop's clock."""
    found = datetime.fromisoformat(text).replace(tzinfo=None)
    return format_datetime(found, _MOMENT[locale()], locale=_CALENDAR[locale()])


def bilingual(pair: Pair) -> list[tuple[str, str, bool]]:
    """Return both sides as (language tag, text, missing), in the order chosen; what is the same in both only once."""
    if pair.zh == pair.en:
        return [("zh-CN", pair.zh, not pair.zh)]
    sides = [("zh-CN", pair.zh or pair.en, not pair.zh), ("en", pair.en or pair.zh, not pair.en)]
    return sides[::-1] if first_language() == EN else sides


def first_language() -> str:
    """Return which language stands first in bilingual texts: the reader's own until a person chooses."""
    return {"zh": ZH, "en": EN}.get(request.cookies.get("first", ""), locale())


def nav() -> tuple[tuple[str, str], ...]:
    """Return the signed-in role's at most five places as (endpoint, words)."""
    desk = signed_in()
    return _NAV.get(desk.me.role, ()) if desk else ()


def teach_templates(app: Flask) -> None:
    """Give the templates the words that all of them use."""
    known = (
        label,
        speaker,
        spoken_by,
        codes_of,
        day,
        moment,
        locale,
        in_reader,
        bilingual,
        first_language,
        nav,
        news,
        seen,
        signed_in,
        sitting,
        site,
    )
    app.jinja_env.globals.update({function.__name__: function for function in known}, _=words)
    app.jinja_env.filters["lines"] = lines
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def inside(wanted: str) -> str | None:
    """Return *wanted* where it is a path of this site; anything that leads away is dropped."""
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else None


SECRET = frozenset({"passphrase", "again", "sheet_words", "secret", "pin"})  # what opens a laptop is never shown again


def lines(text: str) -> Markup:
    """Return *text* escaped, its line breaks kept."""
    return Markup("<br>").join(escape(text).splitlines())


def reasons() -> dict[str, str]:
    """Return what was tapped for rules and gates that ask: rule or gate id to reason code."""
    prefix = "reason_"
    return {name.removeprefix(prefix): code for name, code in request.form.items() if name.startswith(prefix)}


def as_file(content: bytes | Iterable[bytes], name: str, media: str = "application/json") -> Response:
    """Hand *content* to the browser to be saved as *name*; no copy in clear touches the disk on the way."""
    return Response(content, mimetype=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def streamed(path: Path, name: str, until_sent: ExitStack) -> Response:
    """Hand the sealed file at *path* to the browser, which saves it as *name*; little of it is in memory.

    *until_sent* is closed once it is sent, also where the browser goes away before the end.
    """
    file = until_sent.enter_context(path.open("rb"))
    size, kept = path.stat().st_size, until_sent.pop_all()
    sent = as_file(_parts(file, kept), name, "application/octet-stream")
    sent.content_length = size
    sent.call_on_close(kept.close)
    return sent


def _parts(file: BinaryIO, kept: ExitStack) -> Iterator[bytes]:
    """Yield what lies in *file*, part by part, then let go of it."""
    with kept:
        yield from iter(partial(file.read, PART), b"")


def seen(name: str = "base", stored: str = "{}") -> str:
    """Return what was on the screen when the form was opened, as it came back with it; *stored* as one is opened.

    The macro `on_screen` sends it along. A form that is shown again keeps it: its author has still seen no more.
    """
    return request.form.get(name, stored)


def agreed(*records: Opened) -> bool:
    """Tell the author that it is saved, or that somebody wrote something different; return whether all agree."""
    if any(one.waits for one in records):
        tell(words(N_("Somebody else saved something different. Both are kept: choose what holds.")))
        return False
    tell(words(N_("Saved")))
    return True


def png(url: str | None) -> bytes:
    """Return the picture that the signature pad sent; nothing where it is none."""
    if not url or not url.startswith(PNG_URL):
        return b""
    try:
        return b64decode(url.removeprefix(PNG_URL), validate=True)
    except ValueError:  # neither base64 nor even ASCII
        return b""


class _FormWords:
    """What a form says of its fields: our words where we have some, WTForms' own otherwise."""

    def __init__(self) -> None:
        self.theirs = get_translations(["zh"] if locale() == ZH else ["en"])

    def gettext(self, text: str) -> str:
        """Return *text*, or what we say instead, in the reader's language."""
        return translate(locale(), _INSTEAD[text]) if text in _INSTEAD else str(self.theirs.gettext(text))

    def ngettext(self, one: str, many: str, n: int) -> str:
        """Return our words for a text that is longer than *n*, WTForms' for what else counts."""
        said = _INSTEAD.get(one)
        return translate(locale(), said) if said else str(self.theirs.ngettext(one, many, n))


_INSTEAD = {
    "This field is required.": N_("Fill this in."),
    "Invalid input.": N_("This does not fit here."),
    "Not a valid choice.": N_("Choose one of these."),
    "Not a valid choice": N_("Choose one of these."),
    "Field cannot be longer than %(max)d character.": N_("Too long: at most %(max)d characters; shorten it."),
    "Field must be equal to %(other_name)s.": N_("The two do not match."),
}


class Tapped:
    """One of the choices was tapped: nothing is filled in here."""

    def __init__(self) -> None:
        self._required = InputRequired()
        self.field_flags = self._required.field_flags

    def __call__(self, form: FlaskForm, field: Any) -> None:
        """Raise StopValidation unless *field* holds a choice."""
        try:
            self._required(form, field)
        except StopValidation as none:
            raise StopValidation(words("Choose one of these.")) from none


class Form(FlaskForm):  # type: ignore[misc]
    """A form whose own messages speak the reader's language, and that can carry a refusal back to the page."""

    refusal: Refusal | None = None

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Speak of fields in plain words."""

        def get_translations(self, form: FlaskForm) -> Any:  # noqa: ARG002 - WTForms' signature
            """Return the words for the reader."""
            return _FormWords()


def answer(form: Form, template: str, act: Callable[[], Answer], **context: Any) -> Answer:
    """Run *act* for a valid form; show the page again, with what was typed, when anything is refused."""
    if form.validate_on_submit():
        try:
            return act()
        except Refusal as refusal:
            form.refusal = refusal
            if isinstance(refusal, ReasonNeeded):  # what has to be tapped stands on the page that comes back
                context["findings"] = refusal.findings
            return render_template(template, form=form, **context), refusal.status
    return render_template(template, form=form, **context), 422
