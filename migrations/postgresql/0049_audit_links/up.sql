-- Events are linked behind their commit, so that no writer waits for another one at the chain's end. `position` is from now on the
-- number under which an event was written, and `link` its place in the chain: none until it is linked, with two empty hashes.
ALTER TABLE audit_events ADD COLUMN link BIGINT;
-- What is there keeps its place and its hash. The table is written anew once, in one go, which takes a fraction of what an update of
-- each row would.
ALTER TABLE audit_events ALTER COLUMN link TYPE BIGINT USING position;
ALTER TABLE audit_events ADD CHECK (link > 0);
CREATE UNIQUE INDEX audit_events_by_link ON audit_events (link) WHERE link IS NOT NULL;
CREATE INDEX audit_events_unlinked ON audit_events (position) WHERE link IS NULL;

-- The numbers go on behind those that are taken. One that a transaction took and did not commit is left out.
CREATE SEQUENCE audit_events_position_seq AS BIGINT OWNED BY audit_events.position;
SELECT setval('audit_events_position_seq', greatest(coalesce(max(position), 1), 1), max(position) IS NOT NULL) FROM audit_events;

-- An event gets its place once; nothing else about it changes, then or ever.
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.link IS NULL AND NEW.link IS NOT NULL
            AND to_jsonb(NEW) - ARRAY['link', 'previous_hash', 'hash'] = to_jsonb(OLD) - ARRAY['link', 'previous_hash', 'hash'] THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit events are never changed or deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_events_append_only';
END $$;
