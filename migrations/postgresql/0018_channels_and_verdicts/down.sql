ALTER TABLE feed_entries DROP COLUMN verdict;
ALTER TABLE escalations DROP COLUMN rater_id;
ALTER TABLE cases DROP COLUMN channel;
ALTER TABLE cases DROP COLUMN contact_id;
