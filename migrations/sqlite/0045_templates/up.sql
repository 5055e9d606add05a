-- Answers that are written once and filled in where they are used.
CREATE TABLE text_templates (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('reply', 'escalation_reply', 'accept', 'decline')),
    language TEXT NOT NULL,
    -- For the cases of one line of business; for all, if there is none.
    line_of_business_id BLOB REFERENCES lines_of_business (id),
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX text_templates_by_name ON text_templates (name, id);
CREATE INDEX text_templates_by_purpose ON text_templates (purpose, name, id);
CREATE INDEX text_templates_by_line ON text_templates (line_of_business_id) WHERE line_of_business_id IS NOT NULL;
