-- Words were taken into their index by whoever wrote them: a part of the index for each that writes, and now and then so many parts were
-- put together that all others waited. What is written waits here now for a job that takes in many at once, and is read through by every
-- search until then. A row is in the index, or waits, or has no words.
CREATE TABLE search_waiting (
    thing BLOB PRIMARY KEY NOT NULL,
    case_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;

DROP TRIGGER cases_words_added;
DROP TRIGGER cases_words_changed;
DROP TRIGGER cases_words_gone;
DROP TRIGGER feed_entries_words_added;
DROP TRIGGER feed_entries_words_changed;
DROP TRIGGER feed_entries_words_gone;

-- The job puts parts together too, a little at a time.
INSERT INTO search_index (search_index, rank) VALUES ('automerge', 0);

CREATE TRIGGER cases_words_added AFTER INSERT ON cases WHEN NEW.search_words <> '' BEGIN
    INSERT INTO search_waiting (thing, case_id) VALUES (NEW.id, NEW.id);
END;
-- What is not said any more leaves the index at once, since it may have been redacted.
CREATE TRIGGER cases_words_changed AFTER UPDATE OF search_words ON cases WHEN OLD.search_words IS NOT NEW.search_words BEGIN
    INSERT INTO search_index (search_index, rowid, words)
        SELECT 'delete', row, OLD.search_words FROM search_rows WHERE thing = OLD.id AND OLD.search_words <> '';
    DELETE FROM search_rows WHERE thing = OLD.id;
    DELETE FROM search_waiting WHERE thing = OLD.id;
    INSERT INTO search_waiting (thing, case_id) SELECT NEW.id, NEW.id WHERE NEW.search_words <> '';
END;
CREATE TRIGGER cases_words_gone AFTER DELETE ON cases BEGIN
    INSERT INTO search_index (search_index, rowid, words)
        SELECT 'delete', row, OLD.search_words FROM search_rows WHERE thing = OLD.id AND OLD.search_words <> '';
    DELETE FROM search_rows WHERE thing = OLD.id;
    DELETE FROM search_waiting WHERE thing = OLD.id;
END;

CREATE TRIGGER feed_entries_words_added AFTER INSERT ON feed_entries WHEN NEW.search_words <> '' BEGIN
    INSERT INTO search_waiting (thing, case_id) VALUES (NEW.id, NEW.case_id);
END;
CREATE TRIGGER feed_entries_words_changed AFTER UPDATE OF search_words ON feed_entries
WHEN OLD.search_words IS NOT NEW.search_words BEGIN
    INSERT INTO search_index (search_index, rowid, words)
        SELECT 'delete', row, OLD.search_words FROM search_rows WHERE thing = OLD.id AND OLD.search_words <> '';
    DELETE FROM search_rows WHERE thing = OLD.id;
    DELETE FROM search_waiting WHERE thing = OLD.id;
    INSERT INTO search_waiting (thing, case_id) SELECT NEW.id, NEW.case_id WHERE NEW.search_words <> '';
END;
CREATE TRIGGER feed_entries_words_gone AFTER DELETE ON feed_entries BEGIN
    INSERT INTO search_index (search_index, rowid, words)
        SELECT 'delete', row, OLD.search_words FROM search_rows WHERE thing = OLD.id AND OLD.search_words <> '';
    DELETE FROM search_rows WHERE thing = OLD.id;
    DELETE FROM search_waiting WHERE thing = OLD.id;
END;
