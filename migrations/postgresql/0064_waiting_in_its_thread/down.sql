DROP INDEX notices_waiting_in_thread;
CREATE INDEX notices_waiting_in_thread ON notices (thread, person_id, created_at, id) WHERE state = 'waiting';
