-- How many bytes does an image of these labels weigh on average, per side of its renditions (0: the original)?
-- From the newest few of each label: a guess for a preview.
WITH sample AS MATERIALIZED (
    SELECT newest.image_id
    FROM unnest(%(given)s::bigint[]) AS g(label_id)
    CROSS JOIN LATERAL (
        SELECT image_id FROM hub_selectable WHERE label_id = g.label_id ORDER BY image_id DESC LIMIT 5
    ) AS newest
    LIMIT 500
)
SELECT 0 AS side, avg(i.size)::float AS bytes FROM sample JOIN hub_image i ON i.id = sample.image_id
UNION ALL
SELECT r.side, avg(r.size)::float FROM sample JOIN hub_rendition r ON r.image_id = sample.image_id
WHERE r.side IN (1024, 299, 224) GROUP BY r.side
