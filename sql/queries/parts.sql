-- How many groups has each label of a version in each split and fold (0: none)?
SELECT label, split, coalesce(fold, 0) AS fold, count(DISTINCT group_id) AS groups
FROM hub_datasetmember, unnest(labels) AS label
WHERE version_id = %(version)s
GROUP BY 1, 2, 3
