-- The order in which a case's entries were committed. `position` is given under the lock of the case, so that whoever asks
-- for what came after one has missed nothing, whatever clocks say and whoever else writes. It follows the time in
-- microseconds and so counts nothing. `changed_position` moves on when the entry is corrected or redacted.
ALTER TABLE feed_entries ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed_entries ADD COLUMN changed_position INTEGER NOT NULL DEFAULT 0;
-- What the hash of the words is made with; gone with the words.
ALTER TABLE feed_entries ADD COLUMN salt TEXT;

-- Each position is the greater of its own instant and the one before it and one more.
UPDATE feed_entries SET position = ordered.position, changed_position = ordered.position
FROM (
    SELECT id, nth + max(micros - nth) OVER (PARTITION BY case_id ORDER BY nth) AS position
    FROM (
        SELECT id, case_id, unixepoch(at) * 1000000 + CAST(substr(at, 21, 6) AS INTEGER) AS micros,
            row_number() OVER (PARTITION BY case_id ORDER BY at, id) AS nth
        FROM feed_entries
    )
) AS ordered
WHERE ordered.id = feed_entries.id;

DROP INDEX feed_entries_by_case;
DROP INDEX feed_entries_by_escalation;
DROP INDEX feed_entries_in_order;
DROP INDEX feed_entries_edited;
DROP INDEX feed_entries_redacted;
CREATE INDEX feed_entries_by_case ON feed_entries (case_id, feed, position DESC);
CREATE INDEX feed_entries_by_escalation ON feed_entries (escalation_id, feed, position DESC);
CREATE UNIQUE INDEX feed_entries_in_order ON feed_entries (case_id, changed_position);

-- Up to which entry the feed was read.
ALTER TABLE feed_reads ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
UPDATE feed_reads SET position = coalesce((
    SELECT max(entry.position) FROM feed_entries AS entry
    WHERE entry.case_id = feed_reads.case_id AND entry.feed = feed_reads.feed AND entry.at <= feed_reads.read_at), 0);

-- Words that were redacted and may still stand in a mail that was written.
ALTER TABLE notices ADD COLUMN to_erase INTEGER NOT NULL DEFAULT 0 CHECK (to_erase IN (0, 1));
CREATE INDEX notices_to_erase ON notices (id) WHERE to_erase;

-- The hashes of what was said with an event, and what the hashes of other words are made with.
ALTER TABLE audit_events ADD COLUMN said TEXT;
ALTER TABLE cases ADD COLUMN salt TEXT;
ALTER TABLE escalations ADD COLUMN salt TEXT;
ALTER TABLE next_steps ADD COLUMN salt TEXT;
ALTER TABLE priority_requests ADD COLUMN salt TEXT;

-- Cases whose words stood here before events had hashes of them: they are sealed once, and counted down.
INSERT INTO counters (name, value) SELECT 'unsealed_case', count(*) FROM cases;
CREATE INDEX cases_unsealed ON cases (id) WHERE salt IS NULL;
