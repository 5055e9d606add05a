-- From which networks the people of an organization, and those who are paired into it, work (A7): a JSON list, of which none
-- is from anywhere.
ALTER TABLE organizations ADD COLUMN allowed_networks text NOT NULL DEFAULT '[]';
