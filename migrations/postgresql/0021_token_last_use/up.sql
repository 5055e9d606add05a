-- When a token was last used, about a minute late (A7). Nothing that is remembered reads it, so that no epoch begins.
ALTER TABLE api_tokens ADD COLUMN last_used_at timestamptz;
