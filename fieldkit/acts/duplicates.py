"""The same child twice: who may be one, link two records as one child, take a link back (`domain.md` §6.1, 11:00).

Only where the vault is held, on the team's own laptops and the vault officer's: names, births and phones say it. The
link itself names two ids and no words, and lies in `research`, so that every machine of the team judges alike. Nothing
of either record is changed by it, so that taking it back restores both.
"""

from __future__ import annotations

from dataclasses import dataclass

from fieldkit.acts.cases import Case, in_short, row_within
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.people import NoSerialLeft, case_prefix
from fieldkit.errors import Invalid, Missing, Refusal
from fieldkit.i18n import N_
from fieldkit.rules import duplicates as rules
from fieldkit.rules.ages import NOMINAL
from fieldkit.rules.calendars import GREGORIAN
from fieldkit.rules.duplicates import APART, LINKED, Known, Likeness
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import duplicates, log, machine, people
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import load_study

REASONS = load_study().codes["reason_one_child"]


class VaultNotHeld(Refusal):
    """Whether two children are one is judged by their names."""

    code = "vault_not_held"
    message = N_(
        "Names and phones of these children are not on this computer, so nobody can compare them here. "
        "Nothing was changed. The team's own laptops and whoever keeps the names can."
    )
    status = 403


class OfTwoTeams(Refusal):
    """A link lies with one team, and the other one would not know of it."""

    code = "of_two_teams"
    message = N_(
        "These two children belong to different teams and cannot be linked here. Nothing was changed. "
        "Talk with both teams about who goes on with the child."
    )


class DecidedMeanwhile(Refusal):
    """What the page showed is not what stands."""

    code = "decided_meanwhile"
    message = N_(
        "Not saved: somebody decided about these two meanwhile, on this computer or in a bundle that was read. "
        "Open the two again and see what stands now."
    )


class CodeIsItsOwn(Refusal):
    """No other child has this code, or this one keeps it."""

    code = "code_is_its_own"
    message = N_("This child keeps its case code: nobody else has to give it up. Nothing was changed.")


