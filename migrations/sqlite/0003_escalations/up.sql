-- The escalation: a record with rules, which the database itself defends (E14).

CREATE TABLE escalations (
    id BLOB PRIMARY KEY NOT NULL,
    number INTEGER NOT NULL UNIQUE CHECK (number > 0),
    case_id BLOB NOT NULL REFERENCES cases (id),
    reason TEXT NOT NULL REFERENCES escalation_reasons (code),
    answers TEXT NOT NULL,
    details TEXT NOT NULL,
    acknowledgements TEXT NOT NULL,
    assessment TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('submitted', 'in_review', 'accepted', 'declined', 'withdrawn', 'closed')),
    requested_by BLOB NOT NULL REFERENCES people (id),
    submitted_at TEXT NOT NULL,
    owner_id BLOB REFERENCES people (id),
    claimed_at TEXT,
    decided_at TEXT,
    importance TEXT CHECK (importance IN ('low', 'medium', 'high')),
    urgency TEXT CHECK (urgency IN ('low', 'medium', 'high')),
    rank INTEGER CHECK (rank BETWEEN 1 AND 5),
    queue_rank INTEGER NOT NULL,
    decline_reasons TEXT NOT NULL,
    outcome TEXT,
    summary TEXT,
    closed_at TEXT,
    rating_score INTEGER CHECK (rating_score BETWEEN 1 AND 5),
    rating_comment TEXT,
    rated_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (id, case_id),
    CHECK (state IN ('submitted', 'withdrawn') OR owner_id IS NOT NULL),
    CHECK (state NOT IN ('accepted', 'closed') OR rank IS NOT NULL),
    CHECK ((rank IS NULL) = (importance IS NULL) AND (rank IS NULL) = (urgency IS NULL)),
    CHECK ((state IN ('declined', 'withdrawn', 'closed')) = (closed_at IS NOT NULL)),
    CHECK ((state = 'closed') = (outcome IS NOT NULL AND summary IS NOT NULL))
) STRICT;
-- At most one escalation is active on a case (E3), whatever the code believes.
CREATE UNIQUE INDEX escalations_one_active ON escalations (case_id) WHERE state IN ('submitted', 'in_review', 'accepted');
CREATE INDEX escalations_by_case ON escalations (case_id, submitted_at DESC, id DESC);
CREATE INDEX escalations_queue ON escalations (queue_rank, submitted_at, id);
CREATE INDEX escalations_by_state ON escalations (state, queue_rank, submitted_at, id);
CREATE INDEX escalations_by_owner ON escalations (owner_id, queue_rank, submitted_at, id);
CREATE INDEX escalations_newest ON escalations (submitted_at DESC, id DESC);

CREATE TRIGGER escalations_case_open BEFORE INSERT ON escalations
WHEN (SELECT status FROM cases WHERE id = NEW.case_id) = 'closed'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: a closed case cannot be escalated');
END;
CREATE TRIGGER escalations_case_priority BEFORE INSERT ON escalations
WHEN (SELECT priority FROM cases WHERE id = NEW.case_id) = 'low'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: a low-priority case cannot be escalated');
END;

CREATE TABLE feed_entries (
    id BLOB PRIMARY KEY NOT NULL,
    case_id BLOB NOT NULL REFERENCES cases (id),
    feed TEXT NOT NULL CHECK (feed IN ('case', 'escalation')),
    escalation_id BLOB,
    kind TEXT NOT NULL CHECK (kind IN ('comment', 'work_note', 'mark', 'external_communication', 'rca')),
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'internal')),
    author_id BLOB REFERENCES people (id),
    author_side TEXT CHECK (author_side IN ('customer', 'provider')),
    body TEXT NOT NULL,
    details TEXT,
    at TEXT NOT NULL,
    edited_at TEXT,
    redacted_at TEXT,
    external_id TEXT UNIQUE,
    version INTEGER NOT NULL DEFAULT 1,
    FOREIGN KEY (escalation_id, case_id) REFERENCES escalations (id, case_id),
    CHECK (feed = 'case' OR escalation_id IS NOT NULL),
    CHECK (author_id IS NULL OR author_side IS NOT NULL),
    CHECK (visibility = 'public' OR author_side = 'provider')
) STRICT;
CREATE INDEX feed_entries_by_case ON feed_entries (case_id, feed, at DESC, id DESC);
CREATE INDEX feed_entries_by_escalation ON feed_entries (escalation_id, feed, at DESC, id DESC);

