"""Interface words in Chinese and English: catalogues are read from `.po`, no compiled file to forget."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from fieldkit.resources import resource_dir

ZH, EN = "zh_CN", "en"
LOCALES = (ZH, EN)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "mark, translate later"
    """Mark *text* for the catalogue without translating it here."""
    return text


@cache
def catalogue(locale: str) -> Translations:
    """Return the catalogue of *locale*; English is the source and needs none."""
    path = resource_dir("translations") / locale / "LC_MESSAGES" / "messages.po"
    compiled = BytesIO()
    if locale != EN:
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=locale))
        compiled.seek(0)
        return Translations(compiled)
    return Translations()


def translator(locale: str) -> Callable[[str], str]:
    """Return the function that turns an English source string into *locale*.

    Nothing stays nothing: gettext keeps the catalogue's own header under the empty string.
    """
    words: Callable[[str], str] = catalogue(locale).gettext
    return lambda text: words(text) if text else ""


def translate(locale: str, text: str, **values: object) -> str:
    """Return *text* in *locale* with its `{named}` values filled in."""
    return translator(locale)(text).format(**values)
