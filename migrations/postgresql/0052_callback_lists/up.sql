-- The list of callbacks has columns that people choose, and filters that they save.
ALTER TABLE list_columns DROP CONSTRAINT list_columns_list_check;
ALTER TABLE list_columns ADD CONSTRAINT list_columns_list_check CHECK (list IN ('cases', 'escalations', 'callbacks'));
ALTER TABLE saved_filters DROP CONSTRAINT saved_filters_list_check;
ALTER TABLE saved_filters ADD CONSTRAINT saved_filters_list_check CHECK (list IN ('cases', 'escalations', 'callbacks'));
