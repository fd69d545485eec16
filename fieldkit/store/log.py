"""The log: append a change, and keep state, heads and search index in step with it in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as copy_with

from fieldkit.clock import Clock, new_id
from fieldkit.errors import Invalid, Refusal
from fieldkit.i18n import N_
from fieldkit.records import KINDS, Change, Kind, Value, clean, decode, drawer_of, natural_id
from fieldkit.store import clocks, decisions, duplicates, grown, histories, merge, search, standing, state
from fieldkit.store.database import Tables

SOME = 3000  # records settled at once: what they hold is in memory, and the index writes its words once


class TypingErased(Refusal):
    """More of a typing that a child asked to be gone (`design.md` §3)."""

    code = "typing_erased"
    message = N_(
        "Not saved: words of this note were taken out because the child asked for it. "
        "Open the question again and write only what may stay."
    )


class ChildErased(Refusal):
    """Of a child who was deleted nothing is written any more (`design.md` §4)."""

    code = "child_erased"
    message = N_(
        "Not saved: this child's family withdrew, and everything about the child is deleted. "
        "Write nothing down about this child; call the coordinator if you think that this is a mistake."
    )
    status = 410


@dataclass(frozen=True)
class Pen:
    """Whose hand writes: user code, device id, team, and the clock of this laptop."""

    author: str
    device: str
    team: str
    clock: Clock


@dataclass(frozen=True)
class Draft:
    """What an act wants to write. `record` is left out where the kind has a natural key or is an event.

    `drawer`: where what it speaks of lies; left out, it is that of the kind and of the writer's team.
    """

    kind: str
    set: Mapping[str, Value]
    record: str | None = None
    subject: str | None = None
    session: str | None = None
    editor: str | None = None
    over: Mapping[str, Sequence[str]] = field(default_factory=dict)
    grounds: tuple[str, ...] = ()
    elapsed: int | None = None
    drawer: str | None = None


def over(draft: Draft, base: Mapping[str, Sequence[str]]) -> Draft:
    """Return *draft* as written over the changes that were on its author's screen."""
    return copy_with(draft, over=base)


def append(tables: Tables, pen: Pen, draft: Draft, beside: Sequence[Change] | None = None) -> Change:
    """Keep *draft* as a change made on this machine; *beside*: all else that its record has, where that is at hand.

    Raises ChildErased, and WallBroken (at commit of the statement) where a gated kind lacks its grounds.
    """
    change = _change(tables, pen, draft)
    if is_gone(tables, change.drawer, change.subject):
        raise ChildErased
    clocks.follow(tables, pen.clock)
    insert(tables, change, change.encoded(), batch=None, block=None)
    settle(tables, [change], histories.NONE if beside is None else {change.record: [*beside, change]})
    return change


def append_over(tables: Tables, pen: Pen, draft: Draft) -> Change:
    """Keep *draft* over whatever its fields say now: for what is computed, or decided without an opened editor."""
    record = record_id(KINDS[draft.kind], clean(dict(draft.set)), draft.record, "")
    stands = heads_of(tables, record)
    return append(tables, pen, over(draft, {name: ids for name, ids in stands.items() if name in draft.set}))


def replace(tables: Tables, pen: Pen, old: Change, draft: Draft, beside: Sequence[Change]) -> Change:
    """Keep *draft* instead of *old*, an unsealed change of the same editor that nothing names (`design.md` §3)."""
    tables.execute("DELETE FROM changes WHERE id = ?", [old.id])
    return append(tables, pen, draft, beside)


def insert(tables: Tables, change: Change, body: bytes, batch: str | None, block: str | None) -> None:
    """Add one row to the log; *body* is kept as received. A change made here has no batch: the wall looks at it."""
    insert_all(tables, [(change, body)], batch, block)


def insert_all(tables: Tables, found: Iterable[tuple[Change, bytes]], batch: str | None, block: str | None) -> None:
    """Add rows to the log, each change with its bytes."""
    tables.conn.executemany(
        "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(one.id, one.drawer, one.subject, one.session, one.kind, one.record, one.tick),
                *(one.author, one.device, one.editor, json.dumps(one.grounds), body, batch, block),
            )
            for one, body in found
        ],
    )


