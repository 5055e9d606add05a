-- The contact of record, where somebody else opened the case (C3, P7).
ALTER TABLE cases ADD COLUMN contact_id BLOB REFERENCES people (id);
-- How the contact reached the provider, where the provider's staff opened it (C3).
ALTER TABLE cases ADD COLUMN channel TEXT CHECK (channel IN ('call', 'email', 'meeting', 'other'));

-- Who is asked for the rating in the requester's place (M11).
ALTER TABLE escalations ADD COLUMN rater_id BLOB REFERENCES people (id);

-- The answer to an escalation is no update by the provider (C7).
ALTER TABLE feed_entries ADD COLUMN verdict TEXT CHECK (verdict IN ('accepted', 'declined'));
UPDATE feed_entries SET verdict = (
    SELECT CASE WHEN e.state = 'declined' THEN 'declined' ELSE 'accepted' END FROM escalations e WHERE e.id = feed_entries.escalation_id)
WHERE feed = 'escalation' AND kind = 'comment' AND author_side = 'provider' AND visibility = 'public'
    AND at = (SELECT e.decided_at FROM escalations e WHERE e.id = feed_entries.escalation_id);
UPDATE cases SET last_provider_entry_at = (
    SELECT max(f.at) FROM feed_entries f WHERE f.case_id = cases.id AND f.visibility = 'public' AND f.author_side = 'provider'
        AND f.kind <> 'mark' AND f.verdict IS NULL)
WHERE id IN (SELECT case_id FROM feed_entries WHERE verdict IS NOT NULL);

-- What could be set, and let every submission be refused (E12, E14).
UPDATE policies SET value = 'medium' WHERE key = 'minimum_priority' AND value = 'low';
UPDATE policies SET value = '1'
WHERE key IN ('staleness_hours', 'acknowledgement_hours', 'rca_days_cloud', 'rca_days_premise') AND trim(value, '0') = '';
