-- Announcements, tutorials and tools (H1). For whom each is: a word, and where that says so, the organizations.
CREATE TABLE help_audiences (
    -- An article, an announcement, a tutorial or a tool.
    thing_id BLOB NOT NULL,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    PRIMARY KEY (thing_id, organization_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX help_audiences_by_organization ON help_audiences (organization_id, thing_id);

CREATE TABLE announcements (
    id BLOB PRIMARY KEY NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    audience TEXT NOT NULL CHECK (audience IN ('everyone', 'provider', 'customers', 'partners', 'organizations')),
    importance TEXT NOT NULL CHECK (importance IN ('information', 'warning')),
    draft INTEGER NOT NULL DEFAULT 0 CHECK (draft IN (0, 1)),
    from_at TEXT NOT NULL,
    until_at TEXT,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK (until_at > from_at)
) STRICT;
CREATE INDEX announcements_by_beginning ON announcements (from_at, id);

-- Who has read which.
CREATE TABLE announcement_reads (
    person_id BLOB NOT NULL REFERENCES people (id),
    announcement_id BLOB NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
    read_at TEXT NOT NULL,
    PRIMARY KEY (person_id, announcement_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX announcement_reads_of_one ON announcement_reads (announcement_id);

-- `taken` counts the places that are given away: nobody gets one above `places`, however many ask at once.
CREATE TABLE tutorials (
    id BLOB PRIMARY KEY NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    audience TEXT NOT NULL CHECK (audience IN ('everyone', 'provider', 'customers', 'partners', 'organizations')),
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    places INTEGER CHECK (places > 0),
    taken INTEGER NOT NULL DEFAULT 0,
    place_or_link TEXT NOT NULL,
    registration_until TEXT,
    canceled_at TEXT,
    cancel_reason TEXT,
    remind_at TEXT,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK (ends_at > starts_at),
    CHECK (taken >= 0 AND (places IS NULL OR taken <= places)),
    CHECK (canceled_at IS NULL OR remind_at IS NULL)
) STRICT;
CREATE INDEX tutorials_by_beginning ON tutorials (starts_at, id);
CREATE INDEX tutorials_to_remind ON tutorials (remind_at, id) WHERE remind_at IS NOT NULL;

-- Who comes to which; whoever has no place waits for one, in the order of the ids.
CREATE TABLE tutorial_registrations (
    id BLOB PRIMARY KEY NOT NULL,
    tutorial_id BLOB NOT NULL REFERENCES tutorials (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    -- Where they act.
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    has_place INTEGER NOT NULL DEFAULT 0 CHECK (has_place IN (0, 1)),
    registered_at TEXT NOT NULL,
    placed_at TEXT,
    CHECK ((placed_at IS NOT NULL) = (has_place = 1))
) STRICT;
CREATE UNIQUE INDEX tutorial_registrations_of_people ON tutorial_registrations (person_id, tutorial_id);
CREATE INDEX tutorial_registrations_in_order ON tutorial_registrations (tutorial_id, has_place, id);

CREATE TABLE tools (
    id BLOB PRIMARY KEY NOT NULL,
    title TEXT NOT NULL,
    description TEXT,
    href TEXT NOT NULL CHECK (href LIKE 'https://%'),
    audience TEXT NOT NULL CHECK (audience IN ('everyone', 'provider', 'customers', 'partners', 'organizations')),
    position INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX tools_in_order ON tools (position, id);
