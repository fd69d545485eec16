"""Sites: what a site is like, and in the vault what it is called and whom to ask there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Invalid, NotFound
from fieldkit.i18n import N_
from fieldkit.records import natural_id
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
    """One site; `place` is empty where the vault is not held, or nothing was written."""

    code: str
    facts: Mapping[str, str]
    place: Mapping[str, str]


def ensure(tables: Tables, desk: Desk, code: str) -> None:
    """Let there be a record of site *code*, in the caller's transaction."""
    if log.heads_of(tables, natural_id("site", code)) == {}:
        log.append(tables, desk.pen, Draft("site", {"code": code}))


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
    place = store.place(tables, row["code"] or "")
    return Site(
        row["code"] or "",
        {name: row[name] or "" for name in FACTS},
        {name: place[name] for name in PLACE if place.get(name)},
    )


@only(INTERVIEWER, COORDINATOR)
def save(desk: Desk, code: str, facts: Mapping[str, str], place: Mapping[str, str] | None = None) -> None:
    """Keep what a site is like; *place*, by an interviewer alone, goes into the vault. Raises Invalid."""
    code = code.strip().upper()
    if not SITE.fullmatch(code):
        raise Invalid(field=N_("the site code"))
    _check(facts)
    with desk.db.writing() as tables:
        ensure(tables, desk, code)
        _write(desk, tables, "site", {name: facts.get(name, "") for name in FACTS}, {"code": code})
        if place and desk.me.role == INTERVIEWER:
            told = {name: place.get(name, "").strip() for name in PLACE}
            _write(desk, tables, "place", told, {"site": code})


def _check(facts: Mapping[str, str]) -> None:
    for name, said in facts.items():
        allowed = load_study().codes[_CODES[name]].keys() if name in _CODES else EXTENTS
        if said and said not in allowed:
            raise Invalid(field=N_("a fact of the site"))


def _write(desk: Desk, tables: Tables, kind: str, values: Mapping[str, str], key: Mapping[str, str]) -> None:
    """Write *values*; the key is said each time, since it makes the record's name."""
    if values:
        log.append_over(tables, desk.pen, Draft(kind, {**key, **values}))
