-- What paired people changed in another organization, by visit (P12). A visit begins when somebody switches in, or with the first thing
-- that a program of theirs changes there.
CREATE TABLE pairing_visits (
    id uuid PRIMARY KEY,
    pairing_id uuid NOT NULL REFERENCES pairings (id),
    -- As whom: a person of the trustee, or their cloned user.
    person_id uuid NOT NULL REFERENCES people (id),
    began_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    changes bigint NOT NULL DEFAULT 0
);
CREATE INDEX pairing_visits_by_pairing ON pairing_visits (pairing_id, id DESC);
CREATE INDEX pairing_visits_by_person ON pairing_visits (person_id, pairing_id, id DESC);

-- The audited events of a visit.
CREATE TABLE pairing_visit_events (
    visit_id uuid NOT NULL REFERENCES pairing_visits (id),
    event_id uuid NOT NULL,
    PRIMARY KEY (visit_id, event_id)
);
CREATE UNIQUE INDEX pairing_visit_events_by_event ON pairing_visit_events (event_id);