-- What a person has read, as instants: the newest one is where unread begins; older ones answer for the past.
CREATE TABLE feed_reads (
    person_id BLOB NOT NULL REFERENCES people (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    feed TEXT NOT NULL CHECK (feed IN ('case', 'escalation')),
    read_at TEXT NOT NULL,
    PRIMARY KEY (case_id, person_id, feed, read_at)
) STRICT;

CREATE TABLE next_steps (
    id BLOB PRIMARY KEY NOT NULL,
    case_id BLOB NOT NULL REFERENCES cases (id),
    escalation_id BLOB,
    what TEXT NOT NULL,
    who TEXT NOT NULL,
    due_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'missed')),
    reason TEXT,
    promised_by BLOB NOT NULL REFERENCES people (id),
    promised_at TEXT NOT NULL,
    settled_at TEXT,
    lapse_told_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    FOREIGN KEY (escalation_id, case_id) REFERENCES escalations (id, case_id),
    CHECK ((state = 'open') = (settled_at IS NULL))
) STRICT;
CREATE INDEX next_steps_by_case ON next_steps (case_id, due_at);
CREATE INDEX next_steps_by_escalation ON next_steps (escalation_id, due_at, id);
CREATE INDEX next_steps_due ON next_steps (due_at) WHERE state = 'open';

-- Where the chain of audited events ends: the place and the hash of the last one. Kept apart from the events, so that the
-- loss of the last ones shows. Whoever appends takes this row first.
CREATE TABLE audit_chain (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    position INTEGER NOT NULL CHECK (position >= 0),
    head TEXT NOT NULL
) STRICT;
INSERT INTO audit_chain (id, position, head)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- What happened, by whom, with the fields before and after. Written once, never changed (C8); each event is chained to
-- the one before by its hash. `home_organization_id` is where the actor belongs who acted in another organization (P9).
CREATE TABLE audit_events (
    position INTEGER PRIMARY KEY NOT NULL CHECK (position > 0),
    id BLOB NOT NULL UNIQUE,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    organization_id BLOB REFERENCES organizations (id),
    home_organization_id BLOB REFERENCES organizations (id),
    case_id BLOB REFERENCES cases (id),
    escalation_id BLOB REFERENCES escalations (id),
    subject_id BLOB,
    actor_id BLOB REFERENCES people (id),
    actor_name TEXT NOT NULL,
    seen_by TEXT NOT NULL CHECK (seen_by IN ('both', 'provider')),
    before TEXT,
    after TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
-- From the widest to the narrowest: of several that would do, SQLite takes the one that was made last.
CREATE INDEX audit_events_newest ON audit_events (at DESC, position DESC);
CREATE INDEX audit_events_by_kind ON audit_events (kind, at DESC, position DESC);
CREATE INDEX audit_events_by_organization ON audit_events (organization_id, at DESC, position DESC);
CREATE INDEX audit_events_by_home ON audit_events (home_organization_id, at DESC, position DESC)
WHERE home_organization_id IS NOT NULL;
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, at DESC, position DESC);
CREATE INDEX audit_events_by_case ON audit_events (case_id, at DESC, position DESC);
CREATE INDEX audit_events_by_subject ON audit_events (subject_id, position DESC);

CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are never changed');
END;
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are never deleted');
END;
-- REPLACE deletes without a word to the trigger above.
CREATE TRIGGER audit_events_no_replace BEFORE INSERT ON audit_events
WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id OR position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'audit events are never changed');
END;

CREATE TRIGGER audit_chain_no_return BEFORE UPDATE ON audit_chain
WHEN NEW.position < OLD.position
BEGIN
    SELECT RAISE(ABORT, 'the chain of audited events never becomes shorter');
END;
CREATE TRIGGER audit_chain_no_delete BEFORE DELETE ON audit_chain
BEGIN
    SELECT RAISE(ABORT, 'the chain of audited events has one end');
END;
CREATE TRIGGER audit_chain_no_replace BEFORE INSERT ON audit_chain
BEGIN
    SELECT RAISE(ABORT, 'the chain of audited events has one end');
END;
