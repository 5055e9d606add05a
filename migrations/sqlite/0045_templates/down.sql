DROP TABLE text_templates;
