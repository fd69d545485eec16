"""Sites: what a site is like, and in the vault what it is called and whom to ask there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fieldkit.acts.desk import Desk, only
from fieldkit.acts.editors import Opened, opened
from fieldkit.acts.told import Seen
from fieldkit.errors import Invalid, NotFound
from fieldkit.i18n import N_
from fieldkit.records import natural_id
from fieldkit.rules import calendars
from fieldkit.rules.findings import HINT, Finding
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import log
from fieldkit.store import sites as store
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import load_study

SITE = re.compile(r"[A-Z][0-9]{2}")  # no full-width digits: one site has one code
FACTS = ("site_type", "county", "private_room", "network", "power")
PLACE = (
    "name",
    "address",
    "gatekeeper",
    "permission_on",
    "permission_doc",
    "child_director",
    "township_officer",
    "police",
)
EXTENTS = ("yes", "partly", "no")
_CODES = {"site_type": "site_type", "county": "county"}


@dataclass(frozen=True)
class Site:
    """One site; `place` is empty where the vault is not held, or nothing was written; both with their editors."""

    code: str
    facts: Mapping[str, str]
    place: Mapping[str, str]
    opened: Opened
    opened_place: Opened

    @property
    def conflict(self) -> bool:
        """Tell whether people wrote different things about this site, and nobody has decided."""
        return self.opened.waits or self.opened_place.waits


def ensure(tables: Tables, desk: Desk, code: str) -> None:
    """Let there be a record of site *code*, in the caller's transaction."""
    if log.heads_of(tables, natural_id("site", code)) == {}:
        log.append(tables, desk.pen, Draft("site", {"code": code}))


@only(INTERVIEWER)
def hints(desk: Desk, code: str) -> list[Finding]:
    """Return whether *code* names a site that this laptop does not know, before a child is registered there."""
    with desk.db.reading() as tables:
        known = {row["code"] for row in store.known(tables)}
    return [] if code.upper() in known else [Finding("new_site", HINT, _NEW_SITE, {"site": code.upper()})]


_NEW_SITE = N_(
    "{site} is a site that this laptop did not know; the case code keeps it. If it was mistyped, tell the coordinator."
)


@only(INTERVIEWER, COORDINATOR)
def listing(desk: Desk) -> list[Site]:
    """Return every site, by code."""
    with desk.db.reading() as tables:
        return [_site(tables, row) for row in store.known(tables)]


@only(INTERVIEWER, COORDINATOR)
def find(desk: Desk, code: str) -> Site:
    """Return one site. Raises NotFound."""
    found = next((one for one in listing(desk) if one.code == code), None)
    if found is None:
        raise NotFound
    return found


def _site(tables: Tables, row: Mapping[str, str | None]) -> Site:
    code, place = row["code"] or "", store.place(tables, row["code"] or "")
    return Site(
        code,
        {name: row[name] or "" for name in FACTS},
        {name: place[name] for name in PLACE if place.get(name)},
        opened(tables, natural_id("site", code)),
        opened(tables, natural_id("place", code)),
    )


@only(INTERVIEWER, COORDINATOR)
def save(desk: Desk, code: str, facts: Mapping[str, str], place: Mapping[str, str], seen: Seen) -> Site:
    """Keep what changed of a site since it was *seen*, and return it as it stands now.

    *place*, by an interviewer alone, goes into the vault. Raises Invalid, NoDay.
    """
    code = code.strip().upper()
    if not SITE.fullmatch(code):
        raise Invalid(field=N_("the site code"))
    _check(facts)
    named = {name: place.get(name, "").strip() for name in PLACE}
    if named["permission_on"]:
        named["permission_on"] = calendars.told_day(named["permission_on"], N_("Permission given on")).isoformat()
    with desk.db.writing() as tables:
        ensure(tables, desk, code)
        draft = Draft("site", {"code": code} | {name: facts.get(name, "") for name in FACTS})
        log.save_over(tables, desk.pen, draft, natural_id("site", code), seen.base)
        if desk.me.role == INTERVIEWER:
            draft = Draft("place", {"site": code} | named)
            log.save_over(tables, desk.pen, draft, natural_id("place", code), seen.named_base)
        return next(_site(tables, row) for row in store.known(tables) if row["code"] == code)


def _check(facts: Mapping[str, str]) -> None:
    for name, said in facts.items():
        allowed = load_study().codes[_CODES[name]].keys() if name in _CODES else EXTENTS
        if said and said not in allowed:
            raise Invalid(field=N_("a fact of the site"))
