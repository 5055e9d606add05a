-- What lists by name go by: made by the program of what rows are called, so that Özil is before Zander and both databases order
-- alike. Empty in a row of an earlier release until the program fills it in, right behind the migrations.
ALTER TABLE people ADD COLUMN sort_name text COLLATE "C" NOT NULL DEFAULT '';
DROP INDEX people_by_name;
CREATE INDEX people_by_name ON people (sort_name, id);
DROP INDEX people_by_organization;
CREATE INDEX people_by_organization ON people (organization_id, sort_name, id);

ALTER TABLE organizations ADD COLUMN sort_name text COLLATE "C" NOT NULL DEFAULT '';
DROP INDEX organizations_by_name;
CREATE INDEX organizations_by_name ON organizations (sort_name, id);

ALTER TABLE access_groups ADD COLUMN sort_name text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX access_groups_by_name ON access_groups (organization_id, sort_name, id);
CREATE INDEX access_groups_by_sort_name ON access_groups (sort_name);

ALTER TABLE text_templates ADD COLUMN sort_name text COLLATE "C" NOT NULL DEFAULT '';
DROP INDEX text_templates_by_name;
CREATE INDEX text_templates_by_name ON text_templates (sort_name, id);
DROP INDEX text_templates_by_purpose;
CREATE INDEX text_templates_by_purpose ON text_templates (purpose, sort_name, id);

-- That of articles is made in the same way from now on.
UPDATE articles SET sort_title = '';

-- Lists by address and by slug go byte by byte as well, in whatever way the server orders letters. A column that a trigger names
-- keeps its type.
DROP TRIGGER people_epoch ON people;
ALTER TABLE people ALTER COLUMN email TYPE text COLLATE "C";
CREATE TRIGGER people_epoch AFTER INSERT OR DELETE OR UPDATE OF organization_id, email, email_verified_at, first_name, last_name, time_zone, language, password_given_at, disabled_at ON people
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
ALTER TABLE organizations ALTER COLUMN slug TYPE text COLLATE "C";
