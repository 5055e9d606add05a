DROP INDEX feed_entries_by_words;
DROP INDEX cases_by_words;
DROP INDEX feed_entries_without_words;
DROP INDEX cases_without_words;
ALTER TABLE feed_entries DROP COLUMN search_words;
ALTER TABLE cases DROP COLUMN search_words;
-- As older rows were found before: by lower case alone until they are written anew.
ALTER TABLE feed_entries ADD COLUMN search_text text;
UPDATE feed_entries SET search_text = lower(body) WHERE body <> '';
ALTER TABLE cases ADD COLUMN search_text text NOT NULL DEFAULT '';
UPDATE cases SET search_text = lower('c-' || lpad(number::text, 6, '0') || ' ' || subject || ' ' || description);
