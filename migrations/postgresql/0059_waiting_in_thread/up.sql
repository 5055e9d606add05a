-- What waits for one person in one thread is gathered: without an index of its own, SQLite passed by all that waits for anybody.
CREATE INDEX notices_waiting_in_thread ON notices (thread, person_id, created_at, id) WHERE state = 'waiting';
