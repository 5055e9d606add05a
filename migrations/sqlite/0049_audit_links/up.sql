-- The place of an event in the chain, apart from the number under which it was written: on a server an event is linked behind its
-- commit, and has no place until then. Here the writer is alone and links what it writes at once, so that both numbers are the same.
DROP TRIGGER audit_events_no_update;
DROP TRIGGER audit_events_no_replace;

ALTER TABLE audit_events ADD COLUMN link INTEGER CHECK (link > 0);
-- What is there keeps its place and its hash.
UPDATE audit_events SET link = position;
CREATE UNIQUE INDEX audit_events_by_link ON audit_events (link) WHERE link IS NOT NULL;
CREATE INDEX audit_events_unlinked ON audit_events (position) WHERE link IS NULL;

CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are never changed');
END;
-- REPLACE deletes without a word to the trigger that refuses deletions.
CREATE TRIGGER audit_events_no_replace BEFORE INSERT ON audit_events
WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id OR position = NEW.position OR link = NEW.link)
BEGIN
    SELECT RAISE(ABORT, 'audit events are never changed');
END;
