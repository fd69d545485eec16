"""The tables, as append-only migrations; they import nothing of ours that changes, so that nothing later breaks them.

State tables have no constraint but the record id: two children may arrive with one case code (`design.md` §3).
The triggers are the third consent wall; sqlite-utils' `transform()` would drop them, a test lists them.
"""

from __future__ import annotations

from sqlite_utils import Migrations

from fieldkit.store import derived, tables, walls
from fieldkit.store.database import Tables

APPLICATION_ID = 0x464B4954  # "FKIT"
migrations = Migrations("fieldkit")
KNOWN = (
    "log_and_state",
    "people_and_consent",
    "memos_and_approved",
    "interview_whole",
    "lists_at_once",
    "whole_children_gone",
    "conflicts_decided",
    "children_known_twice",
    "children_found_by_name",
    "receipts_and_sticks",
    "erasures_parked",
    "attachments_in_chunks",
    "cells_wanted",
    "work_lists",
    "clocks_repaired",
    "blocks_at_once",
    "sticks_found",
    "pilot_children_gone",
    "work_called_off",
    "answers_taken_back",
    "paper_named",
    "of_age_by_a_date",
    "recordings_taken_back",
    "printed_at_the_stamp",
    "words_taken_back",
    "of_age_by_a_believed_date",
    "notices_declared_void",
    "refusals_answered",
    "own_notices_taken_back",
    "who_thinks_halts",
    "left_talks_stay_ended",
    "taken_back_under_either_record",
    "of_age_despite_a_notice",
    "said_at_once",
    "heard_once",
    "log_appended",
    "words_written_at_once",
)  # any other name is a later version's


def _columns(fields: str) -> dict[str, type]:
    pairs = [name.partition(":") for name in fields.split()]
    shown = {"id": str, "subject": str, "session": str, "conflict": int}
    return {**shown, **{name: int if kind == "int" else str for name, _, kind in pairs}}


def _script(db: Tables, statements: str) -> None:
    """Run statements one by one: `executescript` would commit the migration's transaction half-way."""
    draft = ""
    for line in statements.splitlines():
        draft += line + "\n"
        if line.rstrip().endswith(";") and ("CREATE TRIGGER" not in draft or "END;" in line):
            db.execute(draft)
            draft = ""


@migrations()
def log_and_state(db: Tables) -> None:
    """First landing: the log, its local facts, one table per kind, the search index, the consent wall."""
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    _script(db, tables.LOG)
    for table, fields in tables.STATE.items():
        db.table(table).create(_columns(fields), pk="id")
        db.table(table).create_index(["subject"])
        _script(db, walls.NEEDS_CHANGE.format(table=table))
    _script(db, walls.NAMES)
    _script(db, walls.SAID)
    _script(db, walls.GATED.format(kind="interview", items="('participate'), ('notes'), ('store')"))
    _script(db, walls.GATED.format(kind="answer", items="('notes')"))


@migrations()
def people_and_consent(db: Tables) -> None:
    """Second landing: people in full, every way of consenting, what the coordinator makes ready, slip codes."""
    for table, fields in tables.NEW_TABLES.items():
        db.table(table).create(_columns(fields), pk="id")
        db.table(table).create_index(["subject"])
        _script(db, walls.NEEDS_CHANGE.format(table=table))
    for table, fields in tables.NEW_COLUMNS.items():
        for name in fields.split():
            column, _, kind = name.partition(":")
            db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {'INTEGER' if kind else 'TEXT'}")
    _script(db, walls.SLIP_CODES)


@migrations()
def memos_and_approved(db: Tables) -> None:
    """What an interviewer writes about the interviewing; every form text that was ever approved, found at once."""
    fields = "interview interviewer day sealed self_role assumptions method_note analytic_idea"
    db.table("memos").create(_columns(fields), pk="id")
    db.table("memos").create_index(["interview"])
    _script(db, walls.NEEDS_CHANGE.format(table="memos"))
    _script(db, tables.APPROVED)


