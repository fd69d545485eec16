"""The third wall of consent as SQL, for the migrations that put it up (`design.md` §6). What landed is not changed."""

from __future__ import annotations

# What was said, each event by the one change it is named after, and what no coordinator voided of it.
SAID = """
CREATE VIEW said AS
  SELECT id, subject, body, json_extract(body, '$.set.actor') AS actor, json_extract(body, '$.set.act') AS act,
         json_extract(body, '$.set.person') AS person, json_extract(body, '$.set.session') AS session
  FROM changes WHERE kind = 'consent_event' AND id = record;
CREATE VIEW in_force AS
  SELECT s.*, s.act IN ('given', 'reaffirmed', 'reconsented') AS agrees FROM said AS s WHERE NOT EXISTS (
    SELECT 1 FROM said AS v, json_each(v.body, '$.set.voids') AS named
    WHERE v.subject = s.subject AND v.act = 'voided' AND named.value = s.id);
"""

# A gated change made here (batch IS NULL) must name a guardian's and the child's own yes, of this subject, to every
# item, the child's of this session, with no objection or withdrawal left open.
GATED = """
CREATE TRIGGER {kind}_needs_consent BEFORE INSERT ON changes
WHEN NEW.batch IS NULL AND NEW.kind = '{kind}' AND NOT (
  (SELECT count(*) FROM (VALUES {items}) AS needed WHERE NOT EXISTS (
     SELECT 1 FROM json_each(NEW.grounds) AS g JOIN in_force AS e ON e.id = g.value
     WHERE e.subject = NEW.subject AND e.agrees AND e.actor IN ('guardian', 'adult_participant')
       AND json_extract(e.body, '$.set.items.' || needed.column1) = 'yes')) = 0
  AND
  (SELECT count(*) FROM (VALUES {items}) AS needed WHERE NOT EXISTS (
     SELECT 1 FROM json_each(NEW.grounds) AS g JOIN in_force AS e ON e.id = g.value
     WHERE e.subject = NEW.subject AND e.agrees AND e.actor IN ('child', 'adult_participant')
       AND e.session = NEW.session
       AND json_extract(e.body, '$.set.items.' || needed.column1) = 'yes')) = 0
  AND NOT EXISTS (
     SELECT 1 FROM in_force AS n
     WHERE n.subject = NEW.subject AND n.actor <> 'carer' AND n.act IN ('declined', 'withdrawn')
       AND NOT EXISTS (
         SELECT 1 FROM in_force AS l, json_each(l.body, '$.set.lifts') AS named
         WHERE l.subject = NEW.subject AND l.agrees AND named.value = n.id
           AND l.actor = n.actor AND l.person IS n.person))
  AND NOT EXISTS (SELECT 1 FROM noticed WHERE subject = NEW.subject)
)
BEGIN SELECT RAISE(ABORT, 'fieldkit wall: {kind} without both consents'); END;
"""

# People grow up while a study runs. Whose own yes as a grown-up is named, said in this session, and who is of age by a
# date that this machine believes, is stopped by their own no alone: a guardian's counts no more, unless it withdrew the
# child (`domain.md` §3.8). Who is of age only by a clock that is off is still somebody's child.
GROWN = """
CREATE TABLE grown (subject TEXT PRIMARY KEY, since TEXT NOT NULL) WITHOUT ROWID;
"""
OWN_YES = """EXISTS (
         SELECT 1 FROM json_each(NEW.grounds) AS g JOIN in_force AS e ON e.id = g.value
         WHERE e.subject = NEW.subject AND e.agrees AND e.actor = 'adult_participant' AND e.session = NEW.session)"""
BELIEVED = """EXISTS (
         SELECT 1 FROM grown AS a JOIN machine AS m ON m.name = 'trusted_day'
         WHERE a.subject = NEW.subject AND a.since <= CAST(m.value AS TEXT))"""
