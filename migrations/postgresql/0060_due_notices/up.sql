-- What is put off waits behind an index of its own, by when it is due: a look for what is to be sent passed by all that waits.
DROP INDEX notices_in_order;
CREATE INDEX notices_at_once ON notices (urgent, created_at, id) WHERE state = 'waiting' AND next_attempt_at <= created_at;
CREATE INDEX notices_put_off ON notices (urgent, next_attempt_at, id) WHERE state = 'waiting' AND next_attempt_at > created_at;
