DROP TABLE audit_events;
DROP TABLE audit_chain;
DROP TABLE next_steps;
DROP TABLE feed_reads;
DROP TABLE feed_entries;
DROP TABLE escalations;