OF_AGE = f"""NOT (n.actor <> 'adult_participant'
       AND NOT (n.act = 'withdrawn' AND json_extract(n.body, '$.set.scope') = 'all')
       AND {OWN_YES}
       AND {BELIEVED})"""
GATED_GROWN = "DROP TRIGGER {kind}_needs_consent;" + GATED.replace(
    "n.actor <> 'carer' AND", f"n.actor <> 'carer' AND {OF_AGE} AND"
)

# Taking words back needs nobody's consent: of a session that the child stopped, and of which what was said may stay, a
# note may be written anew on the grounds on which one of its texts stands here, by this device and no longer than that.
SHORTER = """EXISTS (
         SELECT 1 FROM changes AS c WHERE c.record = NEW.record AND c.device = NEW.device AND c.grounds = NEW.grounds
           AND (length(json_extract(NEW.body, '$.set.text')) < length(json_extract(c.body, '$.set.text'))
             OR json_extract(NEW.body, '$.set.text') = json_extract(c.body, '$.set.text')))"""
CUT = f"""NOT (n.act = 'withdrawn' AND json_extract(n.body, '$.set.scope') = 'stop_keep' AND n.session = NEW.session
       AND {SHORTER})"""
GATED_CUT = GATED_GROWN.replace("n.actor <> 'carer' AND", f"n.actor <> 'carer' AND {CUT} AND")

# An own yes stands for both keys only of somebody who is of age by a date that this machine believes; and what a child
# and what the grown-up said is one person's word, so that either lifts what the other refused.
GATED_BELIEVED = (
    GATED_GROWN.replace(
        "IN ('guardian', 'adult_participant')", f"IN ('guardian', iif({BELIEVED}, 'adult_participant', NULL))"
    )
    .replace("IN ('child', 'adult_participant')", f"IN ('child', iif({BELIEVED}, 'adult_participant', NULL))")
    .replace(
        "l.actor = n.actor",
        "replace(l.actor, 'adult_participant', 'child') = replace(n.actor, 'adult_participant', 'child')",
    )
)
GATED_BELIEVED_CUT = GATED_BELIEVED.replace("n.actor <> 'carer' AND", f"n.actor <> 'carer' AND {CUT} AND")

# Who thinks about it again, as a child or grown up, halts the talk that it reaches until their next yes: what they put
# off in the knowledge of its yes is another talk, and of a talk on paper it was settled when that was typed in. What
# they take back in the meantime goes.
PUT_OFF = """
CREATE VIEW own_words AS SELECT * FROM in_force WHERE actor IN ('child', 'adult_participant');
CREATE VIEW put_off AS
  SELECT * FROM own_words AS d WHERE d.act = 'deferred' AND NOT EXISTS (
    SELECT 1 FROM own_words AS l, json_each(l.body, '$.set.follows') AS heard
    WHERE l.subject = d.subject AND l.agrees AND heard.value = d.id);
CREATE VIEW put_off_sessions AS
  SELECT d.subject, d.session FROM put_off AS d
  UNION ALL SELECT y.subject, y.session FROM own_words AS y JOIN put_off AS d ON d.subject = y.subject
  WHERE y.agrees AND coalesce(json_extract(y.body, '$.set.entered_on'), '') = '' AND NOT EXISTS (
    SELECT 1 FROM own_words AS o, json_each(d.body, '$.set.follows') AS heard
    WHERE o.subject = y.subject AND o.session = y.session AND o.agrees AND heard.value = o.id
      AND coalesce(json_extract(o.body, '$.set.entered_on'), '') = '');
"""
_NOTICE = "AND NOT EXISTS (SELECT 1 FROM noticed WHERE subject = NEW.subject)"
_THINKS = "EXISTS (SELECT 1 FROM put_off_sessions AS p WHERE p.subject = NEW.subject AND p.session = NEW.session)"
GATED_HALTED = GATED_BELIEVED.replace(_NOTICE, f"{_NOTICE}\n  AND NOT {_THINKS}")
GATED_HALTED_CUT = GATED_BELIEVED_CUT.replace(_NOTICE, f"{_NOTICE}\n  AND NOT ({_THINKS} AND NOT {SHORTER})")

