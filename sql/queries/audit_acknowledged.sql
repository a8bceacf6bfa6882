-- Which received files have no live job, though we said we have them? A slot waits an hour for its bytes.
SELECT 'submission ' || s.id AS breach
FROM hub_submission s
WHERE s.state = 'received'
  AND NOT EXISTS (SELECT FROM hub_job j
                  WHERE j.kind = 'ingest' AND j.subject = s.id AND j.state IN ('queued', 'running'))
  AND (s.incoming = '' OR s.created_at < now() - interval '2 hours')
ORDER BY s.id
