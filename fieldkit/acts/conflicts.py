"""Two versions of one thing: what waits for the coordinator, one of them, its decision, and all decisions so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fieldkit.acts import interviews, people, strings
from fieldkit.acts.cases import Case
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import Invalid, Missing, NotFound, Refusal
from fieldkit.i18n import N_
from fieldkit.records import KINDS, Change, Kind, Value, clean
from fieldkit.rules import conflicts, guides, names
from fieldkit.rules.conflicts import BOTH, COMBINE, DECIDABLE, DECISION, TAKE, Conflict, Decision, Version
from fieldkit.rules.members import COORDINATOR, Members
from fieldkit.store import decisions, duplicates, log, machine, merge
from fieldkit.store import people as rows
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft, TypingErased
from fieldkit.studies import Pair, load_study

REASONS = load_study().codes["reason_conflict"]
OTHER = "other"
LONGEST, LONGEST_NOTE = 50_000, 500
SHOWN = 50  # decisions on a page, until somebody asks for all
ALL = 1_000_000


class ConflictGone(Refusal):
    """Of the versions that this page showed none stands any more."""

    code = "conflict_gone"
    message = N_(
        "Not saved: this was decided meanwhile, on this computer or in a bundle that was read. "
        "Nothing was overwritten. Open it again from the list and see what stands now."
    )


@dataclass(frozen=True)
class Place:
    """What a record is about, as a person knows it: the child, or the thing by its own name.

    `code`: of the child, or of the interview; `asked`: the question that a note is on, as it stands in the guide.
    """

    record: str
    kind: str
    subject: str
    name: str
    code: str
    question: str = ""
    asked: Pair | None = None
    interview: str = ""


@dataclass(frozen=True)
class Disputed:
    """A record that people wrote differently: each field of it where they did, and what an edit goes over."""

    place: Place
    conflicts: list[Conflict]
    base: str

    def words_of(self, one: Conflict) -> Conflict | None:
        """Return the prose with which *one* is decided, where it says how exactly these versions of it were noted."""
        joint = conflicts.together(one.kind, one.field)
        alike = [other for other in self.conflicts if other.field in joint and set(other.heads) == set(one.heads)]
        return next((other for other in alike if other.prose and other.open == one.open), None)


@dataclass(frozen=True)
class Decided:
    """One decision, where it was due, and whose version was taken."""

    place: Place
    decision: Decision
    of: str


@dataclass(frozen=True)
class Said:
    """What a coordinator decides about one field: the id of the version to take, COMBINE with a text, or BOTH.

    `base` is what was on the screen (as `Disputed.base`); `note`: the reason in the coordinator's own words.
    """

    field: str
    choice: str
    reason: str
    text: str = ""
    note: str = ""
    base: str = "{}"


@only(COORDINATOR)
def waiting(desk: Desk) -> int:
    """Return how many records wait for a decision."""
    with desk.db.reading() as tables:
        return decisions.count(tables)


@only(COORDINATOR)
def listing(desk: Desk) -> list[Disputed]:
    """Return every record that waits for a decision and that this computer can read; no hidden children."""
    with desk.db.reading() as tables:
        return found(tables)


def found(tables: Tables) -> list[Disputed]:
    """Return the same of one transaction, which may be one that is given up."""
    known = machine.everybody(tables)
    return [_disputed(tables, known, one["kind"], one["id"]) for one in decisions.waiting(tables)]


@only(COORDINATOR)
def clashes(desk: Desk) -> list[Case]:
    """Return the children of whom a guardian's no stands beside a yes: the no holds, nobody decides it here."""
    return [case for case in people.listing(desk) if conflicts.consent_clash(case.events)]


@only(COORDINATOR)
def one(desk: Desk, record: str) -> Disputed:
    """Return one record with what is disputed of it, decided or not; nothing where all agree. Raises NotFound."""
    with desk.db.reading() as tables:
        found = _find(tables, record)
        return _disputed(tables, machine.everybody(tables), found.kind.name, record)


@only(COORDINATOR)
def decided(desk: Desk, number: int = SHOWN) -> list[Decided]:
    """Return the newest decisions, each with who, when and why; of hidden children none."""
    with desk.db.reading() as tables:
        known = machine.everybody(tables)
        return [_decided(tables, known, change) for change in decisions.newest(tables, number)]


