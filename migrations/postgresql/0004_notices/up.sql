-- Notices: written with the event, sent by workers that hold a lease (N2).

-- To a person, or to a bare address with a name, of which no more is known than in whose zone times are told.
CREATE TABLE notices (
    id uuid PRIMARY KEY,
    kind TEXT NOT NULL,
    person_id uuid REFERENCES people (id),
    to_email TEXT,
    to_name TEXT,
    to_organization_id uuid REFERENCES organizations (id),
    case_id uuid REFERENCES cases (id),
    escalation_id uuid REFERENCES escalations (id),
    thread TEXT NOT NULL,
    payload TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'withheld')),
    attempts BIGINT NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    lease_until timestamptz,
    lease_holder TEXT,
    last_error TEXT,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK ((person_id IS NULL) <> (to_email IS NULL)),
    CHECK ((to_email IS NULL) = (to_name IS NULL)),
    CHECK (to_organization_id IS NULL OR to_email IS NOT NULL)
);
-- With the state in front, so that SQLite prefers it to notices_by_state.
CREATE INDEX notices_waiting ON notices (state, next_attempt_at, id) WHERE state = 'waiting';
CREATE INDEX notices_newest ON notices (created_at DESC, id DESC);
CREATE INDEX notices_by_state ON notices (state, created_at DESC, id DESC);
CREATE INDEX notices_by_thread ON notices (thread, person_id, created_at);

-- Links that are good once. The secret is made from the id and the installation's key, and is nowhere kept.
CREATE TABLE one_time_links (
    id uuid PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'password_reset')),
    person_id uuid NOT NULL REFERENCES people (id),
    token_hash TEXT NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    CHECK (used_at IS NULL OR revoked_at IS NULL)
);
CREATE INDEX one_time_links_by_person ON one_time_links (person_id, purpose);
CREATE INDEX one_time_links_by_expiry ON one_time_links (expires_at);