def is_gone(tables: Tables, drawer: str, subject: str | None) -> bool:
    """Tell whether the child *subject* was erased here, as far as that drawer held it."""
    found = tables.execute("SELECT 1 FROM erased_children WHERE drawer = ? AND subject = ?", [drawer, subject])
    return found.fetchone() is not None


def known(tables: Tables, change_id: str) -> bool:
    """Tell whether the log holds this id; the same id always means the same bytes."""
    return bool(known_of(tables, [change_id]))


def known_of(tables: Tables, ids: Iterable[str]) -> set[str]:
    """Return which of these ids the log holds."""
    rows = tables.execute("SELECT id FROM changes WHERE id IN (SELECT value FROM json_each(?))", [json.dumps([*ids])])
    return {row[0] for row in rows}


def waits(tables: Tables, record: str) -> bool:
    """Tell whether a change of *record* is not sealed yet."""
    found = tables.execute("SELECT 1 FROM changes WHERE record = ? AND block IS NULL", [record])
    return found.fetchone() is not None


def of_record(tables: Tables, record: str) -> list[Change]:
    """Return every change of *record*, without what an order to erase hides that is parked."""
    return histories.changes(tables, [record]).get(record, [])


def all_of(tables: Tables, record: str) -> list[Change]:
    """Return every change of *record*, and the stubs of what was erased of it."""
    return histories.of_records(tables, [record])[record]


def of_session(tables: Tables, session: str, device: str) -> list[Change]:
    """Return every change that *device* made in one session, oldest first."""
    rows = tables.execute(
        "SELECT body FROM changes WHERE session = ? AND device = ? ORDER BY tick, id", [session, device]
    )
    return [decode(row[0]) for row in rows]


def stubs_of(tables: Tables, record: str) -> list[Change]:
    """Return what is left of the erased changes of *record*."""
    return histories.stubs(tables, [record]).get(record, [])


def standing_of(tables: Tables, record: str) -> list[Change]:
    """Return what of *record* counts now: neither held nor a second one to an immutable event; stubs among it."""
    changes = all_of(tables, record)
    if not changes:
        return []
    return merge.usable(changes, standing.held(tables), KINDS[changes[0].kind].immutable)


def aside(tables: Tables, session: str, kind: str) -> list[list[Change]]:
    """Return, record by record of a session, what was written over something erased: it waits, and is not held."""
    records = tables.execute(
        "SELECT DISTINCT record FROM changes WHERE session = ? AND kind = ? AND record IN (SELECT record FROM stubbed)",
        [session, kind],
    )
    every = [all_of(tables, record) for (record,) in records.fetchall()]
    waiting = [(changes, ids) for changes in every if (ids := merge.suspended(changes))]
    if not waiting:
        return []
    is_held = standing.held(tables)
    return [[one for one in changes if one.id in ids and not is_held(one)] for changes, ids in waiting]


def heads_of(tables: Tables, record: str) -> dict[str, list[str]]:
    """Return, per field, the ids of the heads that count now: what an editor opened at this moment is based on."""
    found = merge.heads(standing_of(tables, record))
    return {name: [one.id for one in ones] for name, ones in found.items()}


def editors_last(tables: Tables, editor: str, record: str) -> tuple[Change, bool, list[Change]] | None:
    """Return this editor's newest change of *record*, whether it is free (unsealed, unnamed), and what is beside it."""
    row = tables.execute(
        "SELECT id, block IS NULL FROM changes WHERE editor = ? AND record = ? ORDER BY tick DESC LIMIT 1",
        [editor, record],
    ).fetchone()
    if row is None:
        return None
    known = all_of(tables, record)
    named = any(row[0] in ids for other in known for ids in other.over.values())
    last = next(one for one in known if one.id == row[0])
    return last, bool(row[1]) and not named, [one for one in known if one is not last]


