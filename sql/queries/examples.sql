-- The live members of a version to train on: image, SHA-256, label, split, group and the rendition of this side.
SELECT m.image_id AS image, i.sha256, m.labels[1] AS label, m.split, m.group_id AS "group", r.sha256 AS rendition,
       i.licence, i.credit
FROM hub_datasetmember m
JOIN hub_image i ON i.id = m.image_id AND i.withdrawn_at IS NULL
LEFT JOIN hub_rendition r ON r.image_id = m.image_id AND r.side = %(side)s
WHERE m.version_id = %(version)s
ORDER BY m.image_id
