-- Which three live images stand for each of these versions?
SELECT v.id AS version, i.id AS image
FROM unnest(%(versions)s::bigint[]) AS v(id)
CROSS JOIN LATERAL (
    SELECT i.id FROM hub_datasetmember m JOIN hub_image i ON i.id = m.image_id AND i.withdrawn_at IS NULL
    WHERE m.version_id = v.id ORDER BY m.image_id LIMIT 3
) AS i
