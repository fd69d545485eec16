"""Withdraw a child: never refused, hidden at once; erasing comes later (`domain.md` §3.6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from fieldkit.acts import clocks, events, guardians, people, situations
from fieldkit.acts.cases import Case, row_within
from fieldkit.acts.desk import Desk, only
from fieldkit.acts.guardians import PARENT
from fieldkit.errors import Invalid, Missing, Refusal
from fieldkit.i18n import N_
from fieldkit.records import Value, clean
from fieldkit.rules import consent, names, pseudonyms, slips
from fieldkit.rules import withdrawals as rules
from fieldkit.rules.members import COORDINATOR, INTERVIEWER, TRANSLATOR
from fieldkit.rules.states import ADULT_GROUP
from fieldkit.store import log, replica, standing
from fieldkit.store import people as rows
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft
from fieldkit.studies import load_study

SCOPES = frozenset({consent.ALL, consent.STOP_KEEP, *consent.PARTS})
RELATIONS = load_study().codes["relation"]


@dataclass(frozen=True)
class Withdrawn:
    """What was written down: the code as given, whether a child here was meant by it, or one who is gone already.

    `readable`: it is a code, not a name or a sentence. `alone`: nothing was written down of somebody of 18, who was not
    named as the one who asks. `theirs`: it is on record whose it is, so that they can take it back.
    """

    code: str
    known: bool
    gone: bool = False
    readable: bool = True
    alone: bool = False
    theirs: bool = False


@dataclass(frozen=True)
class Choice:
    """One whom a text may mean: a child here, by its id, or a code that nobody here bears."""

    code: str
    case: Case | None = None


@dataclass(frozen=True)
class Meaning:
    """Whom a text means; `certain`: the one of `choices`, and nobody else; `coded`: by a code, also a shortened one.

    `words` of it were read as nobody's.
    """

    choices: tuple[Choice, ...] = ()
    certain: bool = False
    coded: bool = False
    words: tuple[str, ...] = ()


class OnlyThemselves(Refusal):
    """Of somebody of 18 no guardian decides any more (`domain.md` §3.6 (j), §3.8)."""

    code = "only_themselves"
    message = N_("18 or over: only they themselves can withdraw now. Nothing was saved; ask them.")
    status = 422


class CannotCarry(Refusal):
    """A translator's machine holds no drawer that a withdrawal travels in (`design.md` §2)."""

    code = "cannot_carry"
    message = N_(
        "This computer cannot pass a withdrawal on. "
        "Ring the coordinator or an interviewer now: they register it at once."
    )
    status = 403


def withdraw_each(
    desk: Desk,
    codes: Collection[str],
    scope: str = consent.ALL,
    requested_by: str = "guardian",
    relation: str = "",
    person: str = "",
    said_on: str = "",
) -> list[Withdrawn]:
    """Hide the children whom *codes* mean (id, case code, slip code or pseudonym), by anybody, at once.

    *relation*: which guardian asks, where it was said, and *person*, by id, which of two of one relation; only that one
    can take it back, otherwise a coordinator voids it. A code that this laptop does not know becomes a notice that is
    matched when bundles meet: one for each code of a text. *said_on*: the day of a form that waited, else today's.
    Raises Missing for no code, Invalid for a scope or asker that does not exist, CannotCarry, and OnlyThemselves where
    nobody else is meant.
    """
    if desk.me.role == TRANSLATOR:
        raise CannotCarry
    if not all(clean(code).strip() for code in codes) or not codes:
        raise Missing(field=N_("the code"))
    if scope not in SCOPES or requested_by not in consent.ASKERS or relation not in {"", *RELATIONS}:
        raise Invalid(field=N_("who asks, or how much"))
    with desk.db.writing() as tables:
        wanted = dict.fromkeys(each for code in codes for each in _each(tables, clean(code)))
        asked = {"scope": scope, "requested_by": requested_by, **events.when(desk, said_on)}
        done = [_hide(desk, tables, each, asked, (relation, person)) for each in wanted]
        if all(one.alone for one in done):
            raise OnlyThemselves
        return done


