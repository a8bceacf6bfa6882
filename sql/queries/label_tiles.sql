-- What does each tile of a page of labels show, most images first? The kinds of a label, or (null) all.
WITH page AS (
    SELECT l.id, l.name, coalesce(s.n, 0) AS images
    FROM hub_label l
    LEFT JOIN hub_labelstat s ON s.label_id = l.id AND s.facet = 'images' AND s.value = ''
    LEFT JOIN hub_label last ON last.id = %(after)s::bigint
    WHERE (%(under)s::bigint IS NULL OR EXISTS (
              SELECT FROM hub_labeledge e WHERE e.parent_id = %(under)s AND e.child_id = l.id AND e.kind = 'kind'))
      AND (%(images)s::bigint IS NULL
           OR (-coalesce(s.n, 0), l.name, l.id) > (-%(images)s::bigint, coalesce(last.name, ''), %(after)s::bigint))
    ORDER BY images DESC, l.name, l.id
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
