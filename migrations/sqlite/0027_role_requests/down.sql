DROP TABLE pairing_role_requests;
