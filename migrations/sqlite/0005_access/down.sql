DROP TABLE line_grants;
DROP TABLE clones;
DROP TABLE role_grants;
DROP TABLE pairing_members;
DROP TABLE pairings;
DROP TABLE access_group_members;
DROP TABLE access_groups;
DROP TABLE roles;
