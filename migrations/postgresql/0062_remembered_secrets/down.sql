DROP TRIGGER sessions_epoch ON sessions;
DROP TRIGGER api_tokens_epoch ON api_tokens;
DROP FUNCTION begin_secret_epoch;
DROP TABLE secret_epochs;
