DROP TABLE audit_events;
DROP TABLE next_steps;
DROP TABLE feed_reads;
DROP TABLE feed_entries;
DROP TABLE escalations;
DROP FUNCTION refuse_ineligible_escalation();
DROP FUNCTION refuse_audit_change();
