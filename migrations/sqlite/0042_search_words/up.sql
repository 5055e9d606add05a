-- The words of a text as a search looks for them: made by the program, each once and with a letter of where it stands, a space between
-- two. NULL in a row of an earlier release until a job has made them; nothing in marks, and in what was redacted.
ALTER TABLE cases ADD COLUMN search_words TEXT;
ALTER TABLE feed_entries ADD COLUMN search_words TEXT;
ALTER TABLE cases DROP COLUMN search_text;
ALTER TABLE feed_entries DROP COLUMN search_text;
CREATE INDEX cases_without_words ON cases (id) WHERE search_words IS NULL;
CREATE INDEX feed_entries_without_words ON feed_entries (id) WHERE search_words IS NULL;

-- Which case a row of the index belongs to, and whether to an entry of it. The numbers of rows that SQLite gives to a table whose
-- key is a blob do not outlive a VACUUM, so these have their own.
CREATE TABLE search_rows (
    row INTEGER PRIMARY KEY NOT NULL,
    thing BLOB NOT NULL UNIQUE,
    case_id BLOB NOT NULL
) STRICT;

-- Which rows have which words, and nothing else. What leaves it is overwritten at once, since it may have been redacted.
CREATE VIRTUAL TABLE search_index USING fts5 (
    words, content = '', columnsize = 0, detail = none, tokenize = "ascii tokenchars '='"
);
INSERT INTO search_index (search_index, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER cases_words_added AFTER INSERT ON cases WHEN NEW.search_words <> '' BEGIN
    INSERT INTO search_rows (thing, case_id) VALUES (NEW.id, NEW.id);
    INSERT INTO search_index (rowid, words) SELECT row, NEW.search_words FROM search_rows WHERE thing = NEW.id;
END;
CREATE TRIGGER cases_words_changed AFTER UPDATE OF search_words ON cases WHEN OLD.search_words IS NOT NEW.search_words BEGIN
    INSERT INTO search_index (search_index, rowid, words)
        SELECT 'delete', row, OLD.search_words FROM search_rows WHERE thing = OLD.id AND OLD.search_words <> '';
    INSERT OR IGNORE INTO search_rows (thing, case_id) VALUES (NEW.id, NEW.id);
    INSERT INTO search_index (rowid, words)
        SELECT row, NEW.search_words FROM search_rows WHERE thing = NEW.id AND NEW.search_words <> '';
END;
CREATE TRIGGER cases_words_gone AFTER DELETE ON cases BEGIN
    INSERT INTO search_index (search_index, rowid, words)
        SELECT 'delete', row, OLD.search_words FROM search_rows WHERE thing = OLD.id AND OLD.search_words <> '';
    DELETE FROM search_rows WHERE thing = OLD.id;
END;

CREATE TRIGGER feed_entries_words_added AFTER INSERT ON feed_entries WHEN NEW.search_words <> '' BEGIN
    INSERT INTO search_rows (thing, case_id) VALUES (NEW.id, NEW.case_id);
    INSERT INTO search_index (rowid, words) SELECT row, NEW.search_words FROM search_rows WHERE thing = NEW.id;
END;
CREATE TRIGGER feed_entries_words_changed AFTER UPDATE OF search_words ON feed_entries
WHEN OLD.search_words IS NOT NEW.search_words BEGIN
    INSERT INTO search_index (search_index, rowid, words)
        SELECT 'delete', row, OLD.search_words FROM search_rows WHERE thing = OLD.id AND OLD.search_words <> '';
    INSERT OR IGNORE INTO search_rows (thing, case_id) VALUES (NEW.id, NEW.case_id);
    INSERT INTO search_index (rowid, words)
        SELECT row, NEW.search_words FROM search_rows WHERE thing = NEW.id AND NEW.search_words <> '';
END;
CREATE TRIGGER feed_entries_words_gone AFTER DELETE ON feed_entries BEGIN
    INSERT INTO search_index (search_index, rowid, words)
        SELECT 'delete', row, OLD.search_words FROM search_rows WHERE thing = OLD.id AND OLD.search_words <> '';
    DELETE FROM search_rows WHERE thing = OLD.id;
END;
