-- How long a proof of who somebody is holds, and what hangs on it (A7).

-- Built anew, because a column that is never empty cannot be added to rows that are there.
CREATE TABLE sessions_with_proofs (
    id BLOB PRIMARY KEY NOT NULL,
    person_id BLOB NOT NULL REFERENCES people (id),
    token_hash TEXT NOT NULL UNIQUE,
    csrf_token TEXT NOT NULL,
    -- The paired organization that was switched into, and the cloned user that is acted as there; none at home.
    acting_organization_id BLOB REFERENCES organizations (id),
    acting_person_id BLOB REFERENCES people (id),
    user_agent TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    -- It ends then unless it is used before.
    idle_until TEXT NOT NULL,
    -- It ends then, however much it is used.
    expires_at TEXT NOT NULL,
    -- When its person last showed their password and second factor in it.
    proven_at TEXT NOT NULL
) STRICT;
INSERT INTO sessions_with_proofs
SELECT id, person_id, token_hash, csrf_token, acting_organization_id, acting_person_id, user_agent, created_at, last_seen_at,
    expires_at, expires_at, created_at
FROM sessions;
DROP TABLE sessions;
ALTER TABLE sessions_with_proofs RENAME TO sessions;
CREATE INDEX sessions_by_person ON sessions (person_id);
CREATE INDEX sessions_by_idleness ON sessions (idle_until);

-- The token with which another was made: it ends with it.
ALTER TABLE api_tokens ADD COLUMN made_with BLOB REFERENCES api_tokens (id);
CREATE INDEX api_tokens_by_maker ON api_tokens (made_with) WHERE made_with IS NOT NULL;

-- The codes of the roles whose holders need a second factor in the organization, as JSON.
ALTER TABLE organizations ADD COLUMN second_factor_roles TEXT NOT NULL DEFAULT '[]';
