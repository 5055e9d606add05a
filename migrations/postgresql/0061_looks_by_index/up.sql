-- What waits changes from second to second, and what is known of it when a look is planned is always of a while ago: of a time when
-- nothing waited, or when the table was small. A look then went along an index of all that waits and passed by it, for each notice that is due:
-- seconds, where an outage of the mail server has left thousands. So what the three looks go along is said in words that no other index has.
DROP INDEX notices_at_once;
DROP INDEX notices_put_off;
DROP INDEX notices_holding_up;

-- For what else is asked of what waits, the server remembers no statistics: without any it takes it for a small part. To set a type anew,
-- the same, forgets what was remembered.
ALTER TABLE notices
    ALTER COLUMN state SET STATISTICS 0,
    ALTER COLUMN next_attempt_at SET STATISTICS 0,
    ALTER COLUMN lease_until SET STATISTICS 0;
ALTER TABLE notices
    ALTER COLUMN state TYPE text,
    ALTER COLUMN next_attempt_at TYPE timestamptz,
    ALTER COLUMN lease_until TYPE timestamptz;

CREATE INDEX notices_at_once ON notices (urgent, created_at, id)
    WHERE state || '' = 'waiting' AND next_attempt_at <= created_at;
CREATE INDEX notices_put_off ON notices (urgent, next_attempt_at, id)
    WHERE state || '' = 'waiting' AND next_attempt_at > created_at;
CREATE INDEX notices_holding_up ON notices (queue, created_at, id)
    WHERE state || '' = 'waiting' AND (next_attempt_at > created_at OR lease_until IS NOT NULL);
