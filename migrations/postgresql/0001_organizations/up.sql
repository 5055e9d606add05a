-- Who there is: organizations, their people, what they may do, and how they sign in.

CREATE TABLE calendars (
    id uuid PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    time_zone TEXT NOT NULL,
    hours TEXT NOT NULL,
    holidays TEXT NOT NULL,
    is_default boolean NOT NULL,
    created_at timestamptz NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX calendars_one_default ON calendars (is_default) WHERE is_default;

CREATE TABLE lines_of_business (
    id uuid PRIMARY KEY,
    parent_id uuid REFERENCES lines_of_business (id),
    name TEXT NOT NULL,
    calendar_id uuid REFERENCES calendars (id),
    -- The line whose grants decide who reads it (A4): itself, or a line above; all may where there is none.
    governed_by uuid REFERENCES lines_of_business (id),
    created_at timestamptz NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX lines_of_business_one_root ON lines_of_business ((parent_id IS NULL)) WHERE parent_id IS NULL;
CREATE UNIQUE INDEX lines_of_business_name ON lines_of_business (parent_id, name);

CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('provider', 'customer', 'partner')),
    region TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    created_at timestamptz NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX organizations_one_provider ON organizations (kind) WHERE kind = 'provider';

CREATE TABLE people (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id),
    email TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    time_zone TEXT,
    password_hash TEXT,
    email_verified_at timestamptz,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX people_by_organization ON people (organization_id, last_name, first_name, id);
CREATE INDEX people_by_name ON people (last_name, first_name, id);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id),
    token_hash TEXT NOT NULL UNIQUE,
    csrf_token TEXT NOT NULL,
    -- The paired organization that was switched into, and the cloned user that is acted as there; none at home.
    acting_organization_id uuid REFERENCES organizations (id),
    acting_person_id uuid REFERENCES people (id),
    user_agent TEXT NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_person ON sessions (person_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE api_tokens (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id),
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    permissions TEXT,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_tokens_by_person ON api_tokens (person_id);

CREATE TABLE sign_in_attempts (
    key TEXT PRIMARY KEY,
    window_started_at timestamptz NOT NULL,
    failures BIGINT NOT NULL,
    blocked_until timestamptz
);
CREATE INDEX sign_in_attempts_by_window ON sign_in_attempts (window_started_at);

CREATE TABLE setup_links (
    token_hash TEXT PRIMARY KEY,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX setup_links_by_expiry ON setup_links (expires_at);

CREATE TABLE idempotency_keys (
    person_id uuid NOT NULL REFERENCES people (id),
    key TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, key)
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
