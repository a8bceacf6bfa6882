-- Which four live images stand for each of these batches?
SELECT i.id
FROM unnest(%(batches)s::bigint[]) AS b(id)
CROSS JOIN LATERAL (
    SELECT id FROM hub_image WHERE batch_id = b.id AND withdrawn_at IS NULL ORDER BY id LIMIT 4
) AS i
