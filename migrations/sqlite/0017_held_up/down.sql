DROP INDEX notices_holding_up;
CREATE INDEX notices_in_queues ON notices (queue, created_at, id) WHERE state = 'waiting';
