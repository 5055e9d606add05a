DROP TRIGGER sessions_epoch ON sessions;
DROP TRIGGER api_tokens_epoch ON api_tokens;
