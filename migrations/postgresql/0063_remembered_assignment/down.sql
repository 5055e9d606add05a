DROP TRIGGER duty_rules_epoch ON duty_rules;
CREATE TRIGGER duty_rules_epoch AFTER INSERT OR DELETE OR UPDATE OF ladder, ladder_version ON duty_rules
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
