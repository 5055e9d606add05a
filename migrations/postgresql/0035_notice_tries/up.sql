-- Tries by which a notice was not taken: when, what was said, and when it was tried again (A8). What was said is kept without
-- the addresses in it. That a notice was taken stands with the notice.
CREATE TABLE notice_tries (
    id uuid PRIMARY KEY,
    notice_id uuid NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    fault text NOT NULL,
    said text NOT NULL,
    next_at timestamptz
);
CREATE INDEX notice_tries_by_notice ON notice_tries (notice_id, id);