def _each(tables: Tables, text: str) -> list[str]:
    """Return what *text* is written down as: whom it names as it stands, or else each of its codes."""
    if rows.named(tables, text):
        return [text]
    meant = rules.read(text)
    return [*meant.codes, *filter(rules.is_case_code, meant.maybe)] or [rules.spelt(text)]


def _hide(desk: Desk, tables: Tables, code: str, asked: Mapping[str, str], adult: tuple[str, str]) -> Withdrawn:
    mine = rows.named(tables, code) if desk.me.role == INTERVIEWER else []
    askers = {subject: _askers(desk, tables, subject, asked["requested_by"]) for subject in mine}
    keep = limit if asked["scope"] in consent.PARTS else write
    each = [(one, _who(desk, tables, one, by, *adult, asked["day"])) for one in mine for by in askers[one]]
    for subject, who in each:
        keep(desk, tables, subject, {**asked, **who})
    if not mine:
        notice = {name: asked[name] for name in ("scope", "requested_by", "day")}
        log.append(tables, desk.pen, Draft("notice", {"code": code, **notice}))
    known = bool(mine) or bool(rows.named(tables, code))
    gone = any(code in {row["case_code"], row["slip_code"]} for row in rows.tombstones(tables))
    readable, alone = known or rules.is_case_code(code) or slips.is_code(code), not all(askers.values())
    theirs = asked["requested_by"] == consent.CHILD or bool(each and all(who["person"] for _, who in each))
    return Withdrawn(code, known, gone and not known, readable, alone, theirs)


@only(INTERVIEWER, COORDINATOR)
def take_back(
    desk: Desk,
    subject: str,
    answers: Collection[str],
    requested_by: str = "guardian",
    relation: str = "",
    person: str = "",
    said_on: str = "",
) -> bool:
    """Take back single answers of a child, by the ids of their records: hidden at once, the rest stays.

    A coordinator deletes them. What the child itself takes back face to face goes at once as far as this laptop wrote
    it; return whether anything is left to be deleted. *relation*, *person*: which guardian asks, as at a withdrawal;
    *said_on*: the day of a form that waited, else today's. Raises NotFound, Missing, Invalid, OnlyThemselves.
    """
    if requested_by not in consent.ASKERS or relation not in {"", *RELATIONS}:
        raise Invalid(field=N_("who asks, or how much"))
    with desk.db.writing() as tables:
        row_within(tables, subject)
        wanted = _known(tables, subject, answers)
        askers = _askers(desk, tables, subject, requested_by)
        if not askers:
            raise OnlyThemselves
        asked = {"requested_by": requested_by, "answers": wanted, **events.when(desk, said_on)}
        for asker in askers:
            who = _who(desk, tables, subject, asker, relation, person, str(asked["day"]))
            _name(desk, tables, subject, asked | who)
        named = [one for record in wanted for one in log.of_record(tables, record)]
        mine = [one for one in named if one.device == desk.device.id]
        at_once = consent.CHILD in consent.ASKERS[requested_by] and desk.me.role == INTERVIEWER
        if at_once and mine:
            replica.erase(tables, mine)
            desk.db.leave_no_trace()
    return not at_once or len(mine) < len(named)


def _known(tables: Tables, subject: str, answers: Collection[str]) -> list[str]:
    """Return which of *answers*, by id, are this child's; raises Missing where none is."""
    known = {row["id"] for row in rows.rows(tables, "answers", subject)}
    known |= consent.taken_back(standing.events(tables, subject))  # that may be void by now, unheard
    if wanted := sorted({*answers} & known):
        return wanted
    raise Missing(field=N_("which answers"))


def _name(desk: Desk, tables: Tables, subject: str, asked: Mapping[str, Value]) -> None:
    """Keep which answers one person takes back; of the yes to anything else it says nothing."""
    events.keep(desk, tables, subject, {"act": consent.LIMITED, "scope": consent.ANSWERS, **asked})


