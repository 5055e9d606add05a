-- Processes remember who shows a secret too, for the epoch in which they have seen its row. What takes a secret away, or changes what it
-- opens, begins another one. That it was used does not, and what is new is remembered by nobody yet.
CREATE TRIGGER sessions_epoch AFTER DELETE OR UPDATE OF person_id, token_hash, csrf_token, acting_organization_id, acting_person_id, user_agent, created_at, expires_at, proven_at ON sessions
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
CREATE TRIGGER api_tokens_epoch AFTER DELETE OR UPDATE OF person_id, token_hash, name, permissions, created_at, expires_at, revoked_at, made_with ON api_tokens
    FOR EACH ROW EXECUTE FUNCTION begin_epoch();
