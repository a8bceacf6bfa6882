-- What does each tile of a page of labels show, most images first? The kinds of a label, or (null) all.
-- The full ones come by the index of counts. Only where they do not fill the page are the empty ones looked at.
WITH kinds AS (
    SELECT child_id AS id FROM hub_labeledge WHERE parent_id = %(under)s::bigint AND kind = 'kind'
), last AS (
    SELECT coalesce((SELECT name FROM hub_label WHERE id = %(after)s::bigint), '') AS name
), filled AS MATERIALIZED (
    SELECT l.id, l.name, s.n AS images
    FROM hub_labelstat s JOIN hub_label l ON l.id = s.label_id
    WHERE s.facet = 'images' AND s.value = '' AND s.n > 0
      AND (%(under)s::bigint IS NULL OR l.id IN (SELECT id FROM kinds))
      AND (%(images)s::bigint IS NULL OR s.n <= %(images)s::bigint)
      AND (%(images)s::bigint IS NULL
           OR (-s.n, l.name, l.id) > (-%(images)s::bigint, (SELECT name FROM last), %(after)s::bigint))
    ORDER BY s.n DESC, l.name, l.id
    LIMIT %(limit)s
), page AS (
    SELECT * FROM filled
    UNION ALL
    (SELECT l.id, l.name, 0
     FROM hub_label l
     WHERE (SELECT count(*) FROM filled) < %(limit)s
       AND NOT EXISTS (SELECT FROM hub_labelstat s
                       WHERE s.label_id = l.id AND s.facet = 'images' AND s.value = '' AND s.n > 0)
       AND (%(under)s::bigint IS NULL OR l.id IN (SELECT id FROM kinds))
       AND (coalesce(%(images)s::bigint, 1) > 0 OR (l.name, l.id) > ((SELECT name FROM last), %(after)s::bigint))
     ORDER BY l.name, l.id
     LIMIT %(limit)s)
    ORDER BY images DESC, name, id
    LIMIT %(limit)s
)
SELECT page.id, page.name, page.images, cover.image_id AS cover, weeks.n AS weeks, below.n AS children,
       greatest(0, wanted.wanted - coalesce(there.n, 0)) AS missing
FROM page
LEFT JOIN LATERAL (
    SELECT image_id FROM hub_imagelabel WHERE label_id = page.id ORDER BY image_id DESC LIMIT 1
) cover ON true
CROSS JOIN LATERAL (
    SELECT array_agg(coalesce(s.n, 0) ORDER BY ago DESC) AS n
    FROM generate_series(0, 7) AS ago
    LEFT JOIN hub_labelstat s ON s.label_id = page.id AND s.facet = 'week'
        AND s.value = (date_trunc('week', now() AT TIME ZONE 'UTC')::date - 7 * ago)::text
) weeks
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM hub_labeledge WHERE parent_id = page.id AND kind = 'kind'
) below
LEFT JOIN hub_wanted wanted ON wanted.label_id = page.id
LEFT JOIN hub_labelstat there ON there.label_id = page.id AND there.facet = 'groups' AND there.value = ''
ORDER BY page.images DESC, page.name, page.id
