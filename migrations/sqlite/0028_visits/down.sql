DROP TABLE pairing_visit_events;
DROP TABLE pairing_visits;
