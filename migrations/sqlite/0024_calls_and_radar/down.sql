DROP TABLE radar_warnings;
DROP INDEX cases_awaiting_analysis;
DROP INDEX cases_unanswered;
DROP INDEX cases_by_provider_entry;
DROP TABLE callbacks;
