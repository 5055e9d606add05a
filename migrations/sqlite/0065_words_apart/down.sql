DROP TRIGGER feed_entries_words_gone;
DROP TRIGGER feed_entries_words_changed;
DROP TRIGGER feed_entries_words_added;
DROP TRIGGER cases_words_gone;
DROP TRIGGER cases_words_changed;
DROP TRIGGER cases_words_added;
INSERT INTO search_index (search_index, rank) VALUES ('automerge', 4);
INSERT INTO search_rows (thing, case_id) SELECT thing, case_id FROM search_waiting;
INSERT INTO search_index (rowid, words)
    SELECT listed.row, coalesce(cases.search_words, feed_entries.search_words) FROM search_waiting
    JOIN search_rows AS listed ON listed.thing = search_waiting.thing
    LEFT JOIN cases ON cases.id = search_waiting.thing
    LEFT JOIN feed_entries ON feed_entries.id = search_waiting.thing
    ORDER BY listed.row;
DROP TABLE search_waiting;

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
