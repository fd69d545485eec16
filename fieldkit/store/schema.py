"""The tables, as append-only migrations; they import nothing of ours that changes, so that nothing later breaks them.

State tables have no constraint but the record id: two children may arrive with one case code (`design.md` §3).
The triggers are the third consent wall; sqlite-utils' `transform()` would drop them, a test lists them.
"""

from __future__ import annotations

from sqlite_utils import Migrations

from fieldkit.store import derived, walls
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
)  # any other name is a later version's

_LOG = """
CREATE TABLE changes (
  id TEXT PRIMARY KEY, drawer TEXT NOT NULL, subject TEXT, session TEXT, kind TEXT NOT NULL, record TEXT NOT NULL,
  tick INTEGER NOT NULL, author TEXT NOT NULL, device TEXT NOT NULL, editor TEXT, grounds TEXT NOT NULL,
  body BLOB NOT NULL, batch TEXT, block TEXT
) WITHOUT ROWID;
CREATE INDEX changes_record ON changes (record);
CREATE INDEX changes_subject ON changes (subject, kind);
CREATE INDEX changes_editor ON changes (editor) WHERE editor IS NOT NULL;
CREATE INDEX changes_unsealed ON changes (drawer, subject) WHERE block IS NULL;
CREATE INDEX changes_tick ON changes (tick);
CREATE TABLE heads (record TEXT, field TEXT, change TEXT, PRIMARY KEY (record, field, change)) WITHOUT ROWID;
CREATE TABLE orders (id TEXT PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE drawer_keys (drawer TEXT, epoch INTEGER, key BLOB, PRIMARY KEY (drawer, epoch)) WITHOUT ROWID;
CREATE TABLE streams (id TEXT PRIMARY KEY, drawer TEXT NOT NULL, device TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (
  hash TEXT PRIMARY KEY, stream TEXT NOT NULL, position INTEGER NOT NULL, drawer TEXT NOT NULL,
  header BLOB NOT NULL, payload BLOB, standing TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX blocks_stream ON blocks (stream, position);
CREATE TABLE parked (block TEXT, line INTEGER, body BLOB, reason TEXT, PRIMARY KEY (block, line)) WITHOUT ROWID;
CREATE TABLE machine (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE batches (id TEXT PRIMARY KEY, at TEXT NOT NULL, source TEXT NOT NULL, report TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE standings (subject TEXT PRIMARY KEY, hidden INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE search_rows (number INTEGER PRIMARY KEY, record TEXT UNIQUE NOT NULL, subject TEXT);
CREATE VIRTUAL TABLE search USING fts5(words, content='', contentless_delete=1, tokenize='unicode61');
"""

_STATE = {
    "studies": "code title_zh title_en institution contact retention_until",
    "sites": "code",
    "questions": "code section ctx position:int core:int sens:int probes",
    "strings": "code zh en zh_state en_state position:int",
    "guide_versions": "number:int strings",
    "forms": "doc_kind version text_hash state strings items",
    "team_secrets": "team secret",
    "participants": "case_code site sex age_group pseudonym_zh pseudonym_en migration carer registered_on",
    "persons": "relation role basis",
    "slips": "called phone",
    "identities": "real_name birth_date",
    "person_names": "person name",
    "consent_events": "actor person relation act form form_text_hash method no_sign_reason witness_relation session "
    "evidence_hash age_group guardian_basis day scope requested_by channel words items understanding told follows "
    "lifts voids",
    "evidence": "event signature paper_ref paper_place witness",
    "nonparticipations": "reason site sex age_group day",
    "notices": "code scope requested_by day",
    "interviews": "guide_version started_on interviewer",
    "answers": "interview question text text_kind outcome",
}


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
    _script(db, _LOG)
    for table, fields in _STATE.items():
        db.table(table).create(_columns(fields), pk="id")
        db.table(table).create_index(["subject"])
        _script(db, walls.NEEDS_CHANGE.format(table=table))
    _script(db, walls.NAMES)
    _script(db, walls.SAID)
    _script(db, walls.GATED.format(kind="interview", items="('participate'), ('notes'), ('store')"))
    _script(db, walls.GATED.format(kind="answer", items="('notes')"))


_NEW_TABLES = {
    "study_facts": "code value",
    "team_members": "code gender credentials occupation interview_training child_training_on dialects stance_zh "
    "stance_en nda_signed_on record_check_on",
    "help_numbers": "site line number verified_on verified_by",
    "parents": "child parent alive living_with migration away_since work_place occupation contact_freq contact_mode "
    "capacity months_away:int home_visits:int reasons",
    "screenings": "child result approach day criteria",
    "visits": "day site outcome next_on note",
    "places": "site name address gatekeeper permission_on permission_doc child_director township_officer police",
    "papers": "event brought_on paper_ref paper_place",
}
_NEW_COLUMNS = {
    "sites": "site_type county private_room network power",
    "forms": "stamped_on ethics_no valid_from valid_to change_class",
    "participants": "grade boarding recruited_via pilot household slip_code moved_on age_at_enrol:int siblings:int "
    "sensitive reasons",
    "persons": "basis_evidence care_type age_band education reads_zh speaks care_agreement whereabouts capacity "
    "ended_on ended_why reasons",
    "slips": "given_by",
    "identities": "birth_calendar birth_precision birth_source told_kind pet_names address school school_class phones "
    "told_age:int zodiac:int",
    "person_names": "phone",
    "consent_events": "entered_on lang_used read_aloud_by again_on call reasons",
    "evidence": "recording_place",
    "interviews": "asked",
}


