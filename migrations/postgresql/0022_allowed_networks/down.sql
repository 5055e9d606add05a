ALTER TABLE organizations DROP COLUMN allowed_networks;
