DROP TABLE escalation_guide;
DROP TABLE article_votes;
DROP TABLE article_words;
DROP TABLE article_versions;
DROP TABLE articles;
