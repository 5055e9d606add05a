-- Processes remember who shows which secret too, for the epoch in which they have seen its row. What takes a secret away, or changes what it
-- opens, begins another one. That it was used does not, and what is new is remembered by nobody yet. It is an epoch of its own: people sign
-- out all day, and nobody forgets all else for that.
CREATE TABLE secret_epochs (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO secret_epochs (id, value) VALUES (1, random());

CREATE TRIGGER sessions_epoch_update AFTER UPDATE OF person_id, token_hash, csrf_token, acting_organization_id, acting_person_id, user_agent, created_at, expires_at, proven_at ON sessions
BEGIN
    UPDATE secret_epochs SET value = random();
END;
CREATE TRIGGER sessions_epoch_delete AFTER DELETE ON sessions
BEGIN
    UPDATE secret_epochs SET value = random();
END;
CREATE TRIGGER api_tokens_epoch_update AFTER UPDATE OF person_id, token_hash, name, permissions, created_at, expires_at, revoked_at, made_with ON api_tokens
BEGIN
    UPDATE secret_epochs SET value = random();
END;
CREATE TRIGGER api_tokens_epoch_delete AFTER DELETE ON api_tokens
BEGIN
    UPDATE secret_epochs SET value = random();
END;
