-- An address belongs to whoever has shown that it is theirs. Until then it tells nobody whether it is known elsewhere: each
-- organization may add it once. Built anew, because a column's uniqueness cannot be taken away.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE people_with_addresses (
    id BLOB PRIMARY KEY NOT NULL,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    email TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    time_zone TEXT,
    password_hash TEXT,
    -- When an administrator gave the password; it is good for choosing another one.
    password_given_at TEXT,
    email_verified_at TEXT,
    disabled_at TEXT,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
INSERT INTO people_with_addresses (id, organization_id, email, first_name, last_name, time_zone, password_hash,
    email_verified_at, disabled_at, created_at, version)
SELECT id, organization_id, email, first_name, last_name, time_zone, password_hash, email_verified_at, disabled_at,
    created_at, version
FROM people;
DROP TABLE people;
ALTER TABLE people_with_addresses RENAME TO people;
CREATE INDEX people_by_organization ON people (organization_id, last_name, first_name, id);
CREATE INDEX people_by_name ON people (last_name, first_name, id);
CREATE UNIQUE INDEX people_by_address ON people (email, organization_id);
CREATE UNIQUE INDEX people_by_verified_address ON people (email) WHERE email_verified_at IS NOT NULL;
COMMIT;
PRAGMA foreign_keys = ON;