# A child may be known twice. What was refused under one of its records is taken back by the yes that names it under
# whichever of them, the child's own or that guardian's: of one child there is one mother and one father, of anybody
# else only the record of the person tells. Under a record that is not linked nobody takes anything back.
ONE_CHILD = """
CREATE VIEW one_child AS
  WITH RECURSIVE pairs (subject, other) AS (
    SELECT first, second FROM linked_children UNION SELECT second, first FROM linked_children
  ), together (subject, other) AS (
    SELECT subject, other FROM pairs
    UNION SELECT t.subject, p.other FROM together AS t JOIN pairs AS p ON p.subject = t.other
  )
  SELECT subject, other FROM together;
"""
_HERE = "WHERE l.subject = NEW.subject AND l.agrees AND named.value = n.id"
_UNDER_EITHER = """WHERE l.subject IN (SELECT NEW.subject UNION SELECT other FROM one_child WHERE subject = NEW.subject)
           AND l.agrees AND named.value = n.id"""
_ONE_PERSON = """(l.person IS n.person
             OR (n.actor IN ('child', 'adult_participant') AND l.subject <> n.subject)
             OR (n.actor = 'guardian' AND json_extract(l.body, '$.set.relation') IN ('father', 'mother')
               AND json_extract(l.body, '$.set.relation') = json_extract(n.body, '$.set.relation')))"""
GATED_TWICE, GATED_TWICE_CUT = (
    wall.replace(_HERE, _UNDER_EITHER).replace("l.person IS n.person", _ONE_PERSON)
    for wall in (GATED_HALTED, GATED_HALTED_CUT)
)

# Whoever decides alone is stopped by no notice of a guardian's either, unless it withdrew the child; one of both stops
# them until they take back by name what they asked for themselves (`domain.md` §3.8).
_NOTICE_OF_AGE = """AND NOT EXISTS (
     SELECT 1 FROM noticed AS w WHERE w.subject = NEW.subject AND NOT (
       w.scope <> 'all' AND BELIEVED
       AND OWN_YES
       AND (w.requested_by = 'guardian' OR (w.requested_by = 'both' AND EXISTS (
         SELECT 1 FROM in_force AS l, json_each(l.body, '$.set.lifts') AS named
         WHERE l.subject = w.subject AND l.agrees AND l.actor IN ('child', 'adult_participant')
           AND named.value = w.notice)))))""".replace("BELIEVED", BELIEVED).replace("OWN_YES", OWN_YES)
GATED_OF_AGE, GATED_OF_AGE_CUT = (wall.replace(_NOTICE, _NOTICE_OF_AGE) for wall in (GATED_TWICE, GATED_TWICE_CUT))

# A wall asks what was said by whom and in which session, of every event of a child: the index tells, and of what has to
# be opened nevertheless each event is taken apart once (bytes, unlike text, are taken apart anew for every field).
_TOLD = {name: f"json_extract(CAST(body AS TEXT), '$.set.{name}')" for name in ("act", "actor", "session", "person")}
SAID_AT_ONCE = f"""
CREATE INDEX changes_said ON changes (subject, {", ".join(_TOLD.values())})
  WHERE kind = 'consent_event' AND id = record;
DROP VIEW said;
CREATE VIEW said AS
  SELECT id, subject, CAST(body AS TEXT) AS body, {", ".join(f"{told} AS {name}" for name, told in _TOLD.items())}
  FROM changes WHERE kind = 'consent_event' AND id = record;
"""  # noqa: S608 - our own words

# The item that an attachment needs: its medium says so, whatever else its change says.
BY_MEDIUM = """(CASE
    WHEN json_extract(NEW.body, '$.set.media') LIKE 'audio/%' THEN 'audio'
    WHEN json_extract(NEW.body, '$.set.media') LIKE 'image/%' THEN 'photo_object' END)"""

