DROP INDEX escalations_declined;
DROP TABLE saved_filters;
DROP INDEX cases_open_by_owner;
DROP INDEX cases_open_by_organization;
