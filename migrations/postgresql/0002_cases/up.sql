-- The case, its technical record, what was promised on it, and the audited history of everything.

-- The numbers that people read out over the telephone: sequential, never reused (C1).
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('case', 0), ('escalation', 0);

-- The numbers of the rules (E12). A key that is absent has its default.
CREATE TABLE policies (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at timestamptz NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE escalation_reasons (
    code TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    governed_by TEXT NOT NULL CHECK (governed_by IN ('staleness', 'rca_window', 'commitment', 'never')),
    questions TEXT NOT NULL,
    position BIGINT NOT NULL,
    active boolean NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE cases (
    id uuid PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE CHECK (number > 0),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    line_of_business_id uuid NOT NULL REFERENCES lines_of_business (id),
    subject TEXT NOT NULL,
    description TEXT NOT NULL,
    priority TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    status TEXT NOT NULL CHECK (status IN ('open', 'in_progress', 'awaiting_customer', 'awaiting_third_party', 'solution_provided', 'closed')),
    deployment TEXT NOT NULL CHECK (deployment IN ('cloud', 'premise')),
    business_impact TEXT NOT NULL CHECK (business_impact IN ('none', 'limited', 'significant')),
    product TEXT,
    engagements TEXT NOT NULL,
    opened_by uuid NOT NULL REFERENCES people (id),
    owner_id uuid REFERENCES people (id),
    opened_at timestamptz NOT NULL,
    last_provider_entry_at timestamptz,
    closed_at timestamptz,
    rca_requested_at timestamptz,
    rca_delivered_at timestamptz,
    external_id TEXT UNIQUE,
    search_text TEXT NOT NULL,
    updated_at timestamptz NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK (rca_delivered_at IS NULL OR rca_requested_at IS NOT NULL)
);
CREATE INDEX cases_newest ON cases (opened_at DESC, id DESC);
CREATE INDEX cases_by_organization ON cases (organization_id, opened_at DESC, id DESC);
CREATE INDEX cases_by_status ON cases (status, opened_at DESC, id DESC);
CREATE INDEX cases_by_line ON cases (line_of_business_id, opened_at DESC, id DESC);
CREATE INDEX cases_by_owner ON cases (owner_id, opened_at DESC, id DESC);

CREATE TABLE priority_requests (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases (id),
    priority TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    note TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'granted', 'refused')),
    requested_by uuid NOT NULL REFERENCES people (id),
    requested_at timestamptz NOT NULL,
    decided_by uuid REFERENCES people (id),
    decided_at timestamptz,
    decision_note TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK ((state = 'pending') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX priority_requests_one_pending ON priority_requests (case_id) WHERE state = 'pending';
CREATE INDEX priority_requests_by_case ON priority_requests (case_id, requested_at DESC);
