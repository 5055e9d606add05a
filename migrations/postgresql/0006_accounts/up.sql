-- Accounts: what proves who somebody is besides a password, where they have signed in, and requests for access.

-- The secret is made of the nonce and the installation's key; it is nowhere kept (A7).
CREATE TABLE second_factors (
    person_id uuid PRIMARY KEY REFERENCES people (id),
    nonce TEXT NOT NULL,
    created_at timestamptz NOT NULL,
    -- Asked for from then on.
    confirmed_at timestamptz,
    -- The newest step whose code was taken: neither it nor an older one is taken again.
    last_step BIGINT
);

CREATE TABLE recovery_codes (
    person_id uuid NOT NULL REFERENCES people (id),
    code_hash TEXT NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (person_id, code_hash)
);

CREATE TABLE known_devices (
    person_id uuid NOT NULL REFERENCES people (id),
    device_hash TEXT NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, device_hash)
);

-- Who wants to set a new password. Rows of people and of nobody are alike; a worker sees to them (A7).
CREATE TABLE password_reset_requests (
    id uuid PRIMARY KEY,
    email TEXT NOT NULL,
    requested_at timestamptz NOT NULL
);

-- Requests for read-only access (A6). Without an organization they are the provider's to decide.
CREATE TABLE access_requests (
    id uuid PRIMARY KEY,
    organization_id uuid REFERENCES organizations (id),
    organization_typed TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT NOT NULL,
    note TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'granted', 'refused')),
    requested_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by uuid REFERENCES people (id),
    decision_note TEXT,
    until timestamptz,
    person_id uuid REFERENCES people (id),
    version BIGINT NOT NULL DEFAULT 1,
    CHECK ((state = 'pending') = (decided_at IS NULL)),
    CHECK (state <> 'granted' OR (organization_id IS NOT NULL AND person_id IS NOT NULL)),
    CHECK (state <> 'refused' OR decision_note IS NOT NULL)
);
CREATE UNIQUE INDEX access_requests_pending_once ON access_requests (email, organization_typed) WHERE state = 'pending';
CREATE INDEX access_requests_newest ON access_requests (id DESC);
CREATE INDEX access_requests_by_organization ON access_requests (organization_id, id DESC) WHERE organization_id IS NOT NULL;
