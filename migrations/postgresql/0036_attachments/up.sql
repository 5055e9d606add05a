-- Files that people send (F4): what each is called and to what it is attached. Their bytes lie in a folder, once each, under their
-- hash; how often one is named is what these rows say. One that is attached to nothing yet is its sender's alone.
-- With a case and no entry it belongs to the description with which the case was opened.
CREATE TABLE attachments (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id),
    uploaded_by uuid NOT NULL REFERENCES people (id),
    uploaded_at timestamptz NOT NULL,
    attached_at timestamptz,
    case_id uuid REFERENCES cases (id),
    entry_id uuid REFERENCES feed_entries (id),
    position bigint NOT NULL DEFAULT 0,
    name text NOT NULL CHECK (name <> ''),
    media_type text NOT NULL,
    bytes bigint NOT NULL CHECK (bytes > 0),
    sha256 text NOT NULL CHECK (length(sha256) = 64),
    CHECK (entry_id IS NULL OR (attached_at IS NOT NULL AND case_id IS NOT NULL))
);
CREATE INDEX attachments_by_entry ON attachments (entry_id);
CREATE INDEX attachments_by_case ON attachments (case_id, id);
CREATE INDEX attachments_by_organization ON attachments (organization_id, bytes);
CREATE INDEX attachments_by_content ON attachments (sha256);
CREATE INDEX attachments_pending ON attachments (uploaded_at) WHERE attached_at IS NULL;
