-- Cases by how urgent they are and by how far they have come, then by when they were opened. The words of the expressions are those of
-- store/cases/ranks.rs: an index serves no others.
CREATE INDEX cases_by_priority_rank ON cases (
    CAST(CASE priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END AS BIGINT), opened_at, id);
CREATE INDEX cases_by_status_rank ON cases (
    CAST(CASE status WHEN 'open' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'awaiting_customer' THEN 2
    WHEN 'awaiting_third_party' THEN 3 WHEN 'solution_provided' THEN 4 WHEN 'closed' THEN 5 END AS BIGINT), opened_at, id);
CREATE INDEX cases_by_organization_and_priority_rank ON cases (organization_id,
    CAST(CASE priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END AS BIGINT), opened_at, id);
CREATE INDEX cases_by_organization_and_status_rank ON cases (organization_id,
    CAST(CASE status WHEN 'open' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'awaiting_customer' THEN 2
    WHEN 'awaiting_third_party' THEN 3 WHEN 'solution_provided' THEN 4 WHEN 'closed' THEN 5 END AS BIGINT), opened_at, id);
-- Of those that are not closed, which are few, and which people triage.
CREATE INDEX cases_open_by_priority_rank ON cases (
    CAST(CASE priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END AS BIGINT), opened_at, id)
    WHERE closed_at IS NULL;
