-- What would a selection give: per chosen label its images and groups, which labels overlap, and all in all?
-- Most images look like no other and carry one label: they are counted label by label, the others one by one.
WITH chosen AS (
    SELECT label_id, position, below
    FROM unnest(%(labels)s::bigint[], %(below)s::boolean[]) WITH ORDINALITY AS c(label_id, below, position)
), given AS MATERIALIZED (
    SELECT p.descendant_id AS label_id, array_agg(c.position ORDER BY c.position) AS positions
    FROM chosen c JOIN hub_labelpath p ON p.ancestor_id = c.label_id AND (c.below OR p.depth = 0)
    GROUP BY 1
), plain AS (
    SELECT label_id, supplier_id, count(*) AS n
    FROM hub_hits(%(given)s::bigint[], %(verified)s, %(min_side)s, %(licences)s::text[],
                  %(countries)s::text[], %(without)s::text[], %(since)s::date, %(until)s::date)
    WHERE NOT (grouped OR several)
    GROUP BY 1, 2
), odd AS MATERIALIZED (
    SELECT h.image_id, h.supplier_id, h.group_id, array_agg(DISTINCT position ORDER BY position) AS positions
    FROM hub_hits(%(given)s::bigint[], %(verified)s, %(min_side)s, %(licences)s::text[],
                  %(countries)s::text[], %(without)s::text[], %(since)s::date, %(until)s::date) AS h
    JOIN given USING (label_id), unnest(given.positions) AS position
    WHERE h.grouped OR h.several
    GROUP BY 1, 2, 3
), hit AS MATERIALIZED (
    SELECT given.positions, plain.supplier_id, sum(plain.n) AS images, sum(plain.n) AS lone
    FROM plain JOIN given USING (label_id) GROUP BY 1, 2
    UNION ALL
    SELECT positions, supplier_id, count(*), 0 FROM odd GROUP BY 1, 2
), kept AS (
    SELECT CASE WHEN %(overlap)s = 'first' THEN positions[1:1] ELSE positions END AS positions,
           supplier_id, images, lone
    FROM hit WHERE %(overlap)s <> 'drop' OR cardinality(positions) = 1
), supplied AS (
    SELECT position, supplier_id,
           least(sum(images), nullif(%(per_supplier)s, 0)) AS images, sum(lone) AS lone
    FROM kept, unnest(positions) AS position GROUP BY 1, 2
), looking_alike AS (
    SELECT position, count(DISTINCT group_id) AS groups
    FROM odd, unnest(CASE WHEN %(overlap)s = 'first' THEN positions[1:1] ELSE positions END) AS position
    WHERE %(overlap)s <> 'drop' OR cardinality(positions) = 1
    GROUP BY 1
), class AS (
    SELECT c.position, least(coalesce(sum(s.images), 0), nullif(%(per_class)s, 0)) AS images,
           coalesce(sum(s.lone), 0) + coalesce(max(l.groups), 0) AS groups,
           count(s.supplier_id) AS suppliers, coalesce(max(s.images), 0) AS most
    FROM chosen c
    LEFT JOIN supplied s USING (position)
    LEFT JOIN looking_alike l USING (position)
    GROUP BY 1
)
SELECT 'class' AS what, position AS a, NULL::bigint AS b, images::bigint,
       least(groups, images)::bigint AS groups, suppliers, most::bigint
FROM class
UNION ALL
SELECT 'overlap', positions[1], positions[2], sum(images)::bigint, NULL, NULL, NULL
FROM hit WHERE cardinality(positions) > 1 GROUP BY 2, 3
UNION ALL
SELECT 'all', NULL, NULL, coalesce(sum(images), 0)::bigint, NULL, count(DISTINCT supplier_id), NULL FROM kept
ORDER BY what, a, b
