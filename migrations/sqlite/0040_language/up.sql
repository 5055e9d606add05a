-- In which language somebody reads; their browser's if none. The desk remembers it with the rest of who they are, so that a change
-- begins another epoch.
ALTER TABLE people ADD COLUMN language TEXT;
DROP TRIGGER people_epoch_update;
CREATE TRIGGER people_epoch_update AFTER UPDATE OF organization_id, email, first_name, last_name, time_zone, language, password_given_at, disabled_at ON people
BEGIN
    UPDATE epochs SET value = random();
END;
