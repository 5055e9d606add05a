-- Which columns of a list somebody sees; who chose none sees those that everybody does.
CREATE TABLE list_columns (
    person_id BLOB NOT NULL REFERENCES people (id),
    list TEXT NOT NULL CHECK (list IN ('cases', 'escalations')),
    -- Their names, with commas between them.
    shown TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (person_id, list)
) STRICT, WITHOUT ROWID;
