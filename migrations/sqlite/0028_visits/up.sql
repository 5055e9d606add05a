-- What paired people changed in another organization, by visit (P12). A visit begins when somebody switches in, or with the first thing
-- that a program of theirs changes there.
CREATE TABLE pairing_visits (
    id BLOB PRIMARY KEY NOT NULL,
    pairing_id BLOB NOT NULL REFERENCES pairings (id),
    -- As whom: a person of the trustee, or their cloned user.
    person_id BLOB NOT NULL REFERENCES people (id),
    began_at TEXT NOT NULL,
    last_at TEXT NOT NULL,
    changes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX pairing_visits_by_pairing ON pairing_visits (pairing_id, id DESC);
CREATE INDEX pairing_visits_by_person ON pairing_visits (person_id, pairing_id, id DESC);

-- The audited events of a visit.
CREATE TABLE pairing_visit_events (
    visit_id BLOB NOT NULL REFERENCES pairing_visits (id),
    event_id BLOB NOT NULL,
    PRIMARY KEY (visit_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX pairing_visit_events_by_event ON pairing_visit_events (event_id);
