-- Files that people send (F4): what each is called and to what it is attached. Their bytes lie in a folder, once each, under their
-- hash; how often one is named is what these rows say. One that is attached to nothing yet is its sender's alone.
-- With a case and no entry it belongs to the description with which the case was opened.
CREATE TABLE attachments (
    id BLOB PRIMARY KEY NOT NULL,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    uploaded_by BLOB NOT NULL REFERENCES people (id),
    uploaded_at TEXT NOT NULL,
    attached_at TEXT,
    case_id BLOB REFERENCES cases (id),
    entry_id BLOB REFERENCES feed_entries (id),
    position INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL CHECK (name <> ''),
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    CHECK (entry_id IS NULL OR (attached_at IS NOT NULL AND case_id IS NOT NULL))
) STRICT;
CREATE INDEX attachments_by_entry ON attachments (entry_id);
CREATE INDEX attachments_by_case ON attachments (case_id, id);
CREATE INDEX attachments_by_organization ON attachments (organization_id, bytes);
CREATE INDEX attachments_by_content ON attachments (sha256);
CREATE INDEX attachments_pending ON attachments (uploaded_at) WHERE attached_at IS NULL;