@migrations()
def interview_whole(db: Tables) -> None:
    """An interview from its first minute to its end: moments, closing, observation; and what was erased of it."""
    for table, fields in tables.WHOLE_TABLES.items():
        db.table(table).create(_columns(fields), pk="id")
        db.table(table).create_index(["interview"])
        db.table(table).create_index(["subject"])
        _script(db, walls.NEEDS_CHANGE.format(table=table))
    for column in ("mode", "entered_on", "paper_ref"):
        db.execute(f"ALTER TABLE interviews ADD COLUMN {column} TEXT")
    _script(db, walls.GATED.format(kind="moment", items="('notes')"))
    _script(db, walls.GATED.format(kind="observation", items="('notes')"))
    _script(db, tables.ERASED)


_DISPUTED = ("participants", "parents", "persons", "identities", "closings", "observations", "answers")


@migrations()
def lists_at_once(db: Tables) -> None:
    """Lists and counts that take no longer with ten thousand interviews than with a hundred."""
    _script(db, derived.LISTS.format(plain=derived.PLAIN))
    for table in _DISPUTED:
        db.execute(f"CREATE INDEX {table}_conflict ON {table} (subject, conflict) WHERE conflict")
    _script(db, walls.TALLIES)


@migrations()
def whole_children_gone(db: Tables) -> None:
    """A child whom a coordinator erased: by which names its blocks are known, the tombstone, and who carried it out.

    A notice that takes back a part of what was allowed is no wall against the rest.
    """
    for table, fields in tables.GONE_TABLES.items():
        db.table(table).create(_columns(fields), pk="id")
        db.table(table).create_index(["subject"])
        _script(db, walls.NEEDS_CHANGE.format(table=table))
    _script(db, derived.GONE)


@migrations()
def conflicts_decided(db: Tables) -> None:
    """What a coordinator decided where two versions stood; and every record that waits for it is found at once."""
    db.table("conflict_decisions").create(_columns("about field choice taken reason note heads"), pk="id")
    _script(db, walls.NEEDS_CHANGE.format(table="conflict_decisions"))
    said = "json_extract(body, '$.set.about')"
    db.execute(f"CREATE INDEX changes_decided ON changes ({said}) WHERE kind = 'conflict_decision'")
    for table in ("screenings", "slips", "person_names", "papers", "nonparticipations", "interviews"):
        db.execute(f"CREATE INDEX {table}_conflict ON {table} (subject, conflict) WHERE conflict")


@migrations()
def children_known_twice(db: Tables) -> None:
    """Two records that are one child: while anybody says so, and nobody who knew of it says no, they are linked."""
    db.table("same_children").create(_columns("first second state reason"), pk="id")
    _script(db, walls.NEEDS_CHANGE.format(table="same_children"))
    _script(db, walls.LINKED)


@migrations()
def children_found_by_name(db: Tables) -> None:
    """What a child was ever called is read from the few changes that say it, not from all of them (`child_names`)."""
    db.execute("CREATE INDEX changes_participants ON changes (record, tick, id, drawer) WHERE kind = 'participant'")


@migrations()
def receipts_and_sticks(db: Tables) -> None:
    """Who signed what they hold, which bundles were written and lost, and what follows for each interview."""
    db.table("lost_sticks").create(_columns("device written_on lost_on interviews:int"), pk="id")
    _script(db, walls.NEEDS_CHANGE.format(table="lost_sticks"))
    _script(db, walls.CARRIED)


@migrations()
def erasures_parked(db: Tables) -> None:
    """What an order to erase names that does not count now, by a device that was taken out: it hides, and stays."""
    _script(db, walls.PARKED_STUBS)


@migrations()
def attachments_in_chunks(db: Tables) -> None:
    """Recordings and pictures of an interview: their records, and the sealed chunks that lie beside the database."""
    db.table("attachments").create(_columns("interview media key bytes:int chunks"), pk="id")
    for column in ("interview", "subject"):
        db.table("attachments").create_index([column])
    _script(db, walls.NEEDS_CHANGE.format(table="attachments"))
    _script(db, walls.GATED.format(kind="attachment", items=walls.BY_MEDIUM))
    _script(db, walls.CHUNKS)


