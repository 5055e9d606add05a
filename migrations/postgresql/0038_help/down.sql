DROP TABLE tools;
DROP TABLE tutorial_registrations;
DROP TABLE tutorials;
DROP TABLE announcement_reads;
DROP TABLE announcements;
DROP TABLE help_audiences;
