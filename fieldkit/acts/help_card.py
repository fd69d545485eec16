"""The help card of a site: which number stands on which line, and who rang it when."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fieldkit.acts import situations
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.editors import Opened, opened
from fieldkit.errors import Invalid, NotFound
from fieldkit.i18n import N_
from fieldkit.records import natural_id
from fieldkit.rules import help_card, names
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import log, machine, setup
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.store.people import Row
from fieldkit.studies import CardLine, Pair, load_study

_NUMBER = re.compile(r"[0-9+][0-9 \-]{1,24}")


@dataclass(frozen=True)
class SiteLine:
    """A line of the card as it stands at one site; `open`: an interview waits for it; `opened`: its editor."""

    id: str
    text: Pair
    number: str
    verified_on: str
    verified_by: str
    rung: bool
    needed: bool
    old: bool
    open: bool
    opened: Opened


def national() -> list[SiteLine]:
    """Return the card before anything is unlocked: what holds everywhere."""
    return [_line(line, {}, Opened()) for line in load_study().card]


def of_site(desk: Desk, site: str) -> list[SiteLine]:
    """Return the card of *site*; raises NotFound for one that nobody entered."""
    with desk.db.reading() as tables:
        _check_site(tables, site)
        numbers, users = setup.help_numbers(tables, site), machine.everybody(tables).users
        missing, card = situations.open_lines(desk, tables, site), load_study().card
        lines = [_line(line, numbers.get(line.id, {}), opened(tables, _record(site, line.id))) for line in card]
    return [
        replace(
            line,
            verified_by=users[line.verified_by].name if line.verified_by in users else "",
            old=bool(line.verified_on) and not help_card.fresh(line.verified_on, desk.clock.today()),
            open=line.id in missing,
        )
        for line in lines
    ]


def status(desk: Desk, site: str) -> list[str]:
    """Return the lines of *site* without a number that all agree on and somebody rang within 90 days (G08)."""
    with desk.db.reading() as tables:
        return situations.open_lines(desk, tables, site)


def sites(desk: Desk) -> list[str]:
    """Return the codes of the sites that this laptop knows."""
    with desk.db.reading() as tables:
        return setup.sites(tables)


@only(INTERVIEWER, COORDINATOR)
def keep(desk: Desk, site: str, line: str, number: str, *, rung: bool = False, base: str = "{}") -> SiteLine:
    """Keep the number of one line at *site* over what was seen; return the line as it stands now.

    *rung*: this person rang it today. A new number was never rung.
    Raises NotFound for a line or site that there is none of, Invalid for what is no telephone number.
    """
    built = next((one for one in load_study().card if one.id == line and one.rung), None)
    if built is None:
        raise NotFound
    wanted = names.typed(number) or built.number
    if not _NUMBER.fullmatch(wanted):
        raise Invalid(field=N_("the telephone number"))
    with desk.db.writing() as tables:
        _check_site(tables, site)
        record = _record(site, line)
        on, by = (desk.today, desk.me.code) if rung else _rung(tables, record, base, wanted)
        told = {"site": site, "line": line, "number": wanted, "verified_on": on, "verified_by": by}
        log.save_together(tables, desk.pen, Draft("help_number", told), record, base)
    return next(one for one in of_site(desk, site) if one.id == line)


def _rung(tables: Tables, record: str, base: str, number: str) -> tuple[str, str]:
    """A number that stays, or is chosen between two, keeps the day on which it was rung and who rang it."""
    heads = log.seen(tables, record, base).get("number", [])
    same = [one.set for one in heads if one.set.get("number") == number and one.set.get("verified_on")]
    return max(((told["verified_on"], told.get("verified_by", "")) for told in same), default=("", ""))


def _record(site: str, line: str) -> str:
    return natural_id("help_number", site, line)


def _check_site(tables: Tables, site: str) -> None:
    if site not in setup.sites(tables):
        raise NotFound


def _line(line: CardLine, found: Row, editor: Opened) -> SiteLine:
    return SiteLine(
        id=line.id,
        text=line.text,
        number=found.get("number") or line.number,
        verified_on=found.get("verified_on") or line.verified_on,
        verified_by=found.get("verified_by") or "",
        rung=line.rung,
        needed=line.needed,
        old=False,
        open=False,
        opened=editor,
    )
