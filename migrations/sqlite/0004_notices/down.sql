DROP TABLE notice_preferences;
DROP TABLE one_time_links;
DROP TABLE notices;
