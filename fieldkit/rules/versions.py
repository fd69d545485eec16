"""Which version of a form counts on which day, and when a change asks a family anew (`domain.md` §1.10, §3.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from fieldkit.errors import NotFound, Refusal
from fieldkit.i18n import N_

EDITORIAL, MINOR, MAJOR = "editorial", "minor", "major"
DAY = timedelta(days=1)
CHANGE_CLASSES = (EDITORIAL, MINOR, MAJOR)


class FormNotInForce(Refusal):
    """V21: no version of this form was approved for that day."""

    code = "V21"
    message = N_(
        "No version of this form is approved for that day. Nothing was saved. "
        "Ask the coordinator to enter the ethics committee's stamp."
    )


class NewerVersion(Refusal):
    """A stamp, or other words, for a version of a form that was the newest only when the page was opened."""

    code = "newer_version"
    message = N_("Nothing was saved: this form has a newer version than the one that you saw. Read it first.")


@dataclass(frozen=True)
class Stamp:
    """One stamp of the ethics committee. Days are YYYY-MM-DD; `valid_to` is empty while it has no end."""

    stamped_on: str
    valid_from: str = ""
    valid_to: str = ""
    ethics_no: str = ""

    def began(self, day: str) -> bool:
        """Tell whether it counted on *day* or before."""
        return bool(self.stamped_on) and max(self.valid_from, self.stamped_on) <= day

    def renews(self, before: Stamp) -> bool:
        """Tell whether it comes after *before*, which stands for its own days; any other one puts it right.

        A new approval has a number of its own; under the same number it goes on where the one before began, and longer.
        """
        another = self.ethics_no.strip().casefold() != before.ethics_no.strip().casefold()
        longer = bool(before.valid_to) and (not self.valid_to or self.valid_to > before.valid_to)
        goes_on = longer and self.valid_from == before.valid_from
        return self.stamped_on > before.stamped_on and (another or goes_on)


def renewed(stamps: Iterable[Stamp]) -> tuple[Stamp, ...]:
    """Return, of the *stamps* of one version in their order, those that stood, the one that stands now last."""
    stood: list[Stamp] = []
    for one in stamps:
        stood = [*stood, one] if stood and one.renews(stood[-1]) else [*stood[:-1], one]
    return tuple(stood)


@dataclass(frozen=True)
class FormVersion:
    """One immutable version of a form, with the stamp that stands now.

    `before`: the stamps that it renewed, the oldest first: each stands for its own days.
    """

    doc_kind: str
    number: int
    text_hash: str
    change_class: str = ""
    stamped_on: str = ""
    valid_from: str = ""
    valid_to: str = ""
    ethics_no: str = ""
    before: tuple[Stamp, ...] = ()

    def stamp(self, day: str) -> Stamp | None:
        """Return the ethics committee's stamp that was the newest one on *day*, None before the first."""
        now = Stamp(self.stamped_on, self.valid_from, self.valid_to, self.ethics_no)
        return next((one for one in (now, *reversed(self.before)) if one.began(day)), None)

    def began(self, day: str) -> bool:
        """Tell whether a stamp of the ethics committee counted on *day* or before."""
        return self.stamp(day) is not None

    def in_force(self, day: str) -> bool:
        """Tell whether the stamp of *day* covers it."""
        stamp = self.stamp(day)
        return stamp is not None and (not stamp.valid_to or day <= stamp.valid_to)


def goes_on(one: FormVersion, valid_from: str, today: str) -> bool:
    """Tell whether a stamp that begins later follows the one of *one* that counts today, with no day between them."""
    last = date.fromisoformat(one.valid_to) if one.valid_to else date.max - DAY
    return one.in_force(today) and today < valid_from <= (last + DAY).isoformat()


def current(versions: Iterable[FormVersion], doc_kind: str, day: str) -> FormVersion:
    """Return the newest version of *doc_kind* that has begun by *day*, else the newest; raises NotFound.

    What is not in force takes no yes (V21); a no needs no form. One that ran out is not followed by an older one.
    """
    mine = [one for one in versions if one.doc_kind == doc_kind]
    return newest([one for one in mine if one.began(day)] or mine, doc_kind)


def newest(versions: Iterable[FormVersion], doc_kind: str) -> FormVersion:
    """Return the newest version of *doc_kind*, stamped or not; raises NotFound."""
    known = [one for one in versions if one.doc_kind == doc_kind]
    if not known:
        raise NotFound
    return max(known, key=lambda one: (one.number, one.text_hash))


def newest_with(versions: Iterable[FormVersion], text_hash: str) -> FormVersion:
    """Return the version whose text was on the screen; raises NotFound, NewerVersion for one that is replaced."""
    versions = list(versions)
    seen = next((one for one in versions if one.text_hash == text_hash), None)
    if seen is None:
        raise NotFound
    last = newest(versions, seen.doc_kind)
    if last.text_hash != text_hash:
        raise NewerVersion
    return last


def since(versions: Iterable[FormVersion], text_hash: str, day: str) -> list[FormVersion]:
    """Return what changed between the text *text_hash* and the newest one begun by *day*, version by version.

    One that was never stamped itself counts as well: the newest text says what it brought.
    """
    versions = list(versions)
    known = max((one for one in versions if one.text_hash == text_hash), key=lambda one: one.number, default=None)
    if known is None:
        return []
    mine = [one for one in versions if one.doc_kind == known.doc_kind]
    newest_told = max((one.number for one in mine if one.began(day)), default=0)
    return [one for one in mine if known.number < one.number <= newest_told]


def accepted(versions: Iterable[FormVersion], text_hash: str, day: str) -> bool:
    """Tell whether a yes to the text *text_hash* still opens something new on *day*.

    It does unless a major change came since, or the form's stamp ran out; what was collected under the old text stays
    usable.
    """
    versions = list(versions)
    known = next((one for one in versions if one.text_hash == text_hash and one.stamped_on), None)
    if known is None or not current(versions, known.doc_kind, day).in_force(day):
        return False
    return not any(one.change_class == MAJOR for one in since(versions, text_hash, day))


def to_be_told(versions: Iterable[FormVersion], text_hash: str, day: str) -> bool:
    """Tell whether a minor change since *text_hash* is still to be told at the next contact."""
    return any(one.change_class == MINOR for one in since(versions, text_hash, day))
