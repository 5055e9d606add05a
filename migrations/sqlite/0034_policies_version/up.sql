-- How often the policies were changed, counted from 1: by it a form or a request says which ones it was made for.
ALTER TABLE duty_rules ADD COLUMN policies_version INTEGER NOT NULL DEFAULT 1;
