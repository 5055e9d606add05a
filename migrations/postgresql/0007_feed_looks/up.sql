-- Whoever follows a case asks again and again what is new in it: the newest entry, and the last correction.
CREATE INDEX feed_entries_in_order ON feed_entries (case_id, id);
CREATE INDEX feed_entries_edited ON feed_entries (case_id, edited_at) WHERE edited_at IS NOT NULL;
CREATE INDEX feed_entries_redacted ON feed_entries (case_id, redacted_at) WHERE redacted_at IS NOT NULL;
