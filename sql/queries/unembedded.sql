-- Which live images, whose groups are known, have no vector by these weights yet? The newest first: somebody waits.
SELECT i.id AS image, i.sha256, r.sha256 AS rendition
FROM hub_image i
LEFT JOIN hub_rendition r ON r.image_id = i.id AND r.side = %(side)s
WHERE i.withdrawn_at IS NULL AND i.compared_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM hub_embedding e WHERE e.image_id = i.id AND e.weights_sha256 = %(weights)s)
ORDER BY i.id DESC LIMIT %(limit)s
