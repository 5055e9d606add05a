-- What people chose to read of once a day (N5): a choice of its own, and what is kept until then.
CREATE TABLE notice_preferences_new (
    person_id BLOB NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    delivery TEXT NOT NULL CHECK (delivery IN ('now', 'digest', 'none')),
    updated_at TEXT NOT NULL,
    PRIMARY KEY (person_id, kind)
) STRICT;
INSERT INTO notice_preferences_new (person_id, kind, delivery, updated_at)
    SELECT person_id, kind, delivery, updated_at FROM notice_preferences;
DROP TABLE notice_preferences;
ALTER TABLE notice_preferences_new RENAME TO notice_preferences;

-- A row for each notice that is kept: what happened, and none of anybody's words.
CREATE TABLE digest_items (
    id BLOB PRIMARY KEY NOT NULL,
    person_id BLOB NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    case_id BLOB REFERENCES cases (id),
    item TEXT NOT NULL,
    due_at TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX digest_items_due ON digest_items (due_at);
CREATE INDEX digest_items_of_people ON digest_items (person_id, created_at, id);
