"""What the database itself keeps ready for lists, counts and exchange, as SQL for the migrations; no wall among it."""

from __future__ import annotations

# A *plain* yes is a child's to everything that is needed, which lifts nothing: of many the last one decides as they all
# do, so that a list of children need not read the rest (`store/standing.py`).
PLAIN = """coalesce(
    json_extract(body, '$.set.actor') = 'child'
    AND json_extract(body, '$.set.act') IN ('given', 'reaffirmed', 'reconsented')
    AND json_extract(body, '$.set.items.participate') = 'yes'
    AND json_extract(body, '$.set.items.notes') = 'yes'
    AND json_extract(body, '$.set.items.store') = 'yes'
    AND coalesce(json_array_length(body, '$.set.lifts'), 0) = 0, 0)"""

# Covering indexes: a row of the log is wide, and a list or a count that has to open each of them reads the whole file.
LISTS = """
DROP INDEX changes_record;
DROP INDEX changes_unsealed;
DROP INDEX changes_waiting;
CREATE INDEX changes_record ON changes (record, tick, author);
CREATE INDEX changes_unsealed ON changes (drawer, subject, block) WHERE block IS NULL;
CREATE INDEX changes_waiting ON changes (session, block) WHERE block IS NULL AND session IS NOT NULL;
CREATE INDEX changes_interviews ON changes (subject, tick, record) WHERE kind = 'interview';
CREATE INDEX changes_flagged ON changes (subject) WHERE json_extract(body, '$.flags') IS NOT NULL;
CREATE VIEW consent_log AS
  SELECT id, subject, tick, body, {plain} AS plain
  FROM changes WHERE kind = 'consent_event' AND id = record;
CREATE INDEX changes_plain ON changes ({plain}, subject, tick)
  WHERE kind = 'consent_event' AND id = record;
CREATE INDEX consent_events_day ON consent_events (day, subject);
CREATE INDEX interviews_day ON interviews (started_on, subject);
CREATE INDEX interviews_of ON interviews (interviewer, started_on, subject, id);
CREATE INDEX memos_of ON memos (interview, interviewer);
CREATE INDEX closings_ended ON closings (interview, ended_on);
CREATE INDEX closings_lacking ON closings (interview)
  WHERE coalesce(setting, '') = '' OR coalesce(others_present, '') IN ('', '[]');
CREATE INDEX answers_outcome ON answers (interview, outcome);
CREATE INDEX moments_what ON moments (what, interview);
CREATE INDEX answers_doubted ON answers (interview, question) WHERE instr(text, '〔待核〕');
"""

# What continues what, and what waits: a row of a block is wide, and every exchange asks.
BLOCKS = """
CREATE INDEX blocks_previous ON blocks (stream, json_extract(CAST(header AS TEXT), '$.previous'), position);
CREATE INDEX blocks_standing ON blocks (standing, drawer, stream);
"""

# What each laptop dated, by whatever its records call the day.
DATED = """
CREATE INDEX changes_dated ON changes (
  device, tick, coalesce(json_extract(body, '$.set.started_on'), json_extract(body, '$.set.day'))
) WHERE kind IN ('interview', 'consent_event') AND coalesce(json_extract(body, '$.set.entered_on'), '') = ''
  AND coalesce(json_extract(body, '$.set.started_on'), json_extract(body, '$.set.day')) IS NOT NULL;
"""

# A stick whose loss somebody took back is not lost; which loss was meant is kept beside it.
FOUND = """
ALTER TABLE sticks ADD COLUMN loss TEXT NOT NULL DEFAULT '';
UPDATE sticks SET loss = coalesce((
  SELECT l.id FROM lost_sticks AS l CROSS JOIN changes AS c ON c.id = l.id WHERE c.batch IS NULL
  AND l.written_on = substr(sticks.at, 1, 10) AND l.interviews = sticks.interviews ORDER BY l.id LIMIT 1), '')
  WHERE lost <> '';
CREATE VIEW sticks_now AS
  SELECT place, id, at, name, interviews, ends, iif(found, '', lost) AS lost, loss
  FROM (SELECT *, EXISTS (SELECT 1 FROM found_sticks AS f WHERE f.loss = s.loss) AS found FROM sticks AS s);
"""

