"""The help card of a site: which number stands on which line, and who rang it when."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fieldkit.acts.desk import Desk, only
from fieldkit.acts.sites import SITE
from fieldkit.errors import Invalid, NotFound
from fieldkit.i18n import N_
from fieldkit.rules import help_card
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import log, machine, setup
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.store.people import Row
from fieldkit.studies import CardLine, Pair, load_study

_NUMBER = re.compile(r"[0-9+][0-9 \-]{1,24}")


@dataclass(frozen=True)
class SiteLine:
    """A line of the card as it stands at one site; `open`: an interview waits for it."""

    id: str
    text: Pair
    number: str
    verified_on: str
    verified_by: str
    rung: bool
    needed: bool
    old: bool
    open: bool


def national() -> list[SiteLine]:
    """Return the card before anything is unlocked: what holds everywhere."""
    return [_line(line, {}, set(), old=False, by="") for line in load_study().card]


def of_site(desk: Desk, site: str) -> list[SiteLine]:
    """Return the card of *site*; raises NotFound for what is no site's code."""
    _check_site(site)
    with desk.db.reading() as tables:
        numbers, names = setup.help_numbers(tables, site), machine.everybody(tables).users
    card, today = load_study().card, desk.clock.today()
    missing = set(help_card.open_lines(card, numbers, today))
    return [
        _line(
            line,
            found := numbers.get(line.id, {}),
            missing,
            old=bool(found.get("verified_on")) and not help_card.fresh(found["verified_on"], today),
            by=names[found["verified_by"]].name if found.get("verified_by") in names else "",
        )
        for line in card
    ]


def status(desk: Desk, site: str) -> list[str]:
    """Return the lines of *site* that lack a number or were not rung within 90 days (G08)."""
    with desk.db.reading() as tables:
        return help_card.open_lines(load_study().card, setup.help_numbers(tables, site), desk.clock.today())


def sites(desk: Desk) -> list[str]:
    """Return the codes of the sites that this laptop knows."""
    with desk.db.reading() as tables:
        return setup.sites(tables)


@only(INTERVIEWER, COORDINATOR)
def keep(desk: Desk, site: str, line: str, number: str, *, rung: bool = False) -> None:
    """Keep the number of one line at *site*; *rung*: this person rang it today. A new number was never rung.

    Raises NotFound for a line or site that there is none of, Invalid for what is no telephone number.
    """
    _check_site(site)
    built = next((one for one in load_study().card if one.id == line and one.rung), None)
    if built is None:
        raise NotFound
    wanted = number.strip() or built.number
    if not _NUMBER.fullmatch(wanted):
        raise Invalid(field=N_("the telephone number"))
    with desk.db.writing() as tables:
        _keep(desk, tables, {"site": site, "line": line, "number": wanted}, rung=rung)


def _keep(desk: Desk, tables: Tables, facts: dict[str, str], *, rung: bool) -> None:
    before = setup.help_numbers(tables, facts["site"]).get(facts["line"], {})
    same = before.get("number") == facts["number"]
    if rung:
        facts |= {"verified_on": desk.today, "verified_by": desk.me.code}
    elif same:
        return
    else:
        facts |= {"verified_on": "", "verified_by": ""}
    log.append_over(tables, desk.pen, Draft("help_number", facts))


def _check_site(site: str) -> None:
    if not SITE.fullmatch(site):
        raise NotFound


def _line(line: CardLine, found: Row, missing: set[str], *, old: bool, by: str) -> SiteLine:
    return SiteLine(
        id=line.id,
        text=line.text,
        number=found.get("number") or line.number,
        verified_on=found.get("verified_on") or line.verified_on,
        verified_by=by,
        rung=line.rung,
        needed=line.needed,
        old=old,
        open=line.id in missing,
    )