@migrations()
def people_and_consent(db: Tables) -> None:
    """Second landing: people in full, every way of consenting, what the coordinator makes ready, slip codes."""
    for table, fields in _NEW_TABLES.items():
        db.table(table).create(_columns(fields), pk="id")
        db.table(table).create_index(["subject"])
        _script(db, walls.NEEDS_CHANGE.format(table=table))
    for table, fields in _NEW_COLUMNS.items():
        for name in fields.split():
            column, _, kind = name.partition(":")
            db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {'INTEGER' if kind else 'TEXT'}")
    _script(db, walls.SLIP_CODES)


_APPROVED = """
CREATE INDEX changes_approved ON changes (json_extract(body, '$.set.text_hash'))
  WHERE kind = 'form' AND json_extract(body, '$.set.state') = 'approved';
"""


@migrations()
def memos_and_approved(db: Tables) -> None:
    """What an interviewer writes about the interviewing; every form text that was ever approved, found at once."""
    fields = "interview interviewer day sealed self_role assumptions method_note analytic_idea"
    db.table("memos").create(_columns(fields), pk="id")
    db.table("memos").create_index(["interview"])
    _script(db, walls.NEEDS_CHANGE.format(table="memos"))
    _script(db, _APPROVED)


_WHOLE_TABLES = {
    "moments": "interview what who question t_elapsed:int",
    "closings": "interview completion stop_reason setting setting_note privacy language_main language_mix "
    "field_notes_when ended_on relationship_before told_about_interviewer interviewer_stance second_adult note_taker "
    "saturation saturation_note member_check thank_you mood_start:int mood_end:int duration_ms:int others_present told "
    "reasons",
    "observations": "interview setting_desc interaction non_verbal interruptions profile",
}
# What was erased: a stub goes on replacing what its change replaced, an editor brings nothing more (`design.md` §3).
_ERASED = """
CREATE TABLE stubs (
  id TEXT, device TEXT, drawer TEXT NOT NULL, kind TEXT NOT NULL, record TEXT NOT NULL, over TEXT NOT NULL,
  PRIMARY KEY (id, device)
) WITHOUT ROWID;
CREATE INDEX stubs_record ON stubs (record);
CREATE TABLE erased_editors (editor TEXT, device TEXT, PRIMARY KEY (editor, device)) WITHOUT ROWID;
CREATE TABLE erased_blocks (hash TEXT, device TEXT, PRIMARY KEY (hash, device)) WITHOUT ROWID;
CREATE TABLE erasures (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE INDEX changes_session ON changes (session) WHERE session IS NOT NULL;
CREATE INDEX changes_waiting ON changes (session) WHERE block IS NULL AND session IS NOT NULL;
CREATE INDEX answers_interview ON answers (interview);
"""


@migrations()
def interview_whole(db: Tables) -> None:
    """An interview from its first minute to its end: moments, closing, observation; and what was erased of it."""
    for table, fields in _WHOLE_TABLES.items():
        db.table(table).create(_columns(fields), pk="id")
        db.table(table).create_index(["interview"])
        db.table(table).create_index(["subject"])
        _script(db, walls.NEEDS_CHANGE.format(table=table))
    for column in ("mode", "entered_on", "paper_ref"):
        db.execute(f"ALTER TABLE interviews ADD COLUMN {column} TEXT")
    _script(db, walls.GATED.format(kind="moment", items="('notes')"))
    _script(db, walls.GATED.format(kind="observation", items="('notes')"))
    _script(db, _ERASED)


_DISPUTED = ("participants", "parents", "persons", "identities", "closings", "observations", "answers")


@migrations()
def lists_at_once(db: Tables) -> None:
    """Lists and counts that take no longer with ten thousand interviews than with a hundred."""
    _script(db, derived.LISTS.format(plain=derived.PLAIN))
    for table in _DISPUTED:
        db.execute(f"CREATE INDEX {table}_conflict ON {table} (subject, conflict) WHERE conflict")
    _script(db, walls.TALLIES)


_GONE_TABLES = {
    "erasures_done": "erasure device day",
    "tombstones": "case_code slip_code site sex age_group erasure day told_on requested_by removed",
}


@migrations()
def whole_children_gone(db: Tables) -> None:
    """A child whom a coordinator erased: by which names its blocks are known, the tombstone, and who carried it out.

    A notice that takes back a part of what was allowed is no wall against the rest.
    """
    for table, fields in _GONE_TABLES.items():
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


@migrations()
def of_age_by_a_date(db: Tables) -> None:
    """A grown participant's own yes is not stopped by what a guardian once said."""
    _script(db, walls.GROWN)
    _script(db, walls.GATED_GROWN.format(kind="interview", items="('participate'), ('notes'), ('store')"))
    for kind in ("answer", "moment", "observation"):
        _script(db, walls.GATED_GROWN.format(kind=kind, items="('notes')"))
    _script(db, walls.GATED_GROWN.format(kind="attachment", items=walls.BY_MEDIUM))


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
