DROP INDEX feed_entries_by_rendering;
ALTER TABLE feed_entries DROP COLUMN rendering;
ALTER TABLE feed_entries DROP COLUMN body_html;
