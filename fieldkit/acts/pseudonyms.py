"""A child's pseudonym: one that fits is proposed, one that tells after all is replaced (`domain.md` D6, V10-V13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fieldkit.acts.cases import Case, case_within, in_short
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.editors import Opened, opened
from fieldkit.acts.people import case
from fieldkit.errors import NotFound, Refusal
from fieldkit.rules import names, pseudonyms
from fieldkit.rules.findings import Finding
from fieldkit.rules.members import INTERVIEWER
from fieldkit.rules.pseudonyms import WORDS
from fieldkit.store import log, people
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import Pair


@dataclass(frozen=True)
class Naming:
    """A pseudonym as it is to be changed: why it has to be (None where it need not), another one, what an edit sees."""

    why: Refusal | None
    proposed: Pair
    opened: Opened


@only(INTERVIEWER)
def suggest(desk: Desk, subject: str, real_name: str = "") -> Pair:
    """Return a pseudonym that nobody has and that shares nothing with the names that are known (V10-V12)."""
    with desk.db.reading() as tables:
        return _proposed(tables, case_within(desk, tables, subject), real_name)


@only(INTERVIEWER)
def view(desk: Desk, subject: str) -> Naming:
    """Return what the page of a pseudonym shows. Raises NotFound, also where the child has none yet."""
    with desk.db.reading() as tables:
        one = case_within(desk, tables, subject)
        if one.pseudonym is None:
            raise NotFound
        return Naming(telling(tables, one), _proposed(tables, one), opened(tables, subject))


@only(INTERVIEWER)
def change(desk: Desk, subject: str, zh: str, en: str, base: str) -> None:
    """Give a child another pseudonym. Raises NotFound, and what `rules.pseudonyms` refuses (D6, V10-V12)."""
    names.check(zh, WORDS)
    with desk.db.writing() as tables:
        one = case_within(desk, tables, subject)
        if one.pseudonym is None:
            raise NotFound
        draft = Draft("participant", checked(tables, one, zh, en), record=subject, subject=subject)
        log.save_over(tables, desk.pen, draft, subject, base)


def checked(tables: Tables, one: Case, zh: str, en: str, told: str = "", around: Sequence[str] = ()) -> dict[str, str]:
    """Return the fields of a fit pseudonym; raises what it is refused for (D6, V10-V12). Its pinyin may be put right.

    *told*, *around*: names of the child and of others that are being written down in the same step.
    """
    wanted = Pair(zh.strip(), en.strip() or pseudonyms.pinyin(zh))
    taken = people.pseudonyms(tables, but=one.id) if wanted != one.pseudonym else []
    known = [*around, *people.names_around(tables, one.id)]
    pseudonyms.check(wanted, taken, told + people.names_of(tables, one.id), known)
    return {"pseudonym_zh": wanted.zh, "pseudonym_en": wanted.en}


def telling(tables: Tables, one: Case) -> Refusal | None:
    """Return why the pseudonym in use tells who the child is, by names that came to be known after it (V11, V12)."""
    if one.pseudonym is None:
        return None
    return pseudonyms.telling(one.pseudonym, people.names_of(tables, one.id), people.names_around(tables, one.id))


def check_tells_nothing(tables: Tables, one: Case) -> None:
    """Raise V11 or V12 while the pseudonym tells who the child is: nothing new is written under it."""
    refusal = telling(tables, one)
    if refusal is not None:
        raise refusal


def warning(desk: Desk, subject: str) -> Refusal | None:
    """Return why the pseudonym has to be replaced, or None; also where no names are held here. Raises NotFound."""
    with desk.db.reading() as tables:
        return telling(tables, in_short(desk, tables, subject))


def hints(desk: Desk, subject: str) -> list[Finding]:
    """Return what to look at again about the pseudonym (V13); it stops nothing. Raises NotFound."""
    one = case(desk, subject)
    return pseudonyms.findings(one.pseudonym, one.sex) if one.pseudonym else []


def _proposed(tables: Tables, one: Case, real_name: str = "") -> Pair:
    taken, known = people.pseudonyms(tables), people.names_of(tables, one.id)
    start = len(taken) * 7 + sum(map(ord, one.case_code))
    return pseudonyms.suggest(taken, known + real_name, start, people.names_around(tables, one.id))