def save_from_editor(tables: Tables, pen: Pen, draft: Draft, record: str, base: str) -> Change:
    """Keep what one opened editor holds now (`design.md` §3).

    Its own last change is replaced while it is unsealed and named by nothing; once sealed or named, the editor saves on
    over it. The first save goes over *base*, the heads that stood when the editor was opened (JSON, as `encode_base`
    made it), so that an edit never overwrites what its author did not see. Raises Invalid for a base that is none,
    TypingErased.
    """
    if standing.is_erased(tables, draft.editor or "", pen.device):
        raise TypingErased
    before = editors_last(tables, draft.editor or "", record)
    if before is None:
        _check_seen(tables, record, base)
        return _append_seen(tables, pen, draft, record, base)
    old, free, beside = before
    if old.set == clean(dict(draft.set)):
        return old
    if free:
        begun = copy_with(draft, over=old.over, elapsed=old.elapsed)  # when it was begun
        return replace(tables, pen, old, begun, beside)
    return append(tables, pen, over(draft, dict.fromkeys(draft.set, (old.id,))), [*beside, old])


def _check_seen(tables: Tables, record: str, base: str) -> None:
    """Raise TypingErased where a page was opened on what is erased now: its words may be among what was typed."""
    gone = {one.id for one in stubs_of(tables, record)}
    if any(one in gone for ids in _known_base(tables, record, base).values() for one in ids):
        raise TypingErased


def save_over(tables: Tables, pen: Pen, draft: Draft, record: str, base: str) -> Change | None:
    """Keep what of *draft* its author changed since *base* was on the screen, over just that; None for nothing new.

    What was changed elsewhere meanwhile stays and shows as a conflict; the same form sent twice changes nothing.
    """
    changed = _news(tables, draft, record, base)
    keys = {name: draft.set[name] for name in KINDS[draft.kind].key}
    return _append_seen(tables, pen, copy_with(draft, set=keys | changed), record, base) if changed else None


def save_together(tables: Tables, pen: Pen, draft: Draft, record: str, base: str) -> Change | None:
    """As `save_over`, for fields that mean something only together: where one is new, all of them are kept."""
    new = _news(tables, draft, record, base)
    return _append_seen(tables, pen, draft, record, base) if new else None


def seen(tables: Tables, record: str, base: str) -> merge.Heads:
    """Return, per field, the changes that were on the screen of who opened an editor on *base*."""
    changes = {one.id: one for one in all_of(tables, record)}
    return {name: [changes[one] for one in ids] for name, ids in _known_base(tables, record, base).items()}


def _append_seen(tables: Tables, pen: Pen, draft: Draft, record: str, base: str) -> Change:
    heads = _known_base(tables, record, base)
    return append(tables, pen, over(draft, {name: ids for name, ids in heads.items() if name in draft.set}))


def _news(tables: Tables, draft: Draft, record: str, base: str) -> dict[str, Value]:
    """Return what of *draft* is said neither on the screen that *base* names nor now."""
    heads, shown = seen(tables, record, base), merge.show(standing_of(tables, record))
    now = shown.values if shown else {}
    return {
        name: value
        for name, value in clean(dict(draft.set)).items()
        if _is_new(value, [one.set.get(name) for one in heads.get(name, ())], now.get(name))
    }


def _is_new(value: Value, seen: list[Value], now: Value) -> bool:
    """Whoever saw two versions decides between them by saving."""
    if any(one != seen[0] for one in seen):
        return True
    return not any(value == one or not (_is_told(value) or _is_told(one)) for one in (*(seen[:1] or [None]), now))


def _is_told(value: Value) -> bool:
    return value is not None and value != "" and value != {}


def encode_base(changes: Iterable[Change]) -> str:
    """Return, as it travels in a form, what an editor opened on *changes* is based on: the heads of each field."""
    return json.dumps({name: [one.id for one in ones] for name, ones in sorted(merge.heads(changes).items())})


def _known_base(tables: Tables, record: str, base: str) -> Mapping[str, Sequence[str]]:
    """Ids that this record never had name nothing."""
    try:
        given = {str(name): [str(one) for one in ids] for name, ids in json.loads(base or "{}").items()}
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise Invalid(field=N_("this page's own data")) from error
    known_ids = {change.id for change in all_of(tables, record)}  # who saw what was erased writes over its stub
    return {name: [one for one in ids if one in known_ids] for name, ids in given.items()}


