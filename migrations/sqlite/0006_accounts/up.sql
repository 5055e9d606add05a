-- Accounts: what proves who somebody is besides a password, where they have signed in, and requests for access.

-- The secret is made of the nonce and the installation's key; it is nowhere kept (A7).
CREATE TABLE second_factors (
    person_id BLOB PRIMARY KEY NOT NULL REFERENCES people (id),
    nonce TEXT NOT NULL,
    created_at TEXT NOT NULL,
    -- Asked for from then on.
    confirmed_at TEXT,
    -- The newest step whose code was taken: neither it nor an older one is taken again.
    last_step INTEGER
) STRICT;

CREATE TABLE recovery_codes (
    person_id BLOB NOT NULL REFERENCES people (id),
    code_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT,
    PRIMARY KEY (person_id, code_hash)
) STRICT;

CREATE TABLE known_devices (
    person_id BLOB NOT NULL REFERENCES people (id),
    device_hash TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    PRIMARY KEY (person_id, device_hash)
) STRICT;

-- Who wants to set a new password. Rows of people and of nobody are alike; a worker sees to them (A7).
CREATE TABLE password_reset_requests (
    id BLOB PRIMARY KEY NOT NULL,
    email TEXT NOT NULL,
    requested_at TEXT NOT NULL
) STRICT;

-- Requests for read-only access (A6). Without an organization they are the provider's to decide.
CREATE TABLE access_requests (
    id BLOB PRIMARY KEY NOT NULL,
    organization_id BLOB REFERENCES organizations (id),
    organization_typed TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT NOT NULL,
    note TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'granted', 'refused')),
    requested_at TEXT NOT NULL,
    decided_at TEXT,
    decided_by BLOB REFERENCES people (id),
    decision_note TEXT,
    until TEXT,
    person_id BLOB REFERENCES people (id),
    version INTEGER NOT NULL DEFAULT 1,
    CHECK ((state = 'pending') = (decided_at IS NULL)),
    CHECK (state <> 'granted' OR (organization_id IS NOT NULL AND person_id IS NOT NULL)),
    CHECK (state <> 'refused' OR decision_note IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX access_requests_pending_once ON access_requests (email, organization_typed) WHERE state = 'pending';
CREATE INDEX access_requests_newest ON access_requests (id DESC);
CREATE INDEX access_requests_by_organization ON access_requests (organization_id, id DESC) WHERE organization_id IS NOT NULL;
