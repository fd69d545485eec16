"""The tables and columns that the first migrations make, as they made them: what has landed is never changed here."""

from __future__ import annotations

LOG = """
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

STATE = {
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

NEW_TABLES = {
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

NEW_COLUMNS = {
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

APPROVED = """
CREATE INDEX changes_approved ON changes (json_extract(body, '$.set.text_hash'))
  WHERE kind = 'form' AND json_extract(body, '$.set.state') = 'approved';
"""

WHOLE_TABLES = {
    "moments": "interview what who question t_elapsed:int",
    "closings": "interview completion stop_reason setting setting_note privacy language_main language_mix "
    "field_notes_when ended_on relationship_before told_about_interviewer interviewer_stance second_adult note_taker "
    "saturation saturation_note member_check thank_you mood_start:int mood_end:int duration_ms:int others_present told "
    "reasons",
    "observations": "interview setting_desc interaction non_verbal interruptions profile",
}

# What was erased: a stub goes on replacing what its change replaced, an editor brings nothing more (`design.md` §3).
ERASED = """
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

GONE_TABLES = {
    "erasures_done": "erasure device day",
    "tombstones": "case_code slip_code site sex age_group erasure day told_on requested_by removed",
}
