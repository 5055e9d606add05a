PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE people_before (
    id BLOB PRIMARY KEY NOT NULL,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    email TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    time_zone TEXT,
    password_hash TEXT,
    email_verified_at TEXT,
    disabled_at TEXT,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
INSERT INTO people_before
SELECT id, organization_id, email, first_name, last_name, time_zone, password_hash, email_verified_at, disabled_at,
    created_at, version
FROM people;
DROP TABLE people;
ALTER TABLE people_before RENAME TO people;
CREATE INDEX people_by_organization ON people (organization_id, last_name, first_name, id);
CREATE INDEX people_by_name ON people (last_name, first_name, id);
COMMIT;
PRAGMA foreign_keys = ON;
