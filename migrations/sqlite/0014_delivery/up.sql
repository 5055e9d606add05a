-- Who goes first, what stands in line behind what, and why a notice was not taken (N2).
ALTER TABLE notices ADD COLUMN queue TEXT NOT NULL DEFAULT '';
ALTER TABLE notices ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1));
ALTER TABLE notices ADD COLUMN fault TEXT;
ALTER TABLE notices ADD COLUMN tried_at TEXT;
UPDATE notices SET urgent = 1 WHERE kind IN ('invitation', 'password_reset', 'password_changed',
    'second_factor_changed', 'new_device', 'access_granted');
UPDATE notices SET queue = CASE urgent WHEN 1 THEN 'urgent ' ELSE '' END || coalesce(lower(hex(person_id)), to_email);
-- What is due is found in its order; by the next attempt, all that waits would be sorted at each look.
DROP INDEX notices_waiting;
-- With the state in front, so that SQLite prefers it to notices_by_state.
CREATE INDEX notices_in_order ON notices (state, urgent, created_at, id) WHERE state = 'waiting';
CREATE INDEX notices_in_queues ON notices (queue, created_at, id) WHERE state = 'waiting';
CREATE INDEX notices_held ON notices (lease_holder) WHERE lease_holder IS NOT NULL;

-- Ways out that are closed at present: while a row is here, one notice at a time tries whether it is open again.
CREATE TABLE mail_outages (
    transport TEXT PRIMARY KEY NOT NULL,
    fault TEXT NOT NULL,
    detail TEXT NOT NULL,
    since TEXT NOT NULL,
    probes INTEGER NOT NULL,
    next_probe_at TEXT NOT NULL
) STRICT;
