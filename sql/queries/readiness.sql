-- How many live images and groups has each label of a version in each split?
SELECT label, m.split, count(*) AS images, count(DISTINCT m.group_id) AS groups
FROM hub_datasetmember m
JOIN hub_image i ON i.id = m.image_id AND i.withdrawn_at IS NULL,
     unnest(m.labels) AS label
WHERE m.version_id = %(version)s
GROUP BY 1, 2
