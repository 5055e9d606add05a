-- Answers that are written once and filled in where they are used.
CREATE TABLE text_templates (
    id uuid PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('reply', 'escalation_reply', 'accept', 'decline')),
    language text NOT NULL,
    -- For the cases of one line of business; for all, if there is none.
    line_of_business_id uuid REFERENCES lines_of_business (id),
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX text_templates_by_name ON text_templates (name, id);
CREATE INDEX text_templates_by_purpose ON text_templates (purpose, name, id);
CREATE INDEX text_templates_by_line ON text_templates (line_of_business_id) WHERE line_of_business_id IS NOT NULL;