# Whom a code means, and which children a notice withdraws: of this team or another, in any order of arrival, and by any
# name that a child ever had, so that a new pseudonym lifts nothing.
NAMES = """
CREATE VIEW child_names AS
  SELECT record AS subject, record AS name FROM changes WHERE kind = 'participant'
  UNION ALL SELECT record, json_extract(body, '$.set.case_code') FROM changes WHERE kind = 'participant'
  UNION ALL SELECT record, json_extract(body, '$.set.pseudonym_zh') FROM changes WHERE kind = 'participant'
  UNION ALL SELECT record, json_extract(body, '$.set.pseudonym_en') FROM changes WHERE kind = 'participant';
CREATE VIEW noticed AS
  SELECT c.subject, n.id AS notice, n.scope, n.requested_by FROM notices AS n
  CROSS JOIN child_names AS c ON c.name = n.code COLLATE NOCASE;
"""

NEEDS_CHANGE = """
CREATE TRIGGER {table}_needs_change BEFORE INSERT ON {table}
WHEN NOT EXISTS (SELECT 1 FROM changes WHERE record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'fieldkit wall: state without its change'); END;
"""

# No wall: which records of children are linked as one child.
LINKED = """
CREATE VIEW linked_children AS
  SELECT first, second FROM same_children AS s WHERE EXISTS (
    SELECT 1 FROM heads AS h CROSS JOIN changes AS c ON c.id = h.change
    WHERE h.record = s.id AND h.field = 'state' AND json_extract(c.body, '$.set.state') = 'linked');
"""

# No wall, but triggers as well: a change that comes later takes the ticks of its interview away, whatever act made it.
CARRIED = """
CREATE TABLE receipts (device TEXT PRIMARY KEY, number INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE sticks (
  place INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, at TEXT NOT NULL, name TEXT NOT NULL,
  interviews INTEGER NOT NULL, lost TEXT NOT NULL, ends TEXT NOT NULL
);
CREATE TABLE ticks (interview TEXT PRIMARY KEY, carried INTEGER NOT NULL, verified INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE arrivals (device TEXT PRIMARY KEY, at TEXT NOT NULL, source TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO arrivals SELECT c.device, max(b.at), b.source FROM changes AS c JOIN batches AS b ON b.id = c.batch
  GROUP BY c.device;
CREATE INDEX blocks_parked ON blocks (stream) WHERE standing = 'parked';
CREATE TRIGGER ticks_grown AFTER INSERT ON changes WHEN NEW.session IS NOT NULL
BEGIN
  DELETE FROM ticks WHERE interview = NEW.session;
END;
CREATE TRIGGER ticks_opened AFTER UPDATE OF block ON changes WHEN NEW.block IS NULL AND NEW.session IS NOT NULL
BEGIN
  DELETE FROM ticks WHERE interview = NEW.session;
END;
"""

# No wall either: what an order to erase hides that is parked stays in the log, and nothing reads it there.
PARKED_STUBS = """
CREATE TABLE parked_stubs (
  id TEXT, device TEXT, drawer TEXT NOT NULL, kind TEXT NOT NULL, record TEXT NOT NULL, over TEXT NOT NULL,
  PRIMARY KEY (id, device)
) WITHOUT ROWID;
CREATE INDEX parked_stubs_record ON parked_stubs (record);
CREATE VIEW stubbed AS SELECT * FROM stubs UNION SELECT * FROM parked_stubs;
CREATE VIEW shown_changes AS SELECT * FROM changes AS c
  WHERE NOT EXISTS (SELECT 1 FROM parked_stubs AS p WHERE p.id = c.id AND p.device = c.device);
"""

