-- The escalation: a record with rules, which the database itself defends (E14).

CREATE TABLE escalations (
    id uuid PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE CHECK (number > 0),
    case_id uuid NOT NULL REFERENCES cases (id),
    reason TEXT NOT NULL REFERENCES escalation_reasons (code),
    answers TEXT NOT NULL,
    details TEXT NOT NULL,
    acknowledgements TEXT NOT NULL,
    assessment TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('submitted', 'in_review', 'accepted', 'declined', 'withdrawn', 'closed')),
    requested_by uuid NOT NULL REFERENCES people (id),
    submitted_at timestamptz NOT NULL,
    owner_id uuid REFERENCES people (id),
    claimed_at timestamptz,
    decided_at timestamptz,
    importance TEXT CHECK (importance IN ('low', 'medium', 'high')),
    urgency TEXT CHECK (urgency IN ('low', 'medium', 'high')),
    rank BIGINT CHECK (rank BETWEEN 1 AND 5),
    queue_rank BIGINT NOT NULL,
    decline_reasons TEXT NOT NULL,
    outcome TEXT,
    summary TEXT,
    closed_at timestamptz,
    rating_score BIGINT CHECK (rating_score BETWEEN 1 AND 5),
    rating_comment TEXT,
    rated_at timestamptz,
    version BIGINT NOT NULL DEFAULT 1,
    UNIQUE (id, case_id),
    CHECK (state IN ('submitted', 'withdrawn') OR owner_id IS NOT NULL),
    CHECK (state NOT IN ('accepted', 'closed') OR rank IS NOT NULL),
    CHECK ((rank IS NULL) = (importance IS NULL) AND (rank IS NULL) = (urgency IS NULL)),
    CHECK ((state IN ('declined', 'withdrawn', 'closed')) = (closed_at IS NOT NULL)),
    CHECK ((state = 'closed') = (outcome IS NOT NULL AND summary IS NOT NULL))
);
-- At most one escalation is active on a case (E3), whatever the code believes.
CREATE UNIQUE INDEX escalations_one_active ON escalations (case_id) WHERE state IN ('submitted', 'in_review', 'accepted');
CREATE INDEX escalations_by_case ON escalations (case_id, submitted_at DESC, id DESC);
CREATE INDEX escalations_queue ON escalations (queue_rank, submitted_at, id);
CREATE INDEX escalations_by_state ON escalations (state, queue_rank, submitted_at, id);
CREATE INDEX escalations_by_owner ON escalations (owner_id, queue_rank, submitted_at, id);
CREATE INDEX escalations_newest ON escalations (submitted_at DESC, id DESC);

-- The case's row is share-locked, so that it cannot be closed or lowered while the insertion is under way.
CREATE FUNCTION refuse_ineligible_escalation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    case_status TEXT;
    case_priority TEXT;
BEGIN
    SELECT status, priority INTO case_status, case_priority FROM cases WHERE id = NEW.case_id FOR SHARE;
    IF case_status = 'closed' THEN
        RAISE EXCEPTION 'a closed case cannot be escalated' USING ERRCODE = 'check_violation', CONSTRAINT = 'escalations_case_open';
    END IF;
    IF case_priority = 'low' THEN
        RAISE EXCEPTION 'a low-priority case cannot be escalated' USING ERRCODE = 'check_violation', CONSTRAINT = 'escalations_case_priority';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER escalations_guard BEFORE INSERT ON escalations FOR EACH ROW EXECUTE FUNCTION refuse_ineligible_escalation();

CREATE TABLE feed_entries (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases (id),
    feed TEXT NOT NULL CHECK (feed IN ('case', 'escalation')),
    escalation_id uuid,
    kind TEXT NOT NULL CHECK (kind IN ('comment', 'work_note', 'mark', 'external_communication', 'rca')),
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'internal')),
    author_id uuid REFERENCES people (id),
    author_side TEXT CHECK (author_side IN ('customer', 'provider')),
    body TEXT NOT NULL,
    details TEXT,
    at timestamptz NOT NULL,
    edited_at timestamptz,
    redacted_at timestamptz,
    external_id TEXT UNIQUE,
    version BIGINT NOT NULL DEFAULT 1,
    FOREIGN KEY (escalation_id, case_id) REFERENCES escalations (id, case_id),
    CHECK (feed = 'case' OR escalation_id IS NOT NULL),
    CHECK (author_id IS NULL OR author_side IS NOT NULL),
    CHECK (visibility = 'public' OR author_side = 'provider')
);
CREATE INDEX feed_entries_by_case ON feed_entries (case_id, feed, at DESC, id DESC);
CREATE INDEX feed_entries_by_escalation ON feed_entries (escalation_id, feed, at DESC, id DESC);

