-- Empty: whoever serves inserts a row and deletes it again in one transaction, to know that there can be others.
CREATE TABLE write_probes (
    id INTEGER PRIMARY KEY NOT NULL
) STRICT;