# Which chunks lie in `attachments/`, each by its name: by whom and under which name of a child it is erased. What was
# erased is known by the attachment's id and its device, or by the child's alias (`erased_aliases`).
CHUNKS = """
CREATE TABLE chunks (
  name TEXT PRIMARY KEY, attachment TEXT NOT NULL, number INTEGER NOT NULL, device TEXT NOT NULL,
  drawer TEXT NOT NULL, alias TEXT NOT NULL, label BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX chunks_attachment ON chunks (attachment, number);
CREATE INDEX chunks_alias ON chunks (drawer, alias);
CREATE TABLE erased_attachments (id TEXT, device TEXT, PRIMARY KEY (id, device)) WITHOUT ROWID;
"""

# How many interviews are here, in how many of them something has not left, and how many changes have not: counted by
# the database itself, so that no act can forget it; `fieldkit check` counts again.
TALLIES = """
CREATE TABLE tallies (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO tallies SELECT 'unsealed', count(*) FROM changes WHERE block IS NULL;
INSERT INTO tallies SELECT 'interviews', count(*) FROM interviews;
INSERT INTO tallies SELECT 'waiting', count(*) FROM interviews AS i
  WHERE EXISTS (SELECT 1 FROM changes AS c WHERE c.session = i.id AND c.block IS NULL);
CREATE TRIGGER changes_added AFTER INSERT ON changes WHEN NEW.block IS NULL
BEGIN
  UPDATE tallies SET n = n + 1 WHERE name = 'unsealed';
  UPDATE tallies SET n = n + 1 WHERE name = 'waiting' AND EXISTS (SELECT 1 FROM interviews WHERE id = NEW.session)
    AND NOT EXISTS (SELECT 1 FROM changes WHERE session = NEW.session AND block IS NULL AND id <> NEW.id);
END;
CREATE TRIGGER changes_gone AFTER DELETE ON changes WHEN OLD.block IS NULL
BEGIN
  UPDATE tallies SET n = n - 1 WHERE name = 'unsealed';
  UPDATE tallies SET n = n - 1 WHERE name = 'waiting' AND EXISTS (SELECT 1 FROM interviews WHERE id = OLD.session)
    AND NOT EXISTS (SELECT 1 FROM changes WHERE session = OLD.session AND block IS NULL);
END;
CREATE TRIGGER changes_sealed AFTER UPDATE OF block ON changes WHEN OLD.block IS NULL AND NEW.block IS NOT NULL
BEGIN
  UPDATE tallies SET n = n - 1 WHERE name = 'unsealed';
  UPDATE tallies SET n = n - 1 WHERE name = 'waiting' AND EXISTS (SELECT 1 FROM interviews WHERE id = OLD.session)
    AND NOT EXISTS (SELECT 1 FROM changes WHERE session = OLD.session AND block IS NULL);
END;
CREATE TRIGGER changes_opened AFTER UPDATE OF block ON changes WHEN OLD.block IS NOT NULL AND NEW.block IS NULL
BEGIN
  UPDATE tallies SET n = n + 1 WHERE name = 'unsealed';
  UPDATE tallies SET n = n + 1 WHERE name = 'waiting' AND EXISTS (SELECT 1 FROM interviews WHERE id = NEW.session)
    AND NOT EXISTS (SELECT 1 FROM changes WHERE session = NEW.session AND block IS NULL AND id <> NEW.id);
END;
CREATE TRIGGER interviews_added AFTER INSERT ON interviews
BEGIN
  UPDATE tallies SET n = n + 1 WHERE name = 'interviews'
    OR (name = 'waiting' AND EXISTS (SELECT 1 FROM changes WHERE session = NEW.id AND block IS NULL));
END;
CREATE TRIGGER interviews_gone AFTER DELETE ON interviews
BEGIN
  UPDATE tallies SET n = n - 1 WHERE name = 'interviews'
    OR (name = 'waiting' AND EXISTS (SELECT 1 FROM changes WHERE session = OLD.id AND block IS NULL));
END;
"""

