-- What a notice is changes from second to second, and statistics of it are always of a while ago. By those of a time when nothing waited,
-- the server passed by all that waits for each notice that is due: seconds, where an outage of the mail server has left thousands. Without
-- any it takes what waits for a small part, and goes by queue and by id. To set a type anew, the same, forgets what was remembered.
ALTER TABLE notices
    ALTER COLUMN state SET STATISTICS 0,
    ALTER COLUMN next_attempt_at SET STATISTICS 0,
    ALTER COLUMN lease_until SET STATISTICS 0;
ALTER TABLE notices
    ALTER COLUMN state TYPE text,
    ALTER COLUMN next_attempt_at TYPE timestamptz,
    ALTER COLUMN lease_until TYPE timestamptz;
