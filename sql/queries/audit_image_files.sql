-- Which files must exist for each live image after the `after`th, a page at a time: alias, digest and size, row by row?
SELECT i.id AS image, i.sha256 AS original, i.size,
       array_agg(ARRAY[r.side::text, r.sha256, r.size::text] ORDER BY r.side) FILTER (WHERE r.id IS NOT NULL) AS renditions
FROM (SELECT id, sha256, size FROM hub_image WHERE withdrawn_at IS NULL AND id > %(after)s ORDER BY id LIMIT 1000) AS i
LEFT JOIN hub_rendition r ON r.image_id = i.id
GROUP BY i.id, i.sha256, i.size
ORDER BY i.id
