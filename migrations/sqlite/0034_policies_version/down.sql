ALTER TABLE duty_rules DROP COLUMN policies_version;
