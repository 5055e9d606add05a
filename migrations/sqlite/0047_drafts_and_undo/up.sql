-- What somebody has begun to write where they act, and not sent: nobody else reads it.
CREATE TABLE drafts (
    person_id BLOB NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    -- Such as `case:<id>:feed`, with the id of the case or of the escalation.
    place TEXT NOT NULL,
    -- The case that it is on; none of a new case.
    case_id BLOB REFERENCES cases (id),
    body TEXT NOT NULL,
    visibility TEXT CHECK (visibility IN ('public', 'internal')),
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (person_id, organization_id, place)
) STRICT;
CREATE INDEX drafts_of_case ON drafts (case_id, person_id);
CREATE INDEX drafts_by_update ON drafts (updated_at);
CREATE INDEX drafts_of_person ON drafts (person_id, organization_id, updated_at DESC, place);

-- Entries that their author may take back for a short time, and what they did besides standing there.
CREATE TABLE undoable_entries (
    entry_id BLOB PRIMARY KEY NOT NULL REFERENCES feed_entries (id) ON DELETE CASCADE,
    until TEXT NOT NULL,
    -- Whether what it did to targets of the escalation cannot be told apart from what they are otherwise.
    bound_to_stay INTEGER NOT NULL DEFAULT 0 CHECK (bound_to_stay IN (0, 1)),
    -- What it did to them otherwise, as JSON.
    touched TEXT,
    -- The status that the case had before, the one that it got with it, and the version of the case from then on.
    status_from TEXT,
    status_to TEXT,
    case_version INTEGER
) STRICT;
CREATE INDEX undoable_entries_by_until ON undoable_entries (until);

-- What is kept of an entry for digests goes with it.
CREATE INDEX digest_items_of_case ON digest_items (case_id, created_at);

-- Until when the author of the entry that it tells of may take that back: it is not sent before.
ALTER TABLE notices ADD COLUMN held_until TEXT;
