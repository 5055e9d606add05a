-- Who is told of what is remembered, too: what people chose of notices, who may read the cases of a line, and by what targets are
-- reckoned. An address that is found to be somebody's begins an epoch from now on.
DROP TRIGGER people_epoch ON people;
CREATE TRIGGER people_epoch AFTER INSERT OR DELETE OR UPDATE OF organization_id, email, email_verified_at, first_name, last_name, time_zone, language, password_given_at, disabled_at ON people
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER line_grants_epoch AFTER INSERT OR DELETE OR UPDATE ON line_grants
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER notice_preferences_epoch AFTER INSERT OR DELETE OR UPDATE ON notice_preferences
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER target_rules_epoch AFTER INSERT OR DELETE OR UPDATE ON target_rules
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER duty_rules_epoch AFTER INSERT OR DELETE OR UPDATE OF ladder, ladder_version ON duty_rules
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();

-- When the first role of anybody runs out: until then it is remembered what everybody holds.
CREATE INDEX role_grants_by_end ON role_grants (expires_at) WHERE expires_at IS NOT NULL;