# A withdrawal names a child by any of these, a slip code among them.
SLIP_CODES = """
DROP VIEW noticed;
DROP VIEW child_names;
CREATE VIEW child_names AS
  SELECT record AS subject, record AS name FROM changes WHERE kind = 'participant'
  UNION ALL SELECT record, json_extract(body, '$.set.case_code') FROM changes WHERE kind = 'participant'
  UNION ALL SELECT record, json_extract(body, '$.set.slip_code') FROM changes WHERE kind = 'participant'
  UNION ALL SELECT record, json_extract(body, '$.set.pseudonym_zh') FROM changes WHERE kind = 'participant'
  UNION ALL SELECT record, json_extract(body, '$.set.pseudonym_en') FROM changes WHERE kind = 'participant';
CREATE VIEW noticed AS
  SELECT c.subject, n.id AS notice, n.scope, n.requested_by FROM notices AS n
  CROSS JOIN child_names AS c ON c.name = n.code COLLATE NOCASE;
"""

# A notice that a coordinator declared void withdraws nobody any more; a part that was taken back is no wall either.
NOTICED = """
DROP VIEW noticed;
CREATE VIEW noticed AS
  SELECT a.* FROM noticed_all AS a WHERE a.scope NOT IN ('audio', 'photo', 'quote', 'recontact', 'share')
  AND NOT EXISTS (
    SELECT 1 FROM said AS v, json_each(v.body, '$.set.voids') AS named
    WHERE v.subject = a.subject AND v.act = 'voided' AND named.value = a.notice);
"""

# What the child asked for by notice, the child itself takes back by name; of a guardian's it is not known whose it was.
OWN_LIFTED = """NOT (a.requested_by = 'child' AND EXISTS (
    SELECT 1 FROM in_force AS l, json_each(l.body, '$.set.lifts') AS named
    WHERE l.subject = a.subject AND l.agrees AND l.actor IN ('child', 'adult_participant')
      AND named.value = a.notice))"""
NOTICED_LIFTED = NOTICED.replace("AND NOT EXISTS (", f"AND {OWN_LIFTED}\n  AND NOT EXISTS (")

# A talk that the participant left stays ended: whoever withdrew and came back agreed to another one. What they take
# back of the old one goes nevertheless.
OWN_WITHDRAWALS = """
CREATE VIEW own_withdrawals AS
  SELECT id, subject, coalesce(session, '') AS session FROM in_force
  WHERE actor IN ('child', 'adult_participant') AND act = 'withdrawn'
  UNION ALL SELECT a.notice, a.subject, '' FROM noticed_all AS a
  WHERE a.requested_by IN ('child', 'both') AND a.scope NOT IN ('audio', 'photo', 'quote', 'recontact', 'share')
    AND NOT EXISTS (
      SELECT 1 FROM said AS v, json_each(v.body, '$.set.voids') AS named
      WHERE v.subject = a.subject AND v.act = 'voided' AND named.value = a.notice);
"""
LEFT = """
CREATE TRIGGER {kind}_not_left BEFORE INSERT ON changes
WHEN NEW.batch IS NULL AND NEW.kind = '{kind}' AND NOT {exempt} AND EXISTS (
  SELECT 1 FROM own_withdrawals AS n
  WHERE n.subject = NEW.subject
    AND (n.session = NEW.session OR (n.session = '' AND NOT EXISTS (
      SELECT 1 FROM in_force AS p
      WHERE p.subject = NEW.subject AND p.agrees AND p.actor IN ('child', 'adult_participant')
        AND p.session = NEW.session AND coalesce(json_extract(p.body, '$.set.entered_on'), '') <> '')))
    AND NOT EXISTS (
      SELECT 1 FROM in_force AS y
      WHERE y.subject = NEW.subject AND y.agrees AND y.actor IN ('child', 'adult_participant')
        AND y.session = NEW.session
        AND (n.id IN (SELECT value FROM json_each(y.body, '$.set.follows'))
          OR n.id IN (SELECT value FROM json_each(y.body, '$.set.lifts')))))
BEGIN SELECT RAISE(ABORT, 'fieldkit wall: {kind} of a talk that the participant left'); END;
"""
