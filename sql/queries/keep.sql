-- Which images does a selection take, under which of the chosen labels? Into a table of this transaction.
CREATE TEMP TABLE hub_kept ON COMMIT DROP AS
WITH chosen AS (
    SELECT label_id, position, below
    FROM unnest(%(labels)s::bigint[], %(below)s::boolean[]) WITH ORDINALITY AS c(label_id, below, position)
), given AS MATERIALIZED (
    SELECT p.descendant_id AS label_id, array_agg(c.position ORDER BY c.position) AS positions
    FROM chosen c JOIN hub_labelpath p ON p.ancestor_id = c.label_id AND (c.below OR p.depth = 0)
    GROUP BY 1
), hit AS (
    SELECT h.*
    FROM hub_hits(%(given)s::bigint[], %(verified)s, %(min_side)s, %(licences)s::text[], %(countries)s::text[],
                  %(without)s::text[], %(since)s::date, %(until)s::date) AS h
), shown AS (
    SELECT image_id, supplier_id, group_id, hit.verified, positions FROM hit JOIN given USING (label_id) WHERE NOT several
    UNION ALL
    SELECT image_id, supplier_id, group_id, bool_and(hit.verified), array_agg(DISTINCT position ORDER BY position)
    FROM hit JOIN given USING (label_id), unnest(positions) AS position
    WHERE several GROUP BY 1, 2, 3
), settled AS (
    SELECT image_id, supplier_id, group_id, verified, positions[1] AS home,
           CASE WHEN %(overlap)s = 'first' THEN positions[1:1] ELSE positions END AS positions
    FROM shown WHERE %(overlap)s <> 'drop' OR cardinality(positions) = 1
), lucky AS (
    SELECT *, CASE WHEN %(per_supplier)s + %(per_class)s > 0
                   THEN sha256((%(seed)s || ':' || image_id)::bytea) END AS luck
    FROM settled
), beyond AS (
    -- A cap holds for each label of an image: one label that is full keeps the image out.
    SELECT image_id FROM (
        SELECT image_id, row_number() OVER (PARTITION BY position, supplier_id ORDER BY luck, image_id) AS nth
        FROM lucky, unnest(positions) AS position WHERE %(per_supplier)s > 0
    ) AS of_supplier WHERE nth > %(per_supplier)s
), capped AS (
    SELECT * FROM lucky l WHERE NOT EXISTS (SELECT FROM beyond b WHERE b.image_id = l.image_id)
), beyond_too AS (
    SELECT image_id FROM (
        SELECT image_id, row_number() OVER (PARTITION BY position ORDER BY luck, image_id) AS nth
        FROM capped, unnest(positions) AS position WHERE %(per_class)s > 0
    ) AS of_class WHERE nth > %(per_class)s
)
SELECT image_id, group_id, verified, home, positions
FROM capped c WHERE NOT EXISTS (SELECT FROM beyond_too b WHERE b.image_id = c.image_id)