-- What a person has read, as instants: the newest one is where unread begins; older ones answer for the past.
CREATE TABLE feed_reads (
    person_id uuid NOT NULL REFERENCES people (id),
    case_id uuid NOT NULL REFERENCES cases (id),
    feed TEXT NOT NULL CHECK (feed IN ('case', 'escalation')),
    read_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, person_id, feed, read_at)
);

CREATE TABLE next_steps (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases (id),
    escalation_id uuid,
    what TEXT NOT NULL,
    who TEXT NOT NULL,
    due_at timestamptz NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'missed')),
    reason TEXT,
    promised_by uuid NOT NULL REFERENCES people (id),
    promised_at timestamptz NOT NULL,
    settled_at timestamptz,
    lapse_told_at timestamptz,
    version BIGINT NOT NULL DEFAULT 1,
    FOREIGN KEY (escalation_id, case_id) REFERENCES escalations (id, case_id),
    CHECK ((state = 'open') = (settled_at IS NULL))
);
CREATE INDEX next_steps_by_case ON next_steps (case_id, due_at);
CREATE INDEX next_steps_by_escalation ON next_steps (escalation_id, due_at, id);
CREATE INDEX next_steps_due ON next_steps (due_at) WHERE state = 'open';

-- Where the chain of audited events ends: the place and the hash of the last one. Kept apart from the events, so that the
-- loss of the last ones shows. Whoever appends takes this row first.
CREATE TABLE audit_chain (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL CHECK (position >= 0),
    head TEXT NOT NULL
);
INSERT INTO audit_chain (id, position, head)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- What happened, by whom, with the fields before and after. Written once, never changed (C8); each event is chained to
-- the one before by its hash. `home_organization_id` is where the actor belongs who acted in another organization (P9).
CREATE TABLE audit_events (
    position BIGINT PRIMARY KEY CHECK (position > 0),
    id uuid NOT NULL UNIQUE,
    at timestamptz NOT NULL,
    kind TEXT NOT NULL,
    organization_id uuid REFERENCES organizations (id),
    home_organization_id uuid REFERENCES organizations (id),
    case_id uuid REFERENCES cases (id),
    escalation_id uuid REFERENCES escalations (id),
    subject_id uuid,
    actor_id uuid REFERENCES people (id),
    actor_name TEXT NOT NULL,
    seen_by TEXT NOT NULL CHECK (seen_by IN ('both', 'provider')),
    before TEXT,
    after TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_events_newest ON audit_events (at DESC, position DESC);
CREATE INDEX audit_events_by_kind ON audit_events (kind, at DESC, position DESC);
CREATE INDEX audit_events_by_organization ON audit_events (organization_id, at DESC, position DESC);
CREATE INDEX audit_events_by_home ON audit_events (home_organization_id, at DESC, position DESC)
WHERE home_organization_id IS NOT NULL;
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, at DESC, position DESC);
CREATE INDEX audit_events_by_case ON audit_events (case_id, at DESC, position DESC);
CREATE INDEX audit_events_by_subject ON audit_events (subject_id, position DESC);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are never changed or deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_events_append_only';
END $$;
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE FUNCTION refuse_shorter_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.position >= OLD.position THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the chain of audited events never becomes shorter' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_chain_no_return';
END $$;
CREATE TRIGGER audit_chain_no_return BEFORE UPDATE OR DELETE ON audit_chain FOR EACH ROW EXECUTE FUNCTION refuse_shorter_chain();
CREATE TRIGGER audit_chain_no_truncate BEFORE TRUNCATE ON audit_chain FOR EACH STATEMENT EXECUTE FUNCTION refuse_shorter_chain();
