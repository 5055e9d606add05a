-- In which language somebody reads; their browser's if none. The desk remembers it with the rest of who they are, so that a change
-- begins another epoch.
ALTER TABLE people ADD COLUMN language text;
DROP TRIGGER people_epoch ON people;
CREATE TRIGGER people_epoch AFTER INSERT OR DELETE OR UPDATE OF organization_id, email, first_name, last_name, time_zone, language, password_given_at, disabled_at ON people
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
