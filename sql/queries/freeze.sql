-- The members of a version: kept images, split by whole groups. A group belongs to the first of its labels; the groups
-- of a label stand in the order of SHA-256("seed:group"), and each goes to the split in whose share its middle lies.
-- Whole numbers only, so that every machine agrees: shares are ten-thousandths.
INSERT INTO hub_datasetmember (version_id, image_id, labels, split, fold, verified, group_id)
WITH grouped AS (
    SELECT group_id, min(home) AS home, count(*) AS n FROM hub_kept GROUP BY 1
), ranked AS (
    SELECT group_id, 2 * sum(n) OVER following - n AS middle, 2 * sum(n) OVER (PARTITION BY home) AS whole
    FROM grouped
    WINDOW following AS (PARTITION BY home ORDER BY sha256((%(seed)s || ':' || group_id)::bytea), group_id)
), placed AS (
    SELECT group_id,
           CASE WHEN middle * 10000 < whole * %(train)s THEN 'train'
                WHEN middle * 10000 < whole * (%(train)s + %(validation)s) THEN 'validation'
                ELSE 'test' END AS split,
           CASE WHEN %(folds)s > 0 AND middle * 10000 < whole * %(train)s
                THEN 1 + div(middle * 10000 * %(folds)s, whole * %(train)s) END AS fold
    FROM ranked
)
SELECT %(version)s, image_id,
       CASE WHEN cardinality(positions) = 1 THEN ARRAY[(%(labels)s::bigint[])[home]]
            ELSE ARRAY(SELECT (%(labels)s::bigint[])[p] FROM unnest(positions) WITH ORDINALITY AS u(p, nth) ORDER BY nth)
       END,
       split, fold, verified, group_id
FROM hub_kept JOIN placed USING (group_id)
ORDER BY image_id
