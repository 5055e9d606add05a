DROP INDEX digest_items_of_case;
ALTER TABLE notices DROP COLUMN held_until;
DROP TABLE undoable_entries;
DROP TABLE drafts;
