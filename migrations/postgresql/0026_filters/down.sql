ALTER TABLE feed_entries DROP COLUMN search_text;
DROP INDEX cases_by_opener;
DROP INDEX escalations_by_update;
ALTER TABLE escalations DROP COLUMN updated_at;