@only(COORDINATOR)
def decide(desk: Desk, record: str, said: Said) -> None:
    """Keep a decision about one field: over exactly the versions that were on the screen, and why.

    What came meanwhile stays beside and is a new conflict. Raises NotFound, Missing, Invalid, TooLong, TypingErased,
    ConflictGone, ConsentMissing, PlaceholdersDiffer.
    """
    _check(said)
    with desk.db.writing() as tables:
        found = _find(tables, record)
        heads = _heads(tables, found, said)
        choice, values = _chosen(found.kind.name, said, heads)
        if choice != COMBINE:
            values |= _joint(tables, found, said, heads)
        if choice != BOTH:
            _write(desk, tables, found, said, heads, values)
        for field in values:
            _note(desk, tables, found, replace(said, field=field), choice, heads)


def _check(said: Said) -> None:
    if said.reason not in REASONS:
        raise Missing(field=N_("the reason"))
    if said.reason == OTHER and not said.note.strip():
        raise Missing(field=N_("the reason in your own words"))
    names.check_fits(said.note, N_("the reason in your own words"), LONGEST_NOTE)
    names.check_fits(said.text, N_("the combined text"), LONGEST)


@dataclass(frozen=True)
class _Found:
    """A record that can be decided about, as the state shows it."""

    record: str
    kind: Kind
    row: rows.Row


def _find(tables: Tables, record: str) -> _Found:
    """Return a record. Raises NotFound, also where the child withdrew and for what nobody decides."""
    name = next((change.kind for change in log.of_record(tables, record)), "")
    row = rows.row(tables, KINDS[name].table, "id = ?", record) if name in DECIDABLE else None
    if row is None or (row["subject"] and rows.is_hidden(tables, row["subject"])):
        raise NotFound
    return _Found(record, KINDS[name], row)


def _heads(tables: Tables, found: _Found, said: Said) -> list[Change]:
    """Return the versions that were on the screen. Raises Invalid, TypingErased, ConflictGone."""
    seen = log.seen(tables, found.record, said.base).get(said.field, [])
    if any(not head.set for head in seen):
        raise TypingErased
    if said.field not in found.kind.fields or not seen or not merge.disagree(seen, said.field):
        raise Invalid(field=N_("this page's own data"))
    stands = merge.heads(log.standing_of(tables, found.record)).get(said.field, [])
    if not {head.id for head in seen} & {head.id for head in stands}:
        raise ConflictGone
    return seen


def _chosen(kind: str, said: Said, heads: list[Change]) -> tuple[str, dict[str, Value]]:
    """Return the code of the choice and the value that holds from now on. Raises Invalid, Missing."""
    allowed = conflicts.choices(kind, said.field)
    taken = next((head for head in heads if head.id == said.choice), None)
    if taken is not None:
        return TAKE, {said.field: taken.set[said.field]}
    if said.choice not in allowed or said.choice == TAKE:
        raise Invalid(field=N_("the decision"))
    if said.choice == COMBINE and not said.text.strip():
        raise Missing(field=N_("the combined text"))
    return said.choice, {said.field: said.text}


def _joint(tables: Tables, found: _Found, said: Said, heads: list[Change]) -> dict[str, Value]:
    """Return, of the version taken, what goes with the field: a note and how it was noted are decided in one."""
    seen, ids = log.seen(tables, found.record, said.base), {head.id for head in heads}
    taken = next((head for head in heads if head.id == said.choice), heads[-1])
    return {
        field: taken.set[field]
        for field in conflicts.together(found.kind.name, said.field)
        if {head.id for head in seen.get(field, [])} == ids and merge.disagree(seen[field], field)
    }


def _write(
    desk: Desk, tables: Tables, found: _Found, said: Said, heads: list[Change], values: Mapping[str, Value]
) -> None:
    """Let *values* replace all versions that were on the screen; a note is written on the consents of its interview."""
    row, kind = found.row, found.kind
    if kind.name == "string":
        _check_wording(tables, found, said, values[said.field])
    needed = interviews.grounds(desk, tables, interviews.row_within(tables, row["session"])) if kind.needs else ()
    draft = Draft(
        kind.name,
        {name: row[name] for name in kind.key} | dict(values),
        record=found.record,
        subject=row["subject"],
        session=heads[-1].session,
        grounds=needed,
        drawer=heads[-1].drawer,
    )
    log.save_over(tables, desk.pen, draft, found.record, said.base)


def _note(desk: Desk, tables: Tables, found: _Found, said: Said, choice: str, heads: list[Change]) -> None:
    """Keep who decided what and why, in the drawer of what it is about."""
    facts = {
        "about": found.record,
        "field": said.field,
        "choice": choice,
        "heads": sorted(head.id for head in heads),
        "taken": said.choice if choice == TAKE else "",
        "reason": said.reason,
        "note": clean(said.note.strip()),
    }
    draft = Draft(DECISION, facts, subject=found.row["subject"], drawer=heads[-1].drawer)
    log.append(tables, desk.pen, draft)


