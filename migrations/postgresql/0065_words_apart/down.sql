DROP TRIGGER cases_words_gone ON cases;
DROP TRIGGER cases_words_changed ON cases;
DROP TRIGGER cases_words_added ON cases;
DROP FUNCTION keep_search_words();
DROP TABLE search_cases;
CREATE INDEX cases_by_words ON cases USING gin (array_to_tsvector(string_to_array(search_words, ' ')))
    WITH (gin_pending_list_limit = 256);