@dataclass(frozen=True)
class Side:
    """One of two children as a person compares them: its case, and what the vault says."""

    case: Case
    names: tuple[str, ...]
    birth: str
    calendar: str
    phones: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Two records, the one that was written down first to the left, and how alike they are.

    `state`: `linked` or `apart` where somebody decided; `disputed`: others decided otherwise; `base` is what was shown.
    """

    left: Side
    right: Side
    likeness: Likeness
    state: str
    disputed: bool
    base: str


@dataclass(frozen=True)
class Clash:
    """Two children with one case code: who keeps it, on every machine alike, and who gets another one."""

    code: str
    keeps: Case
    other: Case


@only(INTERVIEWER, COORDINATOR)
def waiting(desk: Desk) -> int:
    """Return how many pairs wait for somebody to look at them here."""
    with desk.db.reading() as tables:
        return len(_waiting(tables))


@only(INTERVIEWER, COORDINATOR)
def listing(desk: Desk) -> list[Pair]:
    """Return the pairs that may be one child, those about which people disagree first; none without the vault."""
    with desk.db.reading() as tables:
        return [_pair(desk, tables, first, second) for first, second in _waiting(tables)]


@only(INTERVIEWER, COORDINATOR)
def one(desk: Desk, first: str, second: str) -> Pair:
    """Return two children side by side. Raises NotFound, Invalid, OfTwoTeams, VaultNotHeld."""
    with desk.db.reading() as tables:
        _check(tables, first, second)
        return _pair(desk, tables, first, second)


@only(INTERVIEWER, COORDINATOR)
def linked_with(desk: Desk, subject: str) -> list[Case]:
    """Return the other records of this child, each to be unlinked; none where the vault is not held."""
    with desk.db.reading() as tables:
        held = _holds_vault(tables, people.team(tables, subject))
        there = {row["id"] for row in people.records(tables)} if held else set()
        return [in_short(desk, tables, one) for one in duplicates.linked_to(tables, subject) if one in there]


@only(INTERVIEWER, COORDINATOR)
def link(desk: Desk, first: str, second: str, reason: str, base: str = "{}") -> None:
    """Let two records be one child: its talks are counted through, and the stricter consent holds for both.

    *base* is what was on the screen. Raises what `one` raises, Missing, DecidedMeanwhile.
    """
    if reason not in REASONS:
        raise Missing(field=N_("the reason"))
    _decide(desk, first, second, {"state": LINKED, "reason": reason}, base)


@only(INTERVIEWER, COORDINATOR)
def unlink(desk: Desk, first: str, second: str, base: str = "{}") -> None:
    """Let two records be two children, linked before or not; nobody is asked about them again. Raises as `link`."""
    _decide(desk, first, second, {"state": APART, "reason": ""}, base)


@only(COORDINATOR)
def clashes(desk: Desk) -> list[Clash]:
    """Return the children who came with a case code that another child has, by code."""
    with desk.db.reading() as tables:
        shown = {row["id"]: row for row in people.records(tables)}
        pairs = [(keeps, other) for keeps, *others in duplicates.of_one_code(tables) for other in others]
        return [
            Clash(shown[other]["case_code"], in_short(desk, tables, keeps), in_short(desk, tables, other))
            for keeps, other in pairs
            if keeps in shown and other in shown
        ]


@only(COORDINATOR)
def renumber(desk: Desk, subject: str) -> str:
    """Give the child whose case code another one keeps a new code of this computer's block; return it.

    The old code goes on meaning this child as well, and every record follows, since it names the child by its id.
    Raises NotFound, CodeIsItsOwn, NoSerialLeft.
    """
    with desk.db.writing() as tables:
        row = row_within(tables, subject)
        if not any(subject in others for _keeps, *others in duplicates.of_one_code(tables)):
            raise CodeIsItsOwn
        prefix = case_prefix(row["site"])
        serial = people.next_serial(tables, prefix, desk.device.serials)
        if serial is None:
            raise NoSerialLeft
        code = f"{prefix}{serial:03d}"
        drawer = f"research/{people.team(tables, subject)}"
        draft = Draft("participant", {"case_code": code}, record=subject, subject=subject, drawer=drawer)
        log.append_over(tables, desk.pen, draft)
        return code


def _decide(desk: Desk, first: str, second: str, said: dict[str, str], base: str) -> None:
    with desk.db.writing() as tables:
        team = _check(tables, first, second)
        record = duplicates.record(first, second)
        seen, stands = log.seen(tables, record, base), log.heads_of(tables, record)
        if {head.id for head in seen.get("state", [])} != set(stands.get("state", [])):
            raise DecidedMeanwhile
        ids = dict(zip(("first", "second"), sorted((first, second)), strict=True))
        draft = Draft(duplicates.KIND, ids | said, drawer=f"research/{team}")
        log.append_over(tables, desk.pen, draft)


def _check(tables: Tables, first: str, second: str) -> str:
    """Return the team of two children who may be compared here. Raises NotFound, Invalid, OfTwoTeams, VaultNotHeld."""
    if first == second:
        raise Invalid(field=N_("the other child"))
    for subject in (first, second):
        row_within(tables, subject)
    team, other = people.team(tables, first), people.team(tables, second)
    if not (_holds_vault(tables, team) and _holds_vault(tables, other)):
        raise VaultNotHeld
    if team != other:
        raise OfTwoTeams
    return team


def _holds_vault(tables: Tables, team: str) -> bool:
    return machine.drawer_key(tables, f"vault/{team}") is not None


def _waiting(tables: Tables) -> list[tuple[str, str]]:
    """Return the pairs to look at, the disputed ones first: of one team each, nobody hidden, whose vault is here."""
    of_team, rows = people.teams(tables), people.read_at_once(tables)
    held: dict[str, list[Known]] = {team: [] for team in {*of_team.values()} if _holds_vault(tables, team)}
    for row in people.records(tables):
        if (team := of_team.get(row["id"])) in held:
            held[team].append(_known(rows, row))
    here = {child.id for children in held.values() for child in children}
    apart = [(row["first"], row["second"]) for row in duplicates.disputed(tables)]
    known = duplicates.settled(tables)
    found = [pair for children in held.values() for pair in rules.possible(children, known)]
    likely = sorted(found, key=rules.by_likeness)
    open_ones = dict.fromkeys([*apart, *((pair.first, pair.second) for pair in likely)])
    return [pair for pair in open_ones if here.issuperset(pair)]


def _known(rows: people.Rows, row: people.Row) -> Known:
    """Return what the vault says of one child."""
    subject = row["id"]
    slip = next(iter(rows("slips", "subject", subject)), {})
    told = next(iter(rows("identities", "subject", subject)), {})
    adults = rows("person_names", "subject", subject)
    pets = (told.get("pet_names") or "").replace("，", "、").replace(",", "、").split("、")
    named = [slip.get("called") or "", told.get("real_name") or "", *pets]
    rung = [slip.get("phone") or "", told.get("phones") or "", *(one["phone"] or "" for one in adults)]
    return Known(
        subject,
        called=tuple(dict.fromkeys(filter(None, map(str.strip, named)))),
        birth=told.get("birth_date") or "",
        calendar=told.get("birth_calendar") or GREGORIAN,
        told_age=told.get("told_age"),
        nominal=told.get("told_kind") == NOMINAL,
        told_on=row["registered_on"] or "",
        phones=tuple(dict.fromkeys(number for text in rung for number in rules.phones(text))),
        site=row["site"] or "",
        household=row["household"] or "",
        sex=row["sex"] or "",
    )


def _pair(desk: Desk, tables: Tables, first: str, second: str) -> Pair:
    left, right = duplicates.in_order(tables, first, second)
    mine, theirs = (_known(people.looked_up(tables), row_within(tables, one)) for one in (left, right))
    record = duplicates.record(first, second)
    row = people.row(tables, "same_children", "id = ?", record) or {}
    return Pair(
        _side(desk, tables, mine),
        _side(desk, tables, theirs),
        rules.compare(mine, theirs),
        row.get("state") or "",
        any(one["id"] == record for one in duplicates.disputed(tables)),
        log.encode_base(log.standing_of(tables, record)),
    )


def _side(desk: Desk, tables: Tables, known: Known) -> Side:
    return Side(in_short(desk, tables, known.id), known.called, known.birth, known.calendar, known.phones)
