ALTER TABLE organizations DROP COLUMN search_text;
ALTER TABLE people DROP COLUMN search_text;
