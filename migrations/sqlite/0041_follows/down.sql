ALTER TABLE feed_entries DROP COLUMN moved_position;
DROP TABLE feed_stances;
