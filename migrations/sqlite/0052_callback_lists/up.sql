-- The list of callbacks has columns that people choose, and filters that they save.
CREATE TABLE list_columns_new (
    person_id BLOB NOT NULL REFERENCES people (id),
    list TEXT NOT NULL CHECK (list IN ('cases', 'escalations', 'callbacks')),
    -- Their names, with commas between them.
    shown TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (person_id, list)
) STRICT, WITHOUT ROWID;
INSERT INTO list_columns_new (person_id, list, shown, updated_at)
    SELECT person_id, list, shown, updated_at FROM list_columns;
DROP TABLE list_columns;
ALTER TABLE list_columns_new RENAME TO list_columns;

CREATE TABLE saved_filters_new (
    id BLOB PRIMARY KEY NOT NULL,
    -- Where it is used, and by whom it was saved.
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    list TEXT NOT NULL CHECK (list IN ('cases', 'escalations', 'callbacks')),
    name TEXT NOT NULL,
    -- As the address of the list's page has it.
    query TEXT NOT NULL,
    shared INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
INSERT INTO saved_filters_new (id, organization_id, person_id, list, name, query, shared, created_at, updated_at, version)
    SELECT id, organization_id, person_id, list, name, query, shared, created_at, updated_at, version FROM saved_filters;
DROP TABLE saved_filters;
ALTER TABLE saved_filters_new RENAME TO saved_filters;
CREATE INDEX saved_filters_of_person ON saved_filters (person_id, organization_id, id);
CREATE INDEX saved_filters_shared ON saved_filters (organization_id, id) WHERE shared;
