-- Processes remember who shows which secret too, for the epoch in which they have seen its row. What takes a secret away, or changes what it
-- opens, begins another one. That it was used does not, and what is new is remembered by nobody yet. It is an epoch of its own: people sign
-- out all day, and nobody forgets all else for that.
CREATE TABLE secret_epochs (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    value BIGINT NOT NULL
);
INSERT INTO secret_epochs (id, value) VALUES (1, hashtextextended(gen_random_uuid()::text, 0));

-- Once a transaction is enough.
CREATE FUNCTION begin_secret_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE secret_epochs SET value = hashtextextended(gen_random_uuid()::text, 0)
        WHERE id = 1 AND xmin <> pg_current_xact_id()::xid;
    RETURN NULL;
END $$;

CREATE TRIGGER sessions_epoch AFTER DELETE OR UPDATE OF person_id, token_hash, csrf_token, acting_organization_id, acting_person_id, user_agent, created_at, expires_at, proven_at ON sessions
    FOR EACH ROW EXECUTE FUNCTION begin_secret_epoch();
CREATE TRIGGER api_tokens_epoch AFTER DELETE OR UPDATE OF person_id, token_hash, name, permissions, created_at, expires_at, revoked_at, made_with ON api_tokens
    FOR EACH ROW EXECUTE FUNCTION begin_secret_epoch();
