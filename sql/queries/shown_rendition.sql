-- What is the digest of this rendition of a live image?
SELECT r.sha256
FROM hub_image AS i
JOIN hub_rendition AS r ON r.image_id = i.id AND r.side = %(side)s
WHERE i.sha256 = %(sha256)s AND i.withdrawn_at IS NULL
