-- When an escalation last changed, for programs that follow what changes.
ALTER TABLE escalations ADD COLUMN updated_at TEXT NOT NULL DEFAULT '0001-01-01T00:00:00.000000Z';
UPDATE escalations SET updated_at = max(
    submitted_at, coalesce(claimed_at, submitted_at), coalesce(decided_at, submitted_at),
    coalesce(closed_at, submitted_at), coalesce(rated_at, submitted_at));
CREATE INDEX escalations_by_update ON escalations (updated_at DESC, id DESC);
CREATE INDEX cases_by_opener ON cases (opened_by, opened_at DESC, id DESC);
-- What a search looks through in an entry; nothing in marks, and in what was redacted. Older entries are found by lower case
-- alone until they are written anew.
ALTER TABLE feed_entries ADD COLUMN search_text TEXT;
UPDATE feed_entries SET search_text = lower(body) WHERE body <> '';
