-- Which is the newest live image under each of these labels?
SELECT c.label_id AS label, newest.image_id AS image
FROM unnest(%(labels)s::bigint[]) AS c(label_id)
CROSS JOIN LATERAL (
    SELECT image_id FROM hub_imagelabel WHERE label_id = c.label_id ORDER BY image_id DESC LIMIT 1
) AS newest