# By which names an erased child's blocks are known; a notice about a part is no wall against the rest.
GONE = """
CREATE TABLE erased_aliases (drawer TEXT, alias TEXT, PRIMARY KEY (drawer, alias)) WITHOUT ROWID;
CREATE TABLE erased_children (drawer TEXT, subject TEXT, PRIMARY KEY (drawer, subject)) WITHOUT ROWID;
DROP VIEW noticed;
CREATE VIEW noticed_all AS
  SELECT c.subject, n.id AS notice, n.scope, n.requested_by FROM notices AS n
  CROSS JOIN child_names AS c ON c.name = n.code COLLATE NOCASE;
CREATE VIEW noticed AS
  SELECT * FROM noticed_all WHERE scope NOT IN ('audio', 'photo', 'quote', 'recontact', 'share');
"""

# Blocks that a coordinator had emptied, whoever made them, each with the drawer that the order named.
REDACTED = """
CREATE TABLE redacted_blocks (hash TEXT, drawer TEXT, PRIMARY KEY (hash, drawer)) WITHOUT ROWID;
CREATE INDEX consent_events_scope ON consent_events (scope, id) WHERE scope IS NOT NULL;
"""

# Recordings and pictures that a coordinator had erased, whoever made them, each with the drawer that the order named.
REDACTED_ATTACHMENTS = """
CREATE TABLE redacted_attachments (id TEXT, drawer TEXT, PRIMARY KEY (id, drawer)) WITHOUT ROWID;
ALTER TABLE redactions ADD COLUMN attachments TEXT;
"""

# The log in the order in which it came: a row is wide, and among ids, which are random, each would go to another
# page. An index ends with the id, so that it need not be looked up in the row; not that of what was said: as the wider
# one it would not be taken.
APPENDED = """
CREATE TABLE moved AS SELECT * FROM changes;
DROP TABLE changes;
CREATE TABLE changes (
  id TEXT PRIMARY KEY NOT NULL, drawer TEXT NOT NULL, subject TEXT, session TEXT, kind TEXT NOT NULL,
  record TEXT NOT NULL, tick INTEGER NOT NULL, author TEXT NOT NULL, device TEXT NOT NULL, editor TEXT,
  grounds TEXT NOT NULL, body BLOB NOT NULL, batch TEXT, block TEXT
);
INSERT INTO changes SELECT * FROM moved ORDER BY tick, id;
DROP TABLE moved;
CREATE INDEX changes_subject ON changes (subject, kind, id);
CREATE INDEX changes_editor ON changes (editor, id) WHERE editor IS NOT NULL;
CREATE INDEX changes_tick ON changes (tick, id);
CREATE INDEX changes_approved ON changes (json_extract(body, '$.set.text_hash'), id)
  WHERE kind = 'form' AND json_extract(body, '$.set.state') = 'approved';
CREATE INDEX changes_session ON changes (session, id) WHERE session IS NOT NULL;
CREATE INDEX changes_record ON changes (record, tick, author, id);
CREATE INDEX changes_unsealed ON changes (drawer, subject, block, id) WHERE block IS NULL;
CREATE INDEX changes_waiting ON changes (session, block, id) WHERE block IS NULL AND session IS NOT NULL;
CREATE INDEX changes_interviews ON changes (subject, tick, record, id) WHERE kind = 'interview';
CREATE INDEX changes_flagged ON changes (subject, id) WHERE json_extract(body, '$.flags') IS NOT NULL;
CREATE INDEX changes_plain ON changes ({plain}, subject, tick, id)
  WHERE kind = 'consent_event' AND id = record;
CREATE INDEX changes_decided ON changes (json_extract(body, '$.set.about'), id) WHERE kind = 'conflict_decision';
CREATE INDEX changes_participants ON changes (record, tick, id, drawer) WHERE kind = 'participant';
CREATE INDEX changes_dated ON changes (
  device, tick, coalesce(json_extract(body, '$.set.started_on'), json_extract(body, '$.set.day')), id
) WHERE kind IN ('interview', 'consent_event') AND coalesce(json_extract(body, '$.set.entered_on'), '') = ''
  AND coalesce(json_extract(body, '$.set.started_on'), json_extract(body, '$.set.day')) IS NOT NULL;
CREATE INDEX changes_said ON changes (
  subject, json_extract(CAST(body AS TEXT), '$.set.act'), json_extract(CAST(body AS TEXT), '$.set.actor'),
  json_extract(CAST(body AS TEXT), '$.set.session'), json_extract(CAST(body AS TEXT), '$.set.person')
) WHERE kind = 'consent_event' AND id = record;
"""
