-- Which members of a version, from the `after`th on, have no original without metadata yet?
SELECT i.id, i.sha256
FROM hub_datasetmember m
JOIN hub_image i ON i.id = m.image_id AND i.withdrawn_at IS NULL
WHERE m.version_id = %(version)s AND i.id > %(after)s
  AND NOT EXISTS (SELECT FROM hub_rendition r WHERE r.image_id = i.id AND r.side = 0)
ORDER BY i.id
LIMIT 100
