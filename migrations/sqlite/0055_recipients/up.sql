-- Who is told of what is remembered, too: what people chose of notices, who may read the cases of a line, and by what targets are
-- reckoned. An address that is found to be somebody's begins an epoch from now on.
DROP TRIGGER people_epoch_update;
CREATE TRIGGER people_epoch_update AFTER UPDATE OF organization_id, email, email_verified_at, first_name, last_name, time_zone, language, password_given_at, disabled_at ON people
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER line_grants_epoch_insert AFTER INSERT ON line_grants
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER line_grants_epoch_update AFTER UPDATE ON line_grants
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER line_grants_epoch_delete AFTER DELETE ON line_grants
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER notice_preferences_epoch_insert AFTER INSERT ON notice_preferences
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER notice_preferences_epoch_update AFTER UPDATE ON notice_preferences
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER notice_preferences_epoch_delete AFTER DELETE ON notice_preferences
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER target_rules_epoch_insert AFTER INSERT ON target_rules
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER target_rules_epoch_update AFTER UPDATE ON target_rules
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER target_rules_epoch_delete AFTER DELETE ON target_rules
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER duty_rules_epoch_insert AFTER INSERT ON duty_rules
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER duty_rules_epoch_update AFTER UPDATE OF ladder, ladder_version ON duty_rules
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER duty_rules_epoch_delete AFTER DELETE ON duty_rules
BEGIN
    UPDATE epochs SET value = random();
END;

-- When the first role of anybody runs out: until then it is remembered what everybody holds.
CREATE INDEX role_grants_by_end ON role_grants (expires_at) WHERE expires_at IS NOT NULL;
