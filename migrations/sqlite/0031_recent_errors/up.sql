-- Answers that were this desk's own failure, for those who keep it running (A8): which request, which route, and why, without what
-- anybody said.
CREATE TABLE recent_errors (
    id BLOB PRIMARY KEY NOT NULL,
    at TEXT NOT NULL,
    request_id TEXT NOT NULL,
    method TEXT NOT NULL,
    route TEXT NOT NULL,
    status INTEGER NOT NULL,
    code TEXT NOT NULL,
    cause TEXT NOT NULL
) STRICT;
CREATE INDEX recent_errors_by_time ON recent_errors (at);
