-- Which models lack what they should have, and which trainings tell of themselves what cannot be?
SELECT 'model ' || m.id || ' is as accurate as ' || m.accuracy || ', its answers say ' || p.right_ones AS breach
FROM hub_trainedmodel m
JOIN LATERAL (
    SELECT avg((truth = guess)::int)::float8 AS right_ones FROM hub_prediction WHERE model_id = m.id
) p ON p.right_ones IS NOT NULL AND abs(p.right_ones - m.accuracy) > 0.001
UNION ALL
SELECT 'model ' || m.id || ' has no ' || needed
FROM hub_trainedmodel m, unnest(%(needed)s) AS needed
WHERE NOT EXISTS (SELECT FROM hub_modelfile f WHERE f.model_id = m.id AND f.name = needed)
UNION ALL
SELECT 'training ' || r.id || ' is ready and has no model'
FROM hub_trainingrequest r WHERE r.state = 'ready' AND r.model_id IS NULL
UNION ALL
SELECT 'training ' || e.request_id || ' has epochs up to ' || max(e.number) || ', and ' || count(*) || ' of them'
FROM hub_trainingepoch e GROUP BY e.request_id HAVING max(e.number) <> count(*)
UNION ALL
SELECT 'training ' || r.id || ' waits or runs without a job'
FROM hub_trainingrequest r
WHERE r.state IN ('queued', 'running')
  AND NOT EXISTS (SELECT FROM hub_job j WHERE j.kind = 'train' AND j.subject = r.id AND j.state IN ('queued', 'running'))