@migrations()
def cells_wanted(db: Tables) -> None:
    """What a coordinator wants: so many children of a kind."""
    db.table("quota_cells").create(_columns("sex age_band lbc_group site target:int"), pk="id")
    _script(db, walls.NEEDS_CHANGE.format(table="quota_cells"))
    db.execute("CREATE INDEX quota_cells_conflict ON quota_cells (subject, conflict) WHERE conflict")


@migrations()
def work_lists(db: Tables) -> None:
    """What a coordinator asks a team to do with a child, and what came of it."""
    for table, fields in (("work_items", "what due day"), ("work_ticks", "item came day")):
        db.table(table).create(_columns(fields), pk="id")
        db.table(table).create_index(["subject"])
        _script(db, walls.NEEDS_CHANGE.format(table=table))


@migrations()
def clocks_repaired(db: Tables) -> None:
    """Which days were meant by days that a laptop believed; and what each laptop dated is found at once."""
    fields = "device from_day to_day reason first:int last:int days:int replaces"
    db.table("clock_repairs").create(_columns(fields), pk="id")
    _script(db, walls.NEEDS_CHANGE.format(table="clock_repairs"))
    _script(db, derived.DATED)


@migrations()
def blocks_at_once(db: Tables) -> None:
    """What an exchange asks of the blocks is read from an index, whatever they hold."""
    _script(db, derived.BLOCKS)


@migrations()
def sticks_found(db: Tables) -> None:
    """A lost stick that turned up."""
    db.table("found_sticks").create(_columns("loss day"), pk="id")
    _script(db, walls.NEEDS_CHANGE.format(table="found_sticks"))
    _script(db, derived.FOUND)


@migrations()
def pilot_children_gone(db: Tables) -> None:
    """Whether a child who is gone was one of the pilot's, so that deleting changes no count."""
    db.table("tombstones").add_column("pilot", str)


@migrations()
def work_called_off(db: Tables) -> None:
    """What a coordinator took off a work list."""
    db.table("work_removals").create(_columns("item day"), pk="id").create_index(["subject"])
    _script(db, walls.NEEDS_CHANGE.format(table="work_removals"))


@migrations()
def answers_taken_back(db: Tables) -> None:
    """Single answers that a family took back: named by an event, what became of them, the blocks emptied for it."""
    db.execute("ALTER TABLE consent_events ADD COLUMN answers TEXT")
    db.table("redactions").create(_columns("erasures answers day told_on requested_by removed:int"), pk="id")
    db.table("redactions").create_index(["subject"])
    _script(db, walls.NEEDS_CHANGE.format(table="redactions"))
    _script(db, derived.REDACTED)


@migrations()
def paper_named(db: Tables) -> None:
    """Which paper shows that somebody who is no parent is the guardian, beside whether one was seen."""
    db.execute("ALTER TABLE persons ADD COLUMN basis_paper TEXT")


def _wall(db: Tables, trigger: str, of_answers: str = "") -> None:
    """Put up the wall before each gated kind; *of_answers*: the one before answers, that lets words be taken back."""
    _script(db, trigger.format(kind="interview", items="('participate'), ('notes'), ('store')"))
    for kind in ("answer", "moment", "observation"):
        _script(db, trigger.format(kind=kind, items="('notes')"))
    _script(db, trigger.format(kind="attachment", items=walls.BY_MEDIUM))
    if of_answers:
        _script(db, of_answers.format(kind="answer", items="('notes')"))


@migrations()
def of_age_by_a_date(db: Tables) -> None:
    """A grown participant's own yes is not stopped by what a guardian once said."""
    _script(db, walls.GROWN)
    _wall(db, walls.GATED_GROWN)


@migrations()
def recordings_taken_back(db: Tables) -> None:
    """Recordings and pictures that a coordinator had erased because a family took them back."""
    _script(db, derived.REDACTED_ATTACHMENTS)


