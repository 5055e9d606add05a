-- Processes remember what seldom changes: who may do what, and by which rules. Each thing that is remembered is good for one
-- epoch: every change to one of these tables begins another, in its own transaction, whoever makes it and from wherever. An
-- epoch is a number at random, so that none comes back when a server goes on without its last transactions.
CREATE TABLE epochs (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO epochs (id, value) VALUES (1, random());

CREATE TRIGGER organizations_epoch_insert AFTER INSERT ON organizations
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER organizations_epoch_update AFTER UPDATE ON organizations
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER organizations_epoch_delete AFTER DELETE ON organizations
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER people_epoch_insert AFTER INSERT ON people
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER people_epoch_update AFTER UPDATE OF organization_id, email, first_name, last_name, time_zone, password_given_at, disabled_at ON people
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER people_epoch_delete AFTER DELETE ON people
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER role_grants_epoch_insert AFTER INSERT ON role_grants
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER role_grants_epoch_update AFTER UPDATE ON role_grants
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER role_grants_epoch_delete AFTER DELETE ON role_grants
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER roles_epoch_insert AFTER INSERT ON roles
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER roles_epoch_update AFTER UPDATE ON roles
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER roles_epoch_delete AFTER DELETE ON roles
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER access_groups_epoch_insert AFTER INSERT ON access_groups
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER access_groups_epoch_update AFTER UPDATE ON access_groups
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER access_groups_epoch_delete AFTER DELETE ON access_groups
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER access_group_members_epoch_insert AFTER INSERT ON access_group_members
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER access_group_members_epoch_update AFTER UPDATE ON access_group_members
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER access_group_members_epoch_delete AFTER DELETE ON access_group_members
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER pairings_epoch_insert AFTER INSERT ON pairings
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER pairings_epoch_update AFTER UPDATE OF trustee_id, trustor_id, switched_off_at, suspended_at, removed_at ON pairings
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER pairings_epoch_delete AFTER DELETE ON pairings
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER pairing_members_epoch_insert AFTER INSERT ON pairing_members
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER pairing_members_epoch_update AFTER UPDATE OF pairing_id, person_id, group_id ON pairing_members
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER pairing_members_epoch_delete AFTER DELETE ON pairing_members
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER clones_epoch_insert AFTER INSERT ON clones
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER clones_epoch_update AFTER UPDATE ON clones
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER clones_epoch_delete AFTER DELETE ON clones
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER second_factors_epoch_insert AFTER INSERT ON second_factors
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER second_factors_epoch_update AFTER UPDATE OF person_id, confirmed_at ON second_factors
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER second_factors_epoch_delete AFTER DELETE ON second_factors
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER calendars_epoch_insert AFTER INSERT ON calendars
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER calendars_epoch_update AFTER UPDATE ON calendars
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER calendars_epoch_delete AFTER DELETE ON calendars
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER lines_of_business_epoch_insert AFTER INSERT ON lines_of_business
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER lines_of_business_epoch_update AFTER UPDATE ON lines_of_business
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER lines_of_business_epoch_delete AFTER DELETE ON lines_of_business
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER policies_epoch_insert AFTER INSERT ON policies
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER policies_epoch_update AFTER UPDATE ON policies
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER policies_epoch_delete AFTER DELETE ON policies
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER escalation_reasons_epoch_insert AFTER INSERT ON escalation_reasons
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER escalation_reasons_epoch_update AFTER UPDATE ON escalation_reasons
BEGIN
    UPDATE epochs SET value = random();
END;
CREATE TRIGGER escalation_reasons_epoch_delete AFTER DELETE ON escalation_reasons
BEGIN
    UPDATE epochs SET value = random();
END;
