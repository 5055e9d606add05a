-- Which columns of a list somebody sees; who chose none sees those that everybody does.
CREATE TABLE list_columns (
    person_id uuid NOT NULL REFERENCES people (id),
    list text NOT NULL CHECK (list IN ('cases', 'escalations')),
    -- Their names, with commas between them.
    shown text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, list)
);