def whom(desk: Desk, text: str) -> Meaning:
    """Return whom *text* may mean: children here by code, slip code or any name of theirs; codes of nobody here."""
    text = clean(text).strip()
    here = people.listing(desk) if text and desk.me.role in {INTERVIEWER, COORDINATOR} else []
    called = _called(desk, here)
    if bearers := _bearers(desk, here, text):
        so_called = [one for name in {text.casefold(), _sound(text)} for one in called.get(name, ())]
        either = tuple({one.code: one for one in (*bearers, *so_called)}.values())
        return Meaning(either, certain=len(either) == 1, coded=True)
    meant = rules.read(text)
    found = [choice for code in (*meant.codes, *meant.maybe) for choice in _bearing(desk, here, code, meant)]
    by_name = [one for one in here if any(rules.bears(name, meant.rest) for name in _names(one))]
    so_called = [choice for name, ones in called.items() if rules.bears(name, meant.rest) for choice in ones]
    choices = tuple({one.code: one for one in (*found, *(Choice(one.id, one) for one in by_name), *so_called)}.values())
    if not choices and here:
        choices = tuple(Choice(one.id, one) for one in people.find(desk, text))
        return Meaning(choices)
    named = [one for one in by_name if meant.words in {(name,) for name in one.pseudonym or ()}]
    borne = [code for code in meant.maybe if slips.is_code(code) and _bearers(desk, here, code)]
    unread = _unread(meant, choices, (*borne, *called))  # "not 001, her sister": words may turn a code round
    certain = len(choices) == 1 and bool(meant.codes or borne or named) and not unread
    return Meaning(choices, certain, bool(found), unread)


def children_meant(desk: Desk, text: str) -> set[str]:
    """Return the ids of the children here whom *text* may mean; an id means its own child."""
    with desk.db.reading() as tables:
        known = set(rows.named(tables, clean(text).strip()))
    return known | {choice.case.id for choice in whom(desk, text).choices if choice.case is not None}


def _unread(meant: rules.Meant, choices: Collection[Choice], borne: Collection[str]) -> tuple[str, ...]:
    known = {*borne, *(name for one in choices if one.case for name in _names(one.case))}
    return tuple(word for word in meant.words if not any(rules.bears(name, word) for name in known))


def _bearing(desk: Desk, here: Collection[Case], code: str, meant: rules.Meant) -> tuple[Choice, ...]:
    """Return who bears *code*, or the code itself; one without its study is the end of theirs, and does not travel."""
    if code in meant.codes or rules.is_case_code(code):
        return _bearers(desk, here, code) or (Choice(code),)
    borne = {one.id: (one.case_code, *one.also) for one in here}
    ends = (Choice(one.id, one) for one in here if any(each.endswith(f"-{code}") for each in borne[one.id]))
    return _bearers(desk, here, code) or tuple(ends)


def _bearers(desk: Desk, here: Collection[Case], code: str) -> tuple[Choice, ...]:
    """Return the children here whom *code* means as it stands."""
    with desk.db.reading() as tables:
        named = rows.named(tables, code) if here else []
    return tuple(Choice(one.id, one) for one in here if one.id in named or code in one.also)


def _called(desk: Desk, here: Collection[Case]) -> dict[str, list[Choice]]:
    """Return whom each name means by which a family knows a child here, also as it is heard.

    It may be another child's pseudonym.
    """
    found: dict[str, list[Choice]] = {}
    with desk.db.reading() as tables:
        for one in here:
            known = names.several(rows.names_of(tables, one.id).casefold())
            for name in {*known, *map(_sound, known)} - {""}:
                found.setdefault(name, []).append(Choice(one.id, one))
    return found


def _sound(name: str) -> str:
    """Return a name as it is heard: on the phone nobody hears which characters are meant."""
    return pseudonyms.pinyin(name).casefold()


def _names(one: Case) -> list[str]:
    return [one.called or "", *(one.pseudonym or ())]


def by_child(desk: Desk, tables: Tables, subject: str, session: str, scope: str) -> None:
    """Keep in the caller's transaction that the child stopped *session*, and what becomes of it."""
    asked = {"scope": scope, "requested_by": consent.CHILD, "session": session}
    write(desk, tables, subject, asked | _who(desk, tables, subject, consent.CHILD))


def on_paper(desk: Desk, tables: Tables, subject: str, session: str, day: str, scope: str) -> None:
    """Keep that the child stopped in the middle of a talk of *day* on paper; it is no word of theirs about today."""
    said = standing.events(tables, subject)
    if any((event.act, event.session, event.scope) == (consent.STOPPED, session, scope) for event in said):
        return
    told = {"act": consent.STOPPED, "scope": scope, "requested_by": consent.CHILD, "session": session}
    values = {**told, "day": day, "entered_on": desk.today, **_who(desk, tables, subject, consent.CHILD)}
    log.append(tables, desk.pen, Draft("consent_event", values, subject=subject))


