-- Whether somebody said that they had read it, and was not only shown it (M5).
ALTER TABLE feed_reads ADD COLUMN said boolean NOT NULL DEFAULT false;
