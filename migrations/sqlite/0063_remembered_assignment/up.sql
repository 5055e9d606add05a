-- How escalations get their owner is remembered, too: each submission asks for it.
DROP TRIGGER duty_rules_epoch_update;
CREATE TRIGGER duty_rules_epoch_update AFTER UPDATE OF ladder, ladder_version, assignment, duty_version ON duty_rules
BEGIN
    UPDATE epochs SET value = random();
END;
