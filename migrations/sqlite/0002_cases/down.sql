DROP TABLE priority_requests;
DROP TABLE cases;
DROP TABLE escalation_reasons;
DROP TABLE policies;
DROP TABLE counters;
