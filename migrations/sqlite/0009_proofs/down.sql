ALTER TABLE organizations DROP COLUMN second_factor_roles;
DROP INDEX api_tokens_by_maker;
ALTER TABLE api_tokens DROP COLUMN made_with;
DROP INDEX sessions_by_idleness;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
ALTER TABLE sessions DROP COLUMN proven_at;
ALTER TABLE sessions DROP COLUMN idle_until;
