DROP INDEX role_grants_by_end;
DROP TRIGGER duty_rules_epoch ON duty_rules;
DROP TRIGGER target_rules_epoch ON target_rules;
DROP TRIGGER notice_preferences_epoch ON notice_preferences;
DROP TRIGGER line_grants_epoch ON line_grants;
DROP TRIGGER people_epoch ON people;
CREATE TRIGGER people_epoch AFTER INSERT OR DELETE OR UPDATE OF organization_id, email, first_name, last_name, time_zone, language, password_given_at, disabled_at ON people
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
