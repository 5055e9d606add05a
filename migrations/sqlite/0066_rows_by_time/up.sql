-- The rows of the index of words are numbered by when their case was opened, so that it can be asked for the newest ones that have a word:
-- those of 16,384 seconds have 32,768 numbers, and the others among them that are left over have numbers behind all of these. It names each
-- row of a case that was opened at some instant or later by the first number of that time or a later one.
INSERT INTO search_waiting (thing, case_id) SELECT thing, case_id FROM search_rows;
DELETE FROM search_rows;
INSERT INTO search_index (search_index) VALUES ('delete-all');
INSERT INTO search_rows (row, thing, case_id)
    SELECT CASE WHEN place <= 32768 THEN first + place - 1 ELSE (1 << 48) + any_place END, thing, case_id
    FROM (
        SELECT first, thing, case_id,
            row_number() OVER (PARTITION BY first ORDER BY thing) AS place,
            row_number() OVER (ORDER BY first, thing) AS any_place
        FROM (
            SELECT (max(unixepoch(cases.opened_at), 0) >> 14) << 15 AS first, search_waiting.thing, search_waiting.case_id
            FROM search_waiting CROSS JOIN cases ON cases.id = search_waiting.case_id
        )
    );
INSERT INTO search_index (rowid, words)
    SELECT row, coalesce(
        (SELECT search_words FROM feed_entries WHERE id = thing), (SELECT search_words FROM cases WHERE id = thing))
    FROM search_rows ORDER BY row;
DELETE FROM search_waiting;