def keep_no(desk: Desk, tables: Tables, subject: str, event: consent.Event) -> None:
    """Keep, of a withdrawal of everything that whoever said it takes back, that they did not want to go on then.

    It is a no of the day of *event* like any other of theirs: nothing comes of what was said before. What the child
    said is in use again, on its own word; what a guardian agreed to is not, until they agree anew.
    """
    own = event.actor in consent.OWN
    said = [one for one in standing.events(tables, subject) if one.actor in consent.voices(event.actor)]
    guardian = {"actor": event.actor, "person": event.person, "relation": event.relation}
    values: dict[str, Value] = {
        **(_who(desk, tables, subject, consent.CHILD) if own else guardian),
        **({"act": "withdrawn", "scope": consent.STOP_KEEP} if own else {"act": "declined"}),
        "requested_by": consent.CHILD if own else consent.GUARDIAN,
        "session": event.session,
        "day": event.day or desk.today,
        "entered_on": desk.today,
        "follows": [one.id for one in said if own or one.person == event.person],
    }
    events.keep(desk, tables, subject, values)


def write(desk: Desk, tables: Tables, subject: str, asked: Mapping[str, Value]) -> None:
    """Keep a withdrawal after what that person said so far, also where one like it is open.

    That one may have been lifted elsewhere. The same form twice is one by its nonce, as every form is.
    """
    said = [event for event in standing.events(tables, subject) if event.actor == asked["actor"]]
    values: dict[str, Value] = {
        "act": "withdrawn",
        "day": desk.today,
        "follows": [event.id for event in said if event.person == asked["person"]],
        **asked,
    }
    log.append(tables, desk.pen, Draft("consent_event", values, subject=subject))


def limit(desk: Desk, tables: Tables, subject: str, asked: Mapping[str, Value]) -> None:
    """Keep that one person takes back part of what they allowed; the rest goes on."""
    who = (asked["actor"], asked["person"])
    said = [event for event in standing.events(tables, subject) if (event.actor, event.person) == who]
    items = consent.PARTS[asked["scope"]]
    values: dict[str, Value] = {
        "act": consent.LIMITED,
        "day": desk.today,
        "items": dict.fromkeys(items, consent.NO),
        "follows": [event.id for event in said],
        **asked,
    }
    log.append(tables, desk.pen, Draft("consent_event", values, subject=subject))


def _askers(desk: Desk, tables: Tables, subject: str, requested_by: str) -> Collection[str]:
    """Return as whom they ask, of a grown-up the person alone; nobody where they were not named (§3.6 (j)).

    A coordinator passes on what a family said to an interviewer, who asked the right person.
    """
    askers = consent.ASKERS[requested_by]
    row = rows.row(tables, "participants", "id = ?", subject)
    if desk.me.role != INTERVIEWER or row is None or situations.age_group(desk, tables, row) != ADULT_GROUP:
        return askers
    return [one for one in askers if one == consent.CHILD]


def _who(
    desk: Desk, tables: Tables, subject: str, asker: str, relation: str = "", person: str = "", day: str = ""
) -> dict[str, Value]:
    """Return who asked on *day*: the child, grown up or not, or the guardian named; one not named, nobody can be for.

    Of two uncles it is not known which one, unless *person* says it.
    """
    if asker == consent.CHILD:
        grown = any(event.actor == consent.ADULT for event in standing.events(tables, subject))
        return {"actor": consent.ADULT if grown else consent.CHILD, "person": subject}
    if not relation:
        return {"actor": asker, "person": ""}
    day = clocks.closing_day(desk, tables, day)
    if guardians.are_several(tables, subject, relation, day, person):
        return {"actor": asker, "person": "", "relation": relation}
    basis = PARENT if consent.may_consent(relation) else ""
    person = events.person(desk, tables, subject, relation, basis, day=day, which=person)
    return {"actor": asker, "person": person, "relation": relation}
