-- Notices: written with the event, sent by workers that hold a lease (N2).

CREATE TABLE notices (
    id uuid PRIMARY KEY,
    kind TEXT NOT NULL,
    person_id uuid NOT NULL REFERENCES people (id),
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
    version BIGINT NOT NULL DEFAULT 1
);
-- With the state in front, so that SQLite prefers it to notices_by_state.
CREATE INDEX notices_waiting ON notices (state, next_attempt_at, id) WHERE state = 'waiting';
CREATE INDEX notices_newest ON notices (created_at DESC, id DESC);
CREATE INDEX notices_by_state ON notices (state, created_at DESC, id DESC);
CREATE INDEX notices_by_thread ON notices (thread, person_id, created_at);
