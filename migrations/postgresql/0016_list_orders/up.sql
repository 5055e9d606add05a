-- What lists can be ordered by, each with the id that settles what rows have alike.
CREATE INDEX cases_by_update ON cases (updated_at DESC, id DESC);
CREATE INDEX cases_by_organization_and_update ON cases (organization_id, updated_at DESC, id DESC);
CREATE INDEX organizations_by_name ON organizations (name, id);
CREATE INDEX people_by_email ON people (email, id);
