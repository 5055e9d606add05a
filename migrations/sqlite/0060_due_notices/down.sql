DROP INDEX notices_at_once;
DROP INDEX notices_put_off;
CREATE INDEX notices_in_order ON notices (state, urgent, created_at, id) WHERE state = 'waiting';
