-- Notices: written with the event, sent by workers that hold a lease (N2).

-- To a person, or to a bare address with a name, of which no more is known than in whose zone times are told.
CREATE TABLE notices (
    id BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    person_id BLOB REFERENCES people (id),
    to_email TEXT,
    to_name TEXT,
    to_organization_id BLOB REFERENCES organizations (id),
    case_id BLOB REFERENCES cases (id),
    escalation_id BLOB REFERENCES escalations (id),
    thread TEXT NOT NULL,
    payload TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'withheld')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT NOT NULL,
    lease_until TEXT,
    lease_holder TEXT,
    last_error TEXT,
    created_at TEXT NOT NULL,
    sent_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK ((person_id IS NULL) <> (to_email IS NULL)),
    CHECK ((to_email IS NULL) = (to_name IS NULL)),
    CHECK (to_organization_id IS NULL OR to_email IS NOT NULL)
) STRICT;
-- With the state in front, so that SQLite prefers it to notices_by_state.
CREATE INDEX notices_waiting ON notices (state, next_attempt_at, id) WHERE state = 'waiting';
CREATE INDEX notices_newest ON notices (created_at DESC, id DESC);
CREATE INDEX notices_by_state ON notices (state, created_at DESC, id DESC);
CREATE INDEX notices_by_thread ON notices (thread, person_id, created_at);

-- Links that are good once. The secret is made from the id and the installation's key, and is nowhere kept.
CREATE TABLE one_time_links (
    id BLOB PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'password_reset')),
    person_id BLOB NOT NULL REFERENCES people (id),
    token_hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    revoked_at TEXT,
    CHECK (used_at IS NULL OR revoked_at IS NULL)
) STRICT;
CREATE INDEX one_time_links_by_person ON one_time_links (person_id, purpose);
CREATE INDEX one_time_links_by_expiry ON one_time_links (expires_at);