def _check_wording(tables: Tables, found: _Found, said: Said, value: Value) -> None:
    """Raise PlaceholdersDiffer where the other language is decided and says something else."""
    open_ones = merge.disputed(merge.heads(log.standing_of(tables, found.record)))
    if not open_ones.keys() - {said.field}:
        strings.check(Pair(**{name: value if name == said.field else found.row[name] for name in ("zh", "en")}))


def _disputed(tables: Tables, known: Members, kind: str, record: str) -> Disputed:
    standing, gone = log.standing_of(tables, record), {one.id for one in log.stubs_of(tables, record)}
    apart = merge.disputed(merge.heads(standing))
    said = decisions.of_record(tables, record) if apart else []
    found = [
        Conflict(
            record,
            kind,
            field,
            tuple(_version(tables, known, head, field) for head in heads),
            tuple(_decision(known, one, gone) for one in said if _lets_stand(one, field, heads)),
        )
        for field, heads in apart.items()
    ]
    return Disputed(_place(tables, known, kind, record), found, log.encode_base(standing))


def _lets_stand(one: Change, field: str, heads: list[Change]) -> bool:
    named = (one.set.get("choice"), one.set.get("field"), decisions.heads(one))
    return named == (BOTH, field, frozenset(head.id for head in heads))


def _version(tables: Tables, known: Members, head: Change, field: str) -> Version:
    author, device = _who(known, head)
    return Version(
        head.id, _readable(tables, known, field, head.set[field]), author, device, head.wall, bool(head.flags)
    )


def _who(known: Members, change: Change) -> tuple[str, str]:
    """Return who wrote *change* and on which laptop, by name where the orders know them."""
    user, device = known.users.get(change.author), known.devices.get(change.device)
    return user.name if user else change.author, device.name if device else change.device


def _readable(tables: Tables, known: Members, field: str, value: Value) -> Value:
    """Return what a person reads instead of an id."""
    if field == "household" and value:
        return (rows.row(tables, "participants", "id = ?", value) or {}).get("case_code", value)
    return known.users[value].name if field == "interviewer" and value in known.users else value


def _decision(known: Members, change: Change, gone: set[str]) -> Decision:
    """Return a decision; the words that explain it are left out where something that it speaks of was erased."""
    told: Mapping[str, Value] = change.set
    text = {name: str(told.get(name) or "") for name in ("field", "choice", "taken", "reason", "note")}
    named = decisions.heads(change)
    author, device = _who(known, change)
    return Decision(
        id=change.id,
        record=str(told.get("about")),
        heads=tuple(sorted(named)),
        author=author,
        device=device,
        wall=change.wall,
        **{**text, "note": "" if named & gone else text["note"]},
    )


def _decided(tables: Tables, known: Members, change: Change) -> Decided:
    record = str(change.set["about"])
    history, gone = log.of_record(tables, record), {one.id for one in log.stubs_of(tables, record)}
    decision = _decision(known, change, gone)
    taken = next((_who(known, one)[0] for one in history if one.id == decision.taken), "")
    return Decided(_place(tables, known, history[0].kind, record), decision, taken)


def _place(tables: Tables, known: Members, kind: str, record: str) -> Place:
    row = rows.row(tables, KINDS[kind].table, "id = ?", record) or {}
    if not row.get("subject"):
        return Place(record, kind, "", _own_name(known, kind, row), "")
    child = rows.row(tables, "participants", "id = ?", duplicates.whole(tables, row["subject"])[0]) or {}
    slip = rows.row(tables, "slips", "subject = ?", row["subject"]) or {}
    code, interview, question = child.get("case_code") or "", row.get("session") or "", row.get("question") or ""
    lines = [one["id"] for one in rows.interviews(tables, row["subject"])] if interview else []
    return Place(
        record,
        kind,
        row["subject"],
        child.get("pseudonym_zh") or slip.get("called") or code,
        f"{code}-S{lines.index(interview) + 1}" if interview in lines else code,
        question,
        _asked(tables, question, child),
        interview if interview in lines else "",
    )


def _own_name(known: Members, kind: str, row: rows.Row) -> str:
    """Return what a thing that belongs to no child is called: a member's name, else its own key."""
    if kind == "team_member" and row.get("code") in known.users:
        return known.users[row["code"]].name
    return " ".join(str(row.get(name) or "") for name in KINDS[kind].key)


def _asked(tables: Tables, question: str, child: rows.Row) -> Pair | None:
    found = rows.row(tables, "strings", "code = ?", f"guide:{question}") if question else None
    if found is None:
        return None
    filled = {
        "away": guides.away_name(child.get("migration") or ""),
        "carer": guides.carer_name(child.get("carer") or ""),
    }
    return guides.fill_pair(Pair(found["zh"], found["en"]), filled)
