-- The words of a text as a search looks for them: made by the program, each once and with a letter of where it stands, a space between
-- two. NULL in a row of an earlier release until a job has made them; nothing in marks, and in what was redacted.
ALTER TABLE cases ADD COLUMN search_words text;
ALTER TABLE feed_entries ADD COLUMN search_words text;
ALTER TABLE cases DROP COLUMN search_text;
ALTER TABLE feed_entries DROP COLUMN search_text;
CREATE INDEX cases_without_words ON cases (id) WHERE search_words IS NULL;
CREATE INDEX feed_entries_without_words ON feed_entries (id) WHERE search_words IS NULL;

-- Which rows have which words. Of an expression, and not of a column that is generated: that would write every row anew. What waits to
-- be taken in is read through by every search, so that it is kept small (in kilobytes).
CREATE INDEX cases_by_words ON cases USING gin (array_to_tsvector(string_to_array(search_words, ' ')))
    WITH (gin_pending_list_limit = 256);
CREATE INDEX feed_entries_by_words ON feed_entries USING gin (array_to_tsvector(string_to_array(search_words, ' ')))
    WITH (gin_pending_list_limit = 256);
