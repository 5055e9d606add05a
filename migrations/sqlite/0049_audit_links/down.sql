DROP TRIGGER audit_events_no_replace;
DROP INDEX audit_events_by_link;
DROP INDEX audit_events_unlinked;
ALTER TABLE audit_events DROP COLUMN link;
CREATE TRIGGER audit_events_no_replace BEFORE INSERT ON audit_events
WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id OR position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'audit events are never changed');
END;
