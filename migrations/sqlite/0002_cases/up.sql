-- The case, its technical record, what was promised on it, and the audited history of everything.

-- The numbers that people read out over the telephone: sequential, never reused (C1).
CREATE TABLE counters (
    name TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO counters (name, value) VALUES ('case', 0), ('escalation', 0);

-- The numbers of the rules (E12). A key that is absent has its default.
CREATE TABLE policies (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE escalation_reasons (
    code TEXT PRIMARY KEY NOT NULL,
    label TEXT NOT NULL,
    governed_by TEXT NOT NULL CHECK (governed_by IN ('staleness', 'rca_window', 'commitment', 'never')),
    questions TEXT NOT NULL,
    position INTEGER NOT NULL,
    active INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE cases (
    id BLOB PRIMARY KEY NOT NULL,
    number INTEGER NOT NULL UNIQUE CHECK (number > 0),
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    line_of_business_id BLOB NOT NULL REFERENCES lines_of_business (id),
    subject TEXT NOT NULL,
    description TEXT NOT NULL,
    priority TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    status TEXT NOT NULL CHECK (status IN ('open', 'in_progress', 'awaiting_customer', 'awaiting_third_party', 'solution_provided', 'closed')),
    deployment TEXT NOT NULL CHECK (deployment IN ('cloud', 'premise')),
    business_impact TEXT NOT NULL CHECK (business_impact IN ('none', 'limited', 'significant')),
    product TEXT,
    engagements TEXT NOT NULL,
    opened_by BLOB NOT NULL REFERENCES people (id),
    owner_id BLOB REFERENCES people (id),
    opened_at TEXT NOT NULL,
    last_provider_entry_at TEXT,
    closed_at TEXT,
    rca_requested_at TEXT,
    rca_delivered_at TEXT,
    external_id TEXT UNIQUE,
    search_text TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK (rca_delivered_at IS NULL OR rca_requested_at IS NOT NULL)
) STRICT;
CREATE INDEX cases_newest ON cases (opened_at DESC, id DESC);
CREATE INDEX cases_by_organization ON cases (organization_id, opened_at DESC, id DESC);
CREATE INDEX cases_by_status ON cases (status, opened_at DESC, id DESC);
CREATE INDEX cases_by_line ON cases (line_of_business_id, opened_at DESC, id DESC);
CREATE INDEX cases_by_owner ON cases (owner_id, opened_at DESC, id DESC);

CREATE TABLE priority_requests (
    id BLOB PRIMARY KEY NOT NULL,
    case_id BLOB NOT NULL REFERENCES cases (id),
    priority TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    note TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'granted', 'refused')),
    requested_by BLOB NOT NULL REFERENCES people (id),
    requested_at TEXT NOT NULL,
    decided_by BLOB REFERENCES people (id),
    decided_at TEXT,
    decision_note TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK ((state = 'pending') = (decided_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX priority_requests_one_pending ON priority_requests (case_id) WHERE state = 'pending';
CREATE INDEX priority_requests_by_case ON priority_requests (case_id, requested_at DESC);
