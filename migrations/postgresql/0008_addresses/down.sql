ALTER TABLE people DROP COLUMN password_given_at;
DROP INDEX people_by_verified_address;
DROP INDEX people_by_address;
ALTER TABLE people ADD CONSTRAINT people_email_key UNIQUE (email);
