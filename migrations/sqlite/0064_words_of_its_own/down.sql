DROP INDEX notices_waiting_in_thread;
DROP INDEX notices_holding_up;
CREATE INDEX notices_waiting_in_thread ON notices (thread, person_id, created_at, id) WHERE state = 'waiting';
CREATE INDEX notices_holding_up ON notices (queue, created_at, id)
    WHERE state || '' = 'waiting' AND (next_attempt_at > created_at OR lease_until IS NOT NULL);
