DROP TRIGGER people_epoch ON people;
CREATE TRIGGER people_epoch AFTER INSERT OR DELETE OR UPDATE OF organization_id, email, first_name, last_name, time_zone, password_given_at, disabled_at ON people
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
ALTER TABLE people DROP COLUMN language;
