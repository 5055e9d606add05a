DROP TABLE recent_errors;
