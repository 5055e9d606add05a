-- Who may do what, where: roles, access groups, read grants on lines of business, and paired organizations.

-- Roles of an organization's own; the predefined ones are the program's.
CREATE TABLE roles (
    id BLOB PRIMARY KEY NOT NULL,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    permissions TEXT NOT NULL,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (organization_id, code)
) STRICT;

CREATE TABLE access_groups (
    id BLOB PRIMARY KEY NOT NULL,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    -- The predefined role for which the group was installed with its organization.
    installed_for TEXT,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (organization_id, name)
) STRICT;

CREATE TABLE access_group_members (
    group_id BLOB NOT NULL REFERENCES access_groups (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    added_by BLOB REFERENCES people (id),
    added_at TEXT NOT NULL,
    PRIMARY KEY (group_id, person_id)
) STRICT;
CREATE INDEX access_group_members_by_person ON access_group_members (person_id, group_id);

-- A trust: people and groups of the trustee may work in the trustor. Nobody is the trustor before the link is accepted.
CREATE TABLE pairings (
    id BLOB PRIMARY KEY NOT NULL,
    trustee_id BLOB NOT NULL REFERENCES organizations (id),
    trustor_id BLOB REFERENCES organizations (id),
    -- The only organization that may accept, where the request names one.
    addressed_to BLOB REFERENCES organizations (id),
    token_hash TEXT NOT NULL UNIQUE,
    expires_at TEXT NOT NULL,
    created_by BLOB REFERENCES people (id),
    created_at TEXT NOT NULL,
    accepted_by BLOB REFERENCES people (id),
    accepted_at TEXT,
    -- Whoever opened the link said no: it is used up.
    refused_by BLOB REFERENCES people (id),
    refused_at TEXT,
    -- The trustor's switch, and the trustee's own.
    switched_off_by BLOB REFERENCES people (id),
    switched_off_at TEXT,
    suspended_by BLOB REFERENCES people (id),
    suspended_at TEXT,
    removed_by BLOB REFERENCES people (id),
    removed_at TEXT,
    removed_side TEXT CHECK (removed_side IN ('trustee', 'trustor')),
    last_used_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK ((accepted_at IS NULL) = (trustor_id IS NULL)),
    CHECK (accepted_at IS NULL OR refused_at IS NULL),
    CHECK ((removed_at IS NULL) = (removed_side IS NULL)),
    CHECK (trustor_id <> trustee_id),
    CHECK (addressed_to <> trustee_id)
) STRICT;
CREATE INDEX pairings_by_trustee ON pairings (trustee_id, created_at DESC, id DESC);
CREATE INDEX pairings_by_trustor ON pairings (trustor_id, accepted_at DESC, id DESC) WHERE trustor_id IS NOT NULL;

-- The people and groups of the trustee that a pairing is for.
CREATE TABLE pairing_members (
    id BLOB PRIMARY KEY NOT NULL,
    pairing_id BLOB NOT NULL REFERENCES pairings (id),
    person_id BLOB REFERENCES people (id),
    group_id BLOB REFERENCES access_groups (id),
    proposed_by BLOB REFERENCES people (id),
    proposed_at TEXT NOT NULL,
    -- The trustor approves by giving the first role (P5).
    approved_by BLOB REFERENCES people (id),
    approved_at TEXT,
    last_used_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK ((person_id IS NULL) <> (group_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX pairing_members_once ON pairing_members (pairing_id, coalesce(person_id, group_id));
CREATE INDEX pairing_members_by_person ON pairing_members (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX pairing_members_by_group ON pairing_members (group_id) WHERE group_id IS NOT NULL;

-- A role given to a person or a group. It holds in `organization_id`: their own, or the trustor of the pairing through
-- which it was given.
CREATE TABLE role_grants (
    id BLOB PRIMARY KEY NOT NULL,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    person_id BLOB REFERENCES people (id),
    group_id BLOB REFERENCES access_groups (id),
    role TEXT,
    role_id BLOB REFERENCES roles (id),
    pairing_id BLOB REFERENCES pairings (id),
    expires_at TEXT,
    granted_by BLOB REFERENCES people (id),
    granted_at TEXT NOT NULL,
    CHECK ((person_id IS NULL) <> (group_id IS NULL)),
    CHECK ((role IS NULL) <> (role_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX role_grants_once ON role_grants (coalesce(person_id, group_id), organization_id, coalesce(role, role_id), coalesce(pairing_id, x''));
CREATE INDEX role_grants_by_person ON role_grants (person_id, organization_id) WHERE person_id IS NOT NULL;
CREATE INDEX role_grants_by_group ON role_grants (group_id, organization_id) WHERE group_id IS NOT NULL;
CREATE INDEX role_grants_by_organization ON role_grants (organization_id, role);
CREATE INDEX role_grants_by_role ON role_grants (role_id) WHERE role_id IS NOT NULL;
CREATE INDEX role_grants_by_pairing ON role_grants (pairing_id) WHERE pairing_id IS NOT NULL;

-- Cloned users (P8): a trusted person's second self in the trustor's directory.
CREATE TABLE clones (
    person_id BLOB PRIMARY KEY NOT NULL REFERENCES people (id),
    original_id BLOB NOT NULL REFERENCES people (id),
    pairing_id BLOB NOT NULL REFERENCES pairings (id),
    added_by BLOB REFERENCES people (id),
    added_at TEXT NOT NULL,
    removed_at TEXT
) STRICT;
CREATE INDEX clones_by_pairing ON clones (pairing_id);
CREATE INDEX clones_by_original ON clones (original_id);

-- Which groups may read the cases of a line that has grants of its own (A4).
CREATE TABLE line_grants (
    line_of_business_id BLOB NOT NULL REFERENCES lines_of_business (id),
    group_id BLOB NOT NULL REFERENCES access_groups (id),
    granted_by BLOB REFERENCES people (id),
    granted_at TEXT NOT NULL,
    PRIMARY KEY (line_of_business_id, group_id)
) STRICT;
CREATE INDEX line_grants_by_group ON line_grants (group_id);
