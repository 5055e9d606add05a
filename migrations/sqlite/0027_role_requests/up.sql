-- Roles that the trustee asks for, for its people and groups of a pairing (P3). What was given or taken back is gone from here: the
-- audited events keep it.
CREATE TABLE pairing_role_requests (
    id BLOB PRIMARY KEY NOT NULL,
    member_id BLOB NOT NULL REFERENCES pairing_members (id),
    role TEXT NOT NULL,
    until TEXT,
    note TEXT,
    requested_by BLOB NOT NULL REFERENCES people (id),
    requested_at TEXT NOT NULL,
    refused_by BLOB REFERENCES people (id),
    refused_at TEXT,
    reason TEXT,
    UNIQUE (member_id, role),
    CHECK ((refused_by IS NULL) = (refused_at IS NULL))
) STRICT;
