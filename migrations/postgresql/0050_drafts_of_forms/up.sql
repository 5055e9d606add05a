-- What stands in the other fields of a form whose words are a draft: JSON, texts by the names of its fields.
ALTER TABLE drafts ADD COLUMN fields text;
