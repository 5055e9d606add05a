ALTER TABLE feed_reads DROP COLUMN said;
