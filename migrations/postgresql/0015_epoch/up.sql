-- Processes remember what seldom changes: who may do what, and by which rules. Each thing that is remembered is good for one
-- epoch: every change to one of these tables begins another, in its own transaction, whoever makes it and from wherever. An
-- epoch is a number at random, so that none comes back when a server goes on without its last transactions.
CREATE TABLE epochs (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    value BIGINT NOT NULL
);
INSERT INTO epochs (id, value) VALUES (1, hashtextextended(gen_random_uuid()::text, 0));

-- Once a transaction is enough.
CREATE FUNCTION begin_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE epochs SET value = hashtextextended(gen_random_uuid()::text, 0)
        WHERE id = 1 AND xmin <> pg_current_xact_id()::xid;
    RETURN NULL;
END $$;

CREATE TRIGGER organizations_epoch AFTER INSERT OR DELETE OR UPDATE ON organizations
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER people_epoch AFTER INSERT OR DELETE OR UPDATE OF organization_id, email, first_name, last_name, time_zone, password_given_at, disabled_at ON people
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER role_grants_epoch AFTER INSERT OR DELETE OR UPDATE ON role_grants
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER roles_epoch AFTER INSERT OR DELETE OR UPDATE ON roles
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER access_groups_epoch AFTER INSERT OR DELETE OR UPDATE ON access_groups
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER access_group_members_epoch AFTER INSERT OR DELETE OR UPDATE ON access_group_members
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER pairings_epoch AFTER INSERT OR DELETE OR UPDATE OF trustee_id, trustor_id, switched_off_at, suspended_at, removed_at ON pairings
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER pairing_members_epoch AFTER INSERT OR DELETE OR UPDATE OF pairing_id, person_id, group_id ON pairing_members
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER clones_epoch AFTER INSERT OR DELETE OR UPDATE ON clones
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER second_factors_epoch AFTER INSERT OR DELETE OR UPDATE OF person_id, confirmed_at ON second_factors
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER calendars_epoch AFTER INSERT OR DELETE OR UPDATE ON calendars
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER lines_of_business_epoch AFTER INSERT OR DELETE OR UPDATE ON lines_of_business
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER policies_epoch AFTER INSERT OR DELETE OR UPDATE ON policies
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER escalation_reasons_epoch AFTER INSERT OR DELETE OR UPDATE ON escalation_reasons
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
