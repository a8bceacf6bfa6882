-- How many live images and groups has each label of a version in each split, and how many images carry several?
SELECT label, m.split, count(*) AS images, count(DISTINCT m.group_id) AS groups,
       count(*) FILTER (WHERE cardinality(m.labels) > 1) AS several
FROM hub_datasetmember m
JOIN hub_image i ON i.id = m.image_id AND i.withdrawn_at IS NULL,
     unnest(m.labels) AS label
WHERE m.version_id = %(version)s
GROUP BY 1, 2
