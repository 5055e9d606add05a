-- What holds up those behind it in its queue has been tried and waits for another time, or is on its way. Few are, however
-- many wait: looking for it among all that stand before a notice took as long as the square of what waits for one person.
DROP INDEX notices_in_queues;
CREATE INDEX notices_holding_up ON notices (queue, created_at, id)
    WHERE state = 'waiting' AND (next_attempt_at > created_at OR lease_until IS NOT NULL);
