DROP INDEX text_templates_by_purpose;
CREATE INDEX text_templates_by_purpose ON text_templates (purpose, name, id);
DROP INDEX text_templates_by_name;
CREATE INDEX text_templates_by_name ON text_templates (name, id);
ALTER TABLE text_templates DROP COLUMN sort_name;

DROP INDEX access_groups_by_sort_name;
DROP INDEX access_groups_by_name;
ALTER TABLE access_groups DROP COLUMN sort_name;

DROP INDEX organizations_by_name;
CREATE INDEX organizations_by_name ON organizations (name, id);
ALTER TABLE organizations DROP COLUMN sort_name;

DROP INDEX people_by_organization;
CREATE INDEX people_by_organization ON people (organization_id, last_name, first_name, id);
DROP INDEX people_by_name;
CREATE INDEX people_by_name ON people (last_name, first_name, id);
ALTER TABLE people DROP COLUMN sort_name;
