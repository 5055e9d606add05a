DROP TABLE access_requests;
DROP TABLE password_reset_requests;
DROP TABLE known_devices;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
