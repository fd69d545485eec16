"""Refusals: what a person is told when something cannot be done, and what to do instead.

A refusal is raised where it is known and shown once, at the edge (`web/problems.py`, `cli.py`).
Its code never changes meaning. Refusals of one noun live with that noun; those that many share live here.
"""

from __future__ import annotations

from typing import ClassVar

from fieldkit.i18n import LOCALES, N_, translate, translator
from fieldkit.studies import Pair


class Refusal(Exception):
    """Something a person asked for cannot be done; nothing was changed."""

    code: ClassVar[str] = "refused"
    message: ClassVar[str] = N_("This cannot be done.")
    title: ClassVar[str] = N_("Not done")
    status: ClassVar[int] = 409

    def __init__(self, **details: object) -> None:
        super().__init__(self.code)
        self.details = details

    def sentence(self, locale: str) -> str:
        """Return what happened, what is safe and what to do, in *locale*."""
        return translate(locale, self.message, **{name: _in(locale, value) for name, value in self.details.items()})

    def __str__(self) -> str:
        return "\n".join(self.sentence(locale) for locale in LOCALES)


def _in(locale: str, value: object) -> object:
    """Details that name a field are words of the catalogue or of the study; what a person typed stays as it is."""
    if isinstance(value, Pair):
        return value.said(locale)
    return translator(locale)(value) if isinstance(value, str) else value


class NotFound(Refusal):
    """An id or address that this laptop does not know."""

    code = "not_found"
    message = N_("This page or record is not on this laptop. Go back to the list and choose again.")
    status = 404


class NotAllowed(Refusal):
    """The signed-in person's role does not do this."""

    code = "not_allowed"
    message = N_("Your role does not include this. Ask a colleague whose role does, or switch user.")
    status = 403


class Missing(Refusal):
    """A field that is needed was left empty."""

    code = "missing"
    message = N_("Something is still empty: {field}. Fill it in and save again.")
    status = 422


class Invalid(Refusal):
    """A field holds something that cannot be right."""

    code = "invalid"
    message = N_("This does not fit here: {field}. Correct it and save again.")
    status = 422


class Occupied(Refusal):
    """A file would be written over something else than an earlier one of its kind."""

    code = "occupied"
    message = N_(
        "Not written: something else already lies at {path}, and it stays as it is. "
        "Name the folder only, or a file that does not exist yet."
    )
    status = 422


class DiskFull(Refusal):
    """The disk has no room; the transaction was rolled back."""

    code = "disk_full"
    message = N_(
        "Not saved: the disk is full. Everything saved before is safe, and your words are still on this page. "
        "Delete other files, then save again."
    )
    status = 507


class StoreBusy(Refusal):
    """Another writer held the store for too long."""

    code = "busy"
    message = N_("Not saved yet: the store is busy. Nothing is lost. Wait a moment and save again.")
    status = 503
