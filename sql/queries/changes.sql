-- Which images of two versions differ, from the `after`th on, and how?
SELECT image_id AS image, i.sha256,
       CASE WHEN old.image_id IS NULL THEN 'added' WHEN i.withdrawn_at IS NOT NULL THEN 'withdrawn'
            WHEN new.image_id IS NULL THEN 'removed' WHEN old.labels <> new.labels THEN 'relabelled'
            ELSE 'moved' END AS change,
       old.labels AS labels_before, new.labels AS labels_after, old.split AS split_before, new.split AS split_after
FROM (SELECT image_id, labels, split FROM hub_datasetmember WHERE version_id = %(old)s AND image_id > %(after)s) AS old
FULL JOIN (SELECT image_id, labels, split FROM hub_datasetmember
           WHERE version_id = %(new)s AND image_id > %(after)s) AS new USING (image_id)
JOIN hub_image i ON i.id = image_id
WHERE old.image_id IS NULL OR new.image_id IS NULL OR old.labels <> new.labels OR old.split <> new.split
   OR i.withdrawn_at IS NOT NULL
ORDER BY image_id
LIMIT %(limit)s
