DROP INDEX role_grants_by_end;
DROP TRIGGER duty_rules_epoch_insert;
DROP TRIGGER duty_rules_epoch_update;
DROP TRIGGER duty_rules_epoch_delete;
DROP TRIGGER target_rules_epoch_insert;
DROP TRIGGER target_rules_epoch_update;
DROP TRIGGER target_rules_epoch_delete;
DROP TRIGGER notice_preferences_epoch_insert;
DROP TRIGGER notice_preferences_epoch_update;
DROP TRIGGER notice_preferences_epoch_delete;
DROP TRIGGER line_grants_epoch_insert;
DROP TRIGGER line_grants_epoch_update;
DROP TRIGGER line_grants_epoch_delete;
DROP TRIGGER people_epoch_update;
CREATE TRIGGER people_epoch_update AFTER UPDATE OF organization_id, email, first_name, last_name, time_zone, language, password_given_at, disabled_at ON people
BEGIN
    UPDATE epochs SET value = random();
END;
