-- Announcements, tutorials and tools (H1). For whom each is: a word, and where that says so, the organizations.
CREATE TABLE help_audiences (
    -- An article, an announcement, a tutorial or a tool.
    thing_id uuid NOT NULL,
    organization_id uuid NOT NULL REFERENCES organizations (id),
    PRIMARY KEY (thing_id, organization_id)
);
CREATE INDEX help_audiences_by_organization ON help_audiences (organization_id, thing_id);

CREATE TABLE announcements (
    id uuid PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    audience TEXT NOT NULL CHECK (audience IN ('everyone', 'provider', 'customers', 'partners', 'organizations')),
    importance TEXT NOT NULL CHECK (importance IN ('information', 'warning')),
    draft BOOLEAN NOT NULL DEFAULT false,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    created_at timestamptz NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK (until_at > from_at)
);
CREATE INDEX announcements_by_beginning ON announcements (from_at, id);

-- Who has read which.
CREATE TABLE announcement_reads (
    person_id uuid NOT NULL REFERENCES people (id),
    announcement_id uuid NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, announcement_id)
);
CREATE INDEX announcement_reads_of_one ON announcement_reads (announcement_id);

-- `taken` counts the places that are given away: nobody gets one above `places`, however many ask at once.
CREATE TABLE tutorials (
    id uuid PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    audience TEXT NOT NULL CHECK (audience IN ('everyone', 'provider', 'customers', 'partners', 'organizations')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    time_zone TEXT NOT NULL,
    places BIGINT CHECK (places > 0),
    taken BIGINT NOT NULL DEFAULT 0,
    place_or_link TEXT NOT NULL,
    registration_until timestamptz,
    canceled_at timestamptz,
    cancel_reason TEXT,
    remind_at timestamptz,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK (ends_at > starts_at),
    CHECK (taken >= 0 AND (places IS NULL OR taken <= places)),
    CHECK (canceled_at IS NULL OR remind_at IS NULL)
);
CREATE INDEX tutorials_by_beginning ON tutorials (starts_at, id);
CREATE INDEX tutorials_to_remind ON tutorials (remind_at, id) WHERE remind_at IS NOT NULL;

-- Who comes to which; whoever has no place waits for one, in the order of the ids.
CREATE TABLE tutorial_registrations (
    id uuid PRIMARY KEY,
    tutorial_id uuid NOT NULL REFERENCES tutorials (id),
    person_id uuid NOT NULL REFERENCES people (id),
    -- Where they act.
    organization_id uuid NOT NULL REFERENCES organizations (id),
    has_place BOOLEAN NOT NULL DEFAULT false,
    registered_at timestamptz NOT NULL,
    placed_at timestamptz,
    CHECK ((placed_at IS NOT NULL) = (has_place))
);
CREATE UNIQUE INDEX tutorial_registrations_of_people ON tutorial_registrations (person_id, tutorial_id);
CREATE INDEX tutorial_registrations_in_order ON tutorial_registrations (tutorial_id, has_place, id);

CREATE TABLE tools (
    id uuid PRIMARY KEY,
    title TEXT NOT NULL,
    description TEXT,
    href TEXT NOT NULL CHECK (href LIKE 'https://%'),
    audience TEXT NOT NULL CHECK (audience IN ('everyone', 'provider', 'customers', 'partners', 'organizations')),
    position BIGINT NOT NULL,
    created_at timestamptz NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX tools_in_order ON tools (position, id);