def settle(tables: Tables, changes: Iterable[Change], whole: Mapping[str, list[Change]] = histories.NONE) -> None:
    """Bring state, heads and index in step with the log, for every record that *changes* can have moved."""
    changes = list(changes)
    for subject in _judged_again(changes):
        standing.restand(tables, subject)
    settle_records(tables, _touched(tables, changes), changes, whole)
    for subject in duplicates.named(changes):
        standing.restand(tables, subject)
    grown.settle(tables, changes)
    if any(change.kind in {"notice", "participant"} for change in changes):
        standing.restand_noticed(tables)


def settle_records(
    tables: Tables,
    records: Mapping[str, str],
    at_hand: Iterable[Change] = (),
    whole: Mapping[str, list[Change]] = histories.NONE,
) -> None:
    """Bring the named *records* (id to kind) in step with the log; what is at hand is as of `histories.of_records`."""
    held, at_hand = standing.held(tables), list(at_hand)
    kinds: dict[str, list[str]] = {}
    for record, kind in records.items():
        kinds.setdefault(kind, []).append(record)
    for kind, named in kinds.items():
        for start in range(0, len(named), SOME):
            found = histories.of_records(tables, named[start : start + SOME], at_hand, whole)
            _settle_some(tables, KINDS[kind], found, held)


def _settle_some(tables: Tables, kind: Kind, found: histories.Histories, held: standing.Held) -> None:
    """The index comes last: a statement on another table lets it write down its words, row by row."""
    kept = decisions.kept(tables, found)
    histories.keep_heads(tables, {record: merge.heads(changes) for record, changes in found.items()})
    shown = {one: merge.amounts_to(of, held, kept.get(one, ()), immutable=kind.immutable) for one, of in found.items()}
    moved = state.keep(tables, kind, shown)
    search.index(tables, kind, {record: shown[record] for record in moved})


def _judged_again(changes: list[Change]) -> set[str]:
    return {change.subject for change in changes if change.kind == "consent_event" and change.subject}


def _touched(tables: Tables, changes: list[Change]) -> dict[str, str]:
    """Consent facts, form texts and decisions say something of other records, so those are looked at again too."""
    touched = decisions.about(tables, changes) | {change.record: change.kind for change in changes}
    gated = "SELECT DISTINCT record, kind FROM changes WHERE kind IN (SELECT value FROM json_each(?))"
    if any(change.kind == "form" for change in changes):
        return touched | dict(tables.execute(gated, [_GATED]).fetchall())
    for subject in _judged_again(changes):
        touched |= dict(tables.execute(gated + " AND subject = ?", [_GATED, subject]).fetchall())
    return touched


_GATED = json.dumps([kind.name for kind in KINDS.values() if kind.needs or kind.attached])


def _change(tables: Tables, pen: Pen, draft: Draft) -> Change:
    kind = KINDS[draft.kind]
    change_id = new_id()
    values = clean(dict(draft.set))
    unknown = values.keys() - kind.fields.keys()
    if unknown:
        raise ValueError(f"{kind.name} has no fields {sorted(unknown)}")
    tick = tables.execute("SELECT coalesce(max(tick), 0) + 1 FROM changes").fetchone()[0]
    return Change(
        id=change_id,
        author=pen.author,
        device=pen.device,
        tick=tick,
        wall=pen.clock.now().isoformat(timespec="seconds"),
        drawer=draft.drawer or drawer_of(kind, pen.team),
        kind=kind.name,
        record=record_id(kind, values, draft.record, change_id),
        set=values,
        over={name: tuple(ids) for name, ids in draft.over.items() if ids},
        grounds=draft.grounds,
        subject=draft.subject,
        session=draft.session,
        editor=draft.editor,
        elapsed=draft.elapsed,
        flags=clocks.flags(tables, pen.clock),
    )


def record_id(kind: Kind, values: Mapping[str, Value], given: str | None, change_id: str) -> str:
    """Return the natural id where the kind has a key, else the id *given*, else the change's own (an event)."""
    if kind.key:
        return natural_id(kind.name, *(str(values[name]) for name in kind.key))
    return given or change_id
