-- How long a proof of who somebody is holds, and what hangs on it (A7).

-- A session ends at idle_until unless it is used before, and at expires_at however much it is used. At proven_at its
-- person last showed their password and second factor in it.
ALTER TABLE sessions ADD COLUMN idle_until timestamptz;
ALTER TABLE sessions ADD COLUMN proven_at timestamptz;
UPDATE sessions SET idle_until = expires_at, proven_at = created_at;
ALTER TABLE sessions ALTER COLUMN idle_until SET NOT NULL;
ALTER TABLE sessions ALTER COLUMN proven_at SET NOT NULL;
DROP INDEX sessions_by_expiry;
CREATE INDEX sessions_by_idleness ON sessions (idle_until);

-- The token with which another was made: it ends with it.
ALTER TABLE api_tokens ADD COLUMN made_with uuid REFERENCES api_tokens (id);
CREATE INDEX api_tokens_by_maker ON api_tokens (made_with) WHERE made_with IS NOT NULL;

-- The codes of the roles whose holders need a second factor in the organization, as JSON.
ALTER TABLE organizations ADD COLUMN second_factor_roles TEXT NOT NULL DEFAULT '[]';
