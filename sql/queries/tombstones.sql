-- Which members of a version were withdrawn since?
SELECT i.id, i.sha256
FROM hub_datasetmember m JOIN hub_image i ON i.id = m.image_id
WHERE m.version_id = %(version)s AND i.withdrawn_at IS NOT NULL
ORDER BY i.id
