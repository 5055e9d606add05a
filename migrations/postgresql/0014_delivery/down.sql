DROP TABLE mail_outages;
DROP INDEX notices_held;
DROP INDEX notices_in_queues;
DROP INDEX notices_in_order;
CREATE INDEX notices_waiting ON notices (state, next_attempt_at, id) WHERE state = 'waiting';
ALTER TABLE notices DROP COLUMN tried_at;
ALTER TABLE notices DROP COLUMN fault;
ALTER TABLE notices DROP COLUMN urgent;
ALTER TABLE notices DROP COLUMN queue;
