-- Which file stands for each member of a version that is not withdrawn, at this side, by rising id? NULLs for none:
-- a file we lack must not pass for a photo that was taken back.
SELECT m.image_id, r.sha256, r.size, r.crc32, r.extension, r.width, r.height
FROM hub_datasetmember m
JOIN hub_image i ON i.id = m.image_id AND i.withdrawn_at IS NULL
LEFT JOIN hub_rendition r ON r.image_id = m.image_id AND r.side = %(side)s
WHERE m.version_id = %(version)s
ORDER BY m.image_id
