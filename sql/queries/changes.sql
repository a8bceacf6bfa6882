-- Which images of two versions differ, from the `after`th on, and how?
-- Pictures are looked up of those that differ alone; what was withdrawn is found by its own small index.
WITH gone AS MATERIALIZED (
    SELECT id FROM hub_image WHERE withdrawn_at IS NOT NULL AND id > %(after)s
), differ AS (
    SELECT image_id,
           CASE WHEN old.image_id IS NULL THEN 'added' WHEN gone.id IS NOT NULL THEN 'withdrawn'
                WHEN new.image_id IS NULL THEN 'removed' WHEN old.labels <> new.labels THEN 'relabelled'
                ELSE 'moved' END AS change,
           old.labels AS labels_before, new.labels AS labels_after, old.split AS split_before, new.split AS split_after
    FROM (SELECT image_id, labels, split FROM hub_datasetmember
          WHERE version_id = %(old)s AND image_id > %(after)s) AS old
    FULL JOIN (SELECT image_id, labels, split FROM hub_datasetmember
               WHERE version_id = %(new)s AND image_id > %(after)s) AS new USING (image_id)
    LEFT JOIN gone ON gone.id = image_id
    WHERE old.image_id IS NULL OR new.image_id IS NULL OR old.labels <> new.labels OR old.split <> new.split
       OR gone.id IS NOT NULL
    ORDER BY image_id
    LIMIT %(limit)s
)
SELECT d.image_id AS image, i.sha256, d.change, d.labels_before, d.labels_after, d.split_before, d.split_after
FROM differ d JOIN hub_image i ON i.id = d.image_id
ORDER BY d.image_id
