-- The first page looks at what is open: of one organization, of one engineer, and of nobody.
CREATE INDEX cases_open_by_organization ON cases (organization_id, opened_at, id) WHERE closed_at IS NULL;
CREATE INDEX cases_open_by_owner ON cases (owner_id, opened_at, id) WHERE closed_at IS NULL;
-- Which escalations of somebody were declined lately.
CREATE INDEX escalations_declined ON escalations (requested_by, closed_at, id) WHERE state = 'declined';

-- What somebody, or everybody in an organization, narrows a list to, by name.
CREATE TABLE saved_filters (
    id uuid PRIMARY KEY,
    -- Where it is used, and by whom it was saved.
    organization_id uuid NOT NULL REFERENCES organizations (id),
    person_id uuid NOT NULL REFERENCES people (id),
    list text NOT NULL CHECK (list IN ('cases', 'escalations')),
    name text NOT NULL,
    -- As the address of the list's page has it.
    query text NOT NULL,
    shared boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX saved_filters_of_person ON saved_filters (person_id, organization_id, id);
CREATE INDEX saved_filters_shared ON saved_filters (organization_id, id) WHERE shared;
