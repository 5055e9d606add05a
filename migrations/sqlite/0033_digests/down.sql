DROP TABLE digest_items;
CREATE TABLE notice_preferences_old (
    person_id BLOB NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    delivery TEXT NOT NULL CHECK (delivery IN ('now', 'none')),
    updated_at TEXT NOT NULL,
    PRIMARY KEY (person_id, kind)
) STRICT;
INSERT INTO notice_preferences_old (person_id, kind, delivery, updated_at)
    SELECT person_id, kind, CASE delivery WHEN 'digest' THEN 'now' ELSE delivery END, updated_at FROM notice_preferences;
DROP TABLE notice_preferences;
ALTER TABLE notice_preferences_old RENAME TO notice_preferences;
