DROP TRIGGER people_epoch_update;
CREATE TRIGGER people_epoch_update AFTER UPDATE OF organization_id, email, first_name, last_name, time_zone, password_given_at, disabled_at ON people
BEGIN
    UPDATE epochs SET value = random();
END;
ALTER TABLE people DROP COLUMN language;
