-- Whether somebody said that they had read it, and was not only shown it (M5).
ALTER TABLE feed_reads ADD COLUMN said INTEGER NOT NULL DEFAULT 0 CHECK (said IN (0, 1));
