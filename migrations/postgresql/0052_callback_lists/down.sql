DELETE FROM list_columns WHERE list = 'callbacks';
DELETE FROM saved_filters WHERE list = 'callbacks';
ALTER TABLE list_columns DROP CONSTRAINT list_columns_list_check;
ALTER TABLE list_columns ADD CONSTRAINT list_columns_list_check CHECK (list IN ('cases', 'escalations'));
ALTER TABLE saved_filters DROP CONSTRAINT saved_filters_list_check;
ALTER TABLE saved_filters ADD CONSTRAINT saved_filters_list_check CHECK (list IN ('cases', 'escalations'));
