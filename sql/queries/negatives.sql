-- Of the images a version keeps: which chosen labels were they judged not to show? Into a table of this transaction.
-- What shows no Vehicle shows no Car; a label the image counts under, by another kind of it, is not denied.
CREATE TEMP TABLE hub_denied ON COMMIT DROP AS
SELECT image_id, array_agg(label_id ORDER BY array_position(%(labels)s::bigint[], label_id)) AS labels
FROM (
    SELECT DISTINCT c.image_id, p.descendant_id AS label_id
    FROM hub_claim c
    JOIN hub_kept k ON k.image_id = c.image_id
    JOIN hub_labelpath p ON p.ancestor_id = c.label_id AND p.descendant_id = ANY (%(labels)s::bigint[])
    WHERE c.state IN ('refuted', 'dropped')
) AS d
WHERE NOT EXISTS (SELECT FROM hub_imagelabel l WHERE l.image_id = d.image_id AND l.label_id = d.label_id)
GROUP BY image_id
