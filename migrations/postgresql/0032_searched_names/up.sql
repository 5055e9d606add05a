-- What a search of people and of organizations looks through: written without accents, as the words of a search are. Older rows are
-- found by lower case alone until they are written anew.
ALTER TABLE people ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
UPDATE people SET search_text = lower(first_name || ' ' || last_name || ' ' || email);
ALTER TABLE organizations ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
UPDATE organizations SET search_text = lower(name || ' ' || slug);
