-- An address belongs to whoever has shown that it is theirs. Until then it tells nobody whether it is known elsewhere: each
-- organization may add it once.
ALTER TABLE people DROP CONSTRAINT people_email_key;
CREATE UNIQUE INDEX people_by_address ON people (email, organization_id);
CREATE UNIQUE INDEX people_by_verified_address ON people (email) WHERE email_verified_at IS NOT NULL;

-- When an administrator gave the password; it is good for choosing another one.
ALTER TABLE people ADD COLUMN password_given_at timestamptz;
