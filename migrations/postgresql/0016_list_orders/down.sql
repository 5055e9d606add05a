DROP INDEX people_by_email;
DROP INDEX organizations_by_name;
DROP INDEX cases_by_organization_and_update;
DROP INDEX cases_by_update;
