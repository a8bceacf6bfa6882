-- Which live jobs share a subject, run without a lease, or have been tried too often?
SELECT 'job ' || min(id) || ': ' || count(*) || ' live jobs ' || kind || ' ' || subject AS breach
FROM hub_job WHERE state IN ('queued', 'running') GROUP BY kind, subject HAVING count(*) > 1
UNION ALL
SELECT 'job ' || id || ' runs without a lease' FROM hub_job WHERE state = 'running' AND lease_until IS NULL
UNION ALL
SELECT 'job ' || id || ' was tried ' || attempt || ' times' FROM hub_job WHERE attempt > coalesce((%(more)s::jsonb ->> kind)::int, %(attempts)s)
