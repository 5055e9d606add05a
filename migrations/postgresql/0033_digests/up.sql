-- What people chose to read of once a day (N5): a choice of its own, and what is kept until then.
ALTER TABLE notice_preferences DROP CONSTRAINT notice_preferences_delivery_check;
ALTER TABLE notice_preferences ADD CONSTRAINT notice_preferences_delivery_check
    CHECK (delivery IN ('now', 'digest', 'none'));

-- A row for each notice that is kept: what happened, and none of anybody's words.
CREATE TABLE digest_items (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id),
    kind text NOT NULL,
    case_id uuid REFERENCES cases (id),
    item text NOT NULL,
    due_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX digest_items_due ON digest_items (due_at);
CREATE INDEX digest_items_of_people ON digest_items (person_id, created_at, id);
