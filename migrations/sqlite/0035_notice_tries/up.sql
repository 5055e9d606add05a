-- Tries by which a notice was not taken: when, what was said, and when it was tried again (A8). What was said is kept without
-- the addresses in it. That a notice was taken stands with the notice.
CREATE TABLE notice_tries (
    id BLOB PRIMARY KEY NOT NULL,
    notice_id BLOB NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    fault TEXT NOT NULL,
    said TEXT NOT NULL,
    next_at TEXT
) STRICT;
CREATE INDEX notice_tries_by_notice ON notice_tries (notice_id, id);
