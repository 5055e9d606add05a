-- What people said of one feed of one case (F7): that they follow it, or that it is silent to them. Who said nothing is told of
-- what they take part in.
CREATE TABLE feed_stances (
    person_id BLOB NOT NULL REFERENCES people (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    feed TEXT NOT NULL CHECK (feed IN ('case', 'escalation')),
    stance TEXT NOT NULL CHECK (stance IN ('follow', 'mute')),
    updated_at TEXT NOT NULL,
    PRIMARY KEY (case_id, feed, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_stances_of_people ON feed_stances (person_id, case_id);

-- Where an entry came to stand in the feed into which it was moved (F3): it keeps its place among the others, and is new there.
ALTER TABLE feed_entries ADD COLUMN moved_position INTEGER;
