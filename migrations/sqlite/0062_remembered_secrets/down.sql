DROP TRIGGER sessions_epoch_update;
DROP TRIGGER sessions_epoch_delete;
DROP TRIGGER api_tokens_epoch_update;
DROP TRIGGER api_tokens_epoch_delete;
DROP TABLE secret_epochs;
