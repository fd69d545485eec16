"""The study's words: a translator edits, a coordinator publishes, a laptop asks the next child with them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from fieldkit.acts.desk import Desk, only
from fieldkit.clock import new_id
from fieldkit.errors import Invalid, Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import natural_id
from fieldkit.rules import guides, terms
from fieldkit.rules.members import COORDINATOR, TRANSLATOR
from fieldkit.store import log, merge, strings
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Pair


class PlaceholdersDiffer(Refusal):
    """V43: a language is missing, or `{away}` and the like are not the same in both."""

    code = "V43"
    message = N_("Not saved: both languages need a text, with the same {{placeholders}}. Here they differ: {names}.")
    status = 422


class ConflictOpen(Refusal):
    """Two people changed one string; a person has to decide before it is published."""

    code = "conflict_open"
    message = N_("Not published: two people changed the same string ({codes}). Open it, decide, then publish.")


@dataclass(frozen=True)
class StringSection:
    """A part of the study's words, for one page of the desk."""

    id: str
    title: Pair
    total: int
    drafts: int


@dataclass(frozen=True)
class StringLine:
    """One string in both languages, and the editor that this page opens on it. `published`: laptops ask with it now."""

    id: str
    zh: str
    en: str
    conflict: bool
    others: list[Pair]
    base: str
    editor: str
    published: bool


@dataclass(frozen=True)
class SaveString:
    """One save from the translator's page."""

    id: str
    zh: str
    en: str
    base: str
    editor: str


@only(TRANSLATOR, COORDINATOR)
def sections(desk: Desk) -> list[StringSection]:
    """Return the parts of the study's words, in their order."""
    with desk.db.reading() as tables:
        now = _published_hashes(tables)
        rows = _reached(tables)
        titles = {row["code"]: Pair(row["zh"], row["en"]) for row in rows}
    found = []
    for section, group in groupby(rows, key=lambda row: section_of(row["code"])):
        mine = list(group)
        drafts = sum(1 for row in mine if now.get(row["code"]) != guides.text_hash(Pair(row["zh"], row["en"])))
        found.append(StringSection(section, _title(section, titles), len(mine), drafts))
    return found


@only(TRANSLATOR, COORDINATOR)
def listing(desk: Desk, section: str) -> list[StringLine]:
    """Return the strings of one section; raises NotFound where there are none."""
    with desk.db.reading() as tables:
        now = _published_hashes(tables)
        rows = [row for row in _reached(tables) if section_of(row["code"]) == section]
        if not rows:
            raise NotFound
        return [_line(tables, row, now) for row in rows]


@only(TRANSLATOR, COORDINATOR)
def save(desk: Desk, said: SaveString) -> None:
    """Keep one string as a draft over the texts that its editor saw; it reaches a child only when it is published.

    Raises NotFound, Missing, Invalid, PlaceholdersDiffer (V43), NotForFamilies.
    """
    pair = Pair(said.zh.strip(), said.en.strip())
    check(pair)
    if not 8 <= len(said.editor) <= 64:
        raise Invalid(field=N_("this page's own data"))
    with desk.db.writing() as tables:
        if all(row["code"] != said.id for row in _reached(tables)):
            raise NotFound
        _keep(desk, tables, said, pair)


def check(pair: Pair) -> None:
    """Raise Missing where a language has no text, PlaceholdersDiffer (V43), NotForFamilies."""
    if not pair.zh or not pair.en:
        raise Missing(field=N_("the English text") if pair.zh else N_("the Chinese text"))
    differing = guides.placeholders(pair.zh) ^ guides.placeholders(pair.en)
    if differing:
        raise PlaceholdersDiffer(names=", ".join(sorted(differing)))
    terms.check(pair)


@only(TRANSLATOR, COORDINATOR)
def unpublished(desk: Desk) -> list[str]:
    """Return the ids of the strings whose draft no laptop asks with yet."""
    with desk.db.reading() as tables:
        now = _published_hashes(tables)
        rows = strings.drafts(tables)
    return [row["code"] for row in rows if now.get(row["code"]) != guides.text_hash(Pair(row["zh"], row["en"]))]


@only(COORDINATOR)
def publish(desk: Desk) -> int:
    """Freeze the strings as they stand into a new version of the guide; return its number.

    Raises ConflictOpen, NotForFamilies for what another laptop brought.
    """
    with desk.db.writing() as tables:
        rows = strings.drafts(tables)
        open_ones = [row["code"] for row in rows if row["conflict"]]
        if open_ones:
            raise ConflictOpen(codes=", ".join(open_ones))
        terms.check(text for row in rows for text in (row["zh"], row["en"]))
        newest = strings.newest_version(tables)
        number = (newest["number"] if newest else 0) + 1
        hashes = {row["code"]: guides.text_hash(Pair(row["zh"], row["en"])) for row in rows}
        log.append(tables, desk.pen, Draft("guide_version", {"number": number, "strings": hashes}))
        return number


def version(desk: Desk) -> int:
    """Return the number of the newest published guide, 0 where there is none."""
    with desk.db.reading() as tables:
        newest = strings.newest_version(tables)
    return int(newest["number"]) if newest else 0


def section_of(code: str) -> str:
    """Return the section of a string id: `guide:P4.a` and `guide:P` belong to `guide:P`, `form:x:3` to `form:x`."""
    base, _, rest = code.partition(":")
    if base == "guide":
        return f"guide:{rest[0]}"
    return code.rpartition(":")[0] if ":" in rest else base


REACHED = ("guide:", "script:opening:")  # forms and the help card are published with versions of their own, later


def _reached(tables: Tables) -> list[strings.Row]:
    """Return the strings that publishing brings to a child in this version."""
    return [row for row in strings.drafts(tables) if row["code"].startswith(REACHED)]


_OPENING = Pair("开场的话", "Opening script")


def _title(section: str, titles: dict[str, Pair]) -> Pair:
    return titles.get(section, _OPENING)


def _published_hashes(tables: Tables) -> dict[str, str]:
    newest = strings.newest_version(tables)
    return strings.hashes(newest) if newest else {}


def _line(tables: Tables, row: strings.Row, now: dict[str, str]) -> StringLine:
    standing = log.standing_of(tables, natural_id("string", row["code"]))
    found = merge.heads(standing)
    others = {
        Pair(one.set.get("zh", row["zh"]), one.set.get("en", row["en"])) for ones in found.values() for one in ones
    }
    shown = Pair(row["zh"], row["en"])
    return StringLine(
        id=row["code"],
        zh=row["zh"],
        en=row["en"],
        conflict=bool(row["conflict"]),
        others=sorted(others - {shown}) if row["conflict"] else [],
        base=log.encode_base(standing),
        editor=new_id(),
        published=now.get(row["code"]) == guides.text_hash(shown),
    )


def _keep(desk: Desk, tables: Tables, said: SaveString, pair: Pair) -> None:
    record = natural_id("string", said.id)
    values = {"code": said.id, "zh": pair.zh, "en": pair.en}
    draft = Draft("string", values, editor=said.editor)
    log.save_from_editor(tables, desk.pen, draft, record, said.base)
