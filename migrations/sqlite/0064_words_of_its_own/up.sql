-- What waits in a thread was found by an index of all that waits, whenever the server had been told that hardly anything does: it passed by
-- thousands of notices for each person. What was put off was found by the index of what may hold up others, which is all that was put off and
-- more. So each is asked for in words that no other index has, see 0061, and which say what it is for.
DROP INDEX notices_waiting_in_thread;
DROP INDEX notices_holding_up;
CREATE INDEX notices_waiting_in_thread ON notices (thread, person_id, created_at, id)
    WHERE state || ' in its thread' = 'waiting in its thread';
CREATE INDEX notices_holding_up ON notices (queue, created_at, id)
    WHERE state || ' ahead' = 'waiting ahead' AND (next_attempt_at > created_at OR lease_until IS NOT NULL);
