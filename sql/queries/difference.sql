-- How many images of two versions differ, by what changed? Withdrawn: in both, and taken back since.
SELECT change, count(*) AS n
FROM (
    SELECT CASE WHEN old.image_id IS NULL THEN 'added' WHEN new.image_id IS NULL THEN 'removed'
                WHEN old.labels <> new.labels THEN 'relabelled' WHEN old.split <> new.split THEN 'moved'
                WHEN i.withdrawn_at IS NOT NULL THEN 'withdrawn' END AS change
    FROM (SELECT image_id, labels, split FROM hub_datasetmember WHERE version_id = %(old)s) AS old
    FULL JOIN (SELECT image_id, labels, split FROM hub_datasetmember WHERE version_id = %(new)s) AS new USING (image_id)
    JOIN hub_image i ON i.id = image_id
) AS compared
WHERE change IS NOT NULL
GROUP BY change
