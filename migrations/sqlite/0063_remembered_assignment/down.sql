DROP TRIGGER duty_rules_epoch_update;
CREATE TRIGGER duty_rules_epoch_update AFTER UPDATE OF ladder, ladder_version ON duty_rules
BEGIN
    UPDATE epochs SET value = random();
END;
