-- The first page looks at what is open: of one organization, of one engineer, and of nobody.
CREATE INDEX cases_open_by_organization ON cases (organization_id, opened_at, id) WHERE closed_at IS NULL;
CREATE INDEX cases_open_by_owner ON cases (owner_id, opened_at, id) WHERE closed_at IS NULL;
-- Which escalations of somebody were declined lately.
CREATE INDEX escalations_declined ON escalations (requested_by, closed_at, id) WHERE state = 'declined';

-- What somebody, or everybody in an organization, narrows a list to, by name.
CREATE TABLE saved_filters (
    id BLOB PRIMARY KEY NOT NULL,
    -- Where it is used, and by whom it was saved.
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    list TEXT NOT NULL CHECK (list IN ('cases', 'escalations')),
    name TEXT NOT NULL,
    -- As the address of the list's page has it.
    query TEXT NOT NULL,
    shared INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX saved_filters_of_person ON saved_filters (person_id, organization_id, id);
CREATE INDEX saved_filters_shared ON saved_filters (organization_id, id) WHERE shared;
