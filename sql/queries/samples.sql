-- A few live pictures of each of these labels in each split of a version, the newest first.
-- `walk`: the version is large, so that a walk through the label, the newest first, soon meets members; of a small one
-- all members are read. OFFSET 0 keeps each a question of its own: joined, Postgres would read all of both.
SELECT c.label_id AS label, s.split, i.image_id AS image
FROM unnest(%(labels)s::bigint[]) AS c(label_id)
CROSS JOIN unnest(%(splits)s::text[]) AS s(split)
CROSS JOIN LATERAL (
    (SELECT l.image_id
     FROM hub_imagelabel l
     CROSS JOIN LATERAL (
         SELECT FROM hub_datasetmember m
         WHERE m.version_id = %(version)s AND m.image_id = l.image_id
           AND m.split = s.split AND c.label_id = ANY (m.labels) OFFSET 0
     ) AS member
     WHERE %(walk)s AND l.label_id = c.label_id
       AND l.image_id <= (SELECT max(image_id) FROM hub_datasetmember WHERE version_id = %(version)s)
     ORDER BY l.image_id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT m.image_id
     FROM hub_datasetmember m
     WHERE NOT %(walk)s AND m.version_id = %(version)s AND m.split = s.split AND c.label_id = ANY (m.labels)
       AND EXISTS (SELECT FROM hub_imagelabel l WHERE l.label_id = c.label_id AND l.image_id = m.image_id)
     ORDER BY m.image_id DESC LIMIT %(limit)s)
) AS i
