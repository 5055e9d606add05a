DROP INDEX notices_at_once;
DROP INDEX notices_put_off;
DROP INDEX notices_holding_up;
CREATE INDEX notices_at_once ON notices (urgent, created_at, id) WHERE state = 'waiting' AND next_attempt_at <= created_at;
CREATE INDEX notices_put_off ON notices (urgent, next_attempt_at, id) WHERE state = 'waiting' AND next_attempt_at > created_at;
CREATE INDEX notices_holding_up ON notices (queue, created_at, id)
    WHERE state = 'waiting' AND (next_attempt_at > created_at OR lease_until IS NOT NULL);
