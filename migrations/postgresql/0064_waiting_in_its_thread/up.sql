-- What waits in a thread was found by an index of all that waits, whenever the server had been told that hardly anything does: it passed by
-- thousands of notices for each person. So it is asked for in words that no other index has, see 0061.
DROP INDEX notices_waiting_in_thread;
CREATE INDEX notices_waiting_in_thread ON notices (thread, person_id, created_at, id) WHERE state || '' = 'waiting';
