-- The words of cases have a table of their own, and their index with them: in the one of all cases, each entry that was written on a case
-- put all words of the case into the index once more.
CREATE TABLE search_cases (
    case_id uuid PRIMARY KEY,
    words tsvector NOT NULL
);
INSERT INTO search_cases (case_id, words)
    SELECT id, array_to_tsvector(string_to_array(search_words, ' ')) FROM cases WHERE search_words <> '';
DROP INDEX cases_by_words;
-- What waits to be taken in is read through by every search, so that it is kept small (in kilobytes).
CREATE INDEX search_cases_by_words ON search_cases USING gin (words) WITH (gin_pending_list_limit = 256);

CREATE FUNCTION keep_search_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM search_cases WHERE case_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.search_words <> '' THEN
        INSERT INTO search_cases (case_id, words)
            VALUES (NEW.id, array_to_tsvector(string_to_array(NEW.search_words, ' ')));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER cases_words_added AFTER INSERT ON cases FOR EACH ROW EXECUTE FUNCTION keep_search_words();
CREATE TRIGGER cases_words_changed AFTER UPDATE OF search_words ON cases FOR EACH ROW
    WHEN (OLD.search_words IS DISTINCT FROM NEW.search_words) EXECUTE FUNCTION keep_search_words();
CREATE TRIGGER cases_words_gone AFTER DELETE ON cases FOR EACH ROW EXECUTE FUNCTION keep_search_words();
