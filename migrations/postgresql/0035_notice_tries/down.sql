DROP TABLE notice_tries;
