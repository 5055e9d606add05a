-- Who goes first, what stands in line behind what, and why a notice was not taken (N2).
ALTER TABLE notices ADD COLUMN queue TEXT NOT NULL DEFAULT '';
ALTER TABLE notices ADD COLUMN urgent BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE notices ADD COLUMN fault TEXT;
ALTER TABLE notices ADD COLUMN tried_at timestamptz;
UPDATE notices SET urgent = true WHERE kind IN ('invitation', 'password_reset', 'password_changed',
    'second_factor_changed', 'new_device', 'access_granted');
UPDATE notices SET queue = CASE WHEN urgent THEN 'urgent ' ELSE '' END
    || coalesce(replace(person_id::text, '-', ''), to_email);
-- What is due is found in its order; by the next attempt, all that waits would be sorted at each look.
DROP INDEX notices_waiting;
CREATE INDEX notices_in_order ON notices (state, urgent, created_at, id) WHERE state = 'waiting';
CREATE INDEX notices_in_queues ON notices (queue, created_at, id) WHERE state = 'waiting';
CREATE INDEX notices_held ON notices (lease_holder) WHERE lease_holder IS NOT NULL;

-- Ways out that are closed at present: while a row is here, one notice at a time tries whether it is open again.
CREATE TABLE mail_outages (
    transport TEXT PRIMARY KEY NOT NULL,
    fault TEXT NOT NULL,
    detail TEXT NOT NULL,
    since timestamptz NOT NULL,
    probes BIGINT NOT NULL,
    next_probe_at timestamptz NOT NULL
);
