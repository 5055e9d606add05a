DROP TABLE digest_items;
UPDATE notice_preferences SET delivery = 'now' WHERE delivery = 'digest';
ALTER TABLE notice_preferences DROP CONSTRAINT notice_preferences_delivery_check;
ALTER TABLE notice_preferences ADD CONSTRAINT notice_preferences_delivery_check CHECK (delivery IN ('now', 'none'));
