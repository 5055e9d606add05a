DROP TRIGGER feed_entries_words_gone;
DROP TRIGGER feed_entries_words_changed;
DROP TRIGGER feed_entries_words_added;
DROP TRIGGER cases_words_gone;
DROP TRIGGER cases_words_changed;
DROP TRIGGER cases_words_added;
DROP TABLE search_index;
DROP TABLE search_rows;
DROP INDEX feed_entries_without_words;
DROP INDEX cases_without_words;
ALTER TABLE feed_entries DROP COLUMN search_words;
ALTER TABLE cases DROP COLUMN search_words;
-- As older rows were found before: by lower case alone until they are written anew.
ALTER TABLE feed_entries ADD COLUMN search_text TEXT;
UPDATE feed_entries SET search_text = lower(body) WHERE body <> '';
ALTER TABLE cases ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
UPDATE cases SET search_text = lower(printf('c-%06d', number) || ' ' || subject || ' ' || description);
