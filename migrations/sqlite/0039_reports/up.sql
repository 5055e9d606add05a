-- Which targets began in a period, for reports.
CREATE INDEX escalation_targets_by_start ON escalation_targets (started_at, id);
