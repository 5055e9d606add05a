DROP INDEX feed_entries_redacted;
DROP INDEX feed_entries_edited;
DROP INDEX feed_entries_in_order;
