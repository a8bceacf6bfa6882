-- A few live pictures of each of these labels in each split of a version, the newest first.
SELECT c.label_id AS label, s.split, i.image_id AS image
FROM unnest(%(labels)s::bigint[]) AS c(label_id)
CROSS JOIN unnest(%(splits)s::text[]) AS s(split)
CROSS JOIN LATERAL (
    SELECT l.image_id
    FROM hub_imagelabel l JOIN hub_datasetmember m ON m.version_id = %(version)s AND m.image_id = l.image_id
    WHERE l.label_id = c.label_id AND m.split = s.split AND c.label_id = ANY (m.labels)
    ORDER BY l.image_id DESC LIMIT %(limit)s
) AS i