@migrations()
def printed_at_the_stamp(db: Tables) -> None:
    """What a version of a form said of the study when it was stamped, whatever is chosen afterwards."""
    db.execute("ALTER TABLE forms ADD COLUMN printed TEXT")


@migrations()
def words_taken_back(db: Tables) -> None:
    """What a child takes back of a note goes, though nothing more may be written down."""
    _script(db, walls.GATED_CUT.format(kind="answer", items="('notes')"))


@migrations()
def of_age_by_a_believed_date(db: Tables) -> None:
    """An own yes alone opens the wall only for who is of age by a date that is believed."""
    _wall(db, walls.GATED_BELIEVED, walls.GATED_BELIEVED_CUT)


@migrations()
def notices_declared_void(db: Tables) -> None:
    """A withdrawal by notice that a coordinator declared void is no wall any more."""
    _script(db, walls.NOTICED)


@migrations()
def refusals_answered(db: Tables) -> None:
    """What a visit was that ended with a refusal and had no no of a guardian or the child behind it."""
    db.table("visit_answers").create(_columns("visit whose day"), pk="id").create_index(["visit"])
    _script(db, walls.NEEDS_CHANGE.format(table="visit_answers"))
    db.execute("CREATE INDEX visits_refused ON visits (subject, day) WHERE outcome = 'refused'")


@migrations()
def own_notices_taken_back(db: Tables) -> None:
    """What a child asked for by notice is no wall any more once the child took it back by name."""
    _script(db, walls.NOTICED_LIFTED)


@migrations()
def who_thinks_halts(db: Tables) -> None:
    """Who thinks about it again halts the talk by the wall too."""
    _script(db, walls.PUT_OFF)
    _wall(db, walls.GATED_HALTED, walls.GATED_HALTED_CUT)


@migrations()
def left_talks_stay_ended(db: Tables) -> None:
    """Nothing is added to a talk that the participant left, whatever they agree to afterwards."""
    _script(db, walls.OWN_WITHDRAWALS)
    for kind in ("interview", "moment", "observation", "attachment"):
        _script(db, walls.LEFT.format(kind=kind, exempt="0"))
    _script(db, walls.LEFT.format(kind="answer", exempt=walls.SHORTER))


@migrations()
def taken_back_under_either_record(db: Tables) -> None:
    """Of a child who is known twice a no under one record is taken back by a yes under the other, by the wall too."""
    _script(db, walls.ONE_CHILD)
    _wall(db, walls.GATED_TWICE, walls.GATED_TWICE_CUT)


@migrations()
def of_age_despite_a_notice(db: Tables) -> None:
    """Whoever decides alone is stopped by no notice of a guardian's."""
    _wall(db, walls.GATED_OF_AGE, walls.GATED_OF_AGE_CUT)


@migrations()
def said_at_once(db: Tables) -> None:
    """The walls find what was said in an index, however much it is."""
    _script(db, walls.SAID_AT_ONCE)


@migrations()
def heard_once(db: Tables) -> None:
    """Who was heard is heard again only where every guardian's last word allows re-contact, by the wall too."""
    _script(db, walls.HEARD_ONCE)


@migrations()
def log_appended(db: Tables) -> None:
    """The log takes in what comes at its end: a third of the work of sealing, a tenth of that of taking in."""
    walls_as_they_stand = db.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'changes' AND type = 'trigger' ORDER BY rowid"
    ).fetchall()
    _script(db, derived.APPENDED.format(plain=derived.PLAIN))
    for (wall,) in walls_as_they_stand:
        db.execute(wall)


@migrations()
def words_written_at_once(db: Tables) -> None:
    """The index of words writes what comes in larger parts, and merges them less often; it finds the same."""
    for name, value in (("hashsize", 4 * 1024 * 1024), ("automerge", 8)):
        db.execute("INSERT INTO search (search, rank) VALUES (?, ?)", [name, value])
