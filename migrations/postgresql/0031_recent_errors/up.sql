-- Answers that were this desk's own failure, for those who keep it running (A8): which request, which route, and why, without what
-- anybody said.
CREATE TABLE recent_errors (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    request_id text NOT NULL,
    method text NOT NULL,
    route text NOT NULL,
    status bigint NOT NULL,
    code text NOT NULL,
    cause text NOT NULL
);
CREATE INDEX recent_errors_by_time ON recent_errors (at);
