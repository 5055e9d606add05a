DROP TABLE one_time_links;
DROP TABLE notices;
