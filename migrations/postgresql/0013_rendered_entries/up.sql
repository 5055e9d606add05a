-- The words of an entry as HTML, and by which way of rendering; 0 for those that nobody has rendered.
ALTER TABLE feed_entries ADD COLUMN body_html TEXT;
ALTER TABLE feed_entries ADD COLUMN rendering BIGINT NOT NULL DEFAULT 0;
CREATE INDEX feed_entries_by_rendering ON feed_entries (rendering, id);
