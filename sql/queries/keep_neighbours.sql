-- Write which images are alike, for both of each pair; how alike they are comes in the order of the pairs.
WITH pair AS (
    SELECT * FROM unnest(%(images)s::bigint[], %(others)s::bigint[], %(similarities)s::float[]) AS p(one, other, cosine)
), both_ways AS (
    SELECT one, other, cosine FROM pair UNION SELECT other, one, cosine FROM pair
)
INSERT INTO hub_neighbour (image_id, other_id, similarity, near)
SELECT b.one, b.other, max(b.cosine), max(b.cosine) >= %(floor)s
FROM both_ways b
JOIN hub_image i ON i.id = b.one AND i.withdrawn_at IS NULL
JOIN hub_image o ON o.id = b.other AND o.withdrawn_at IS NULL
GROUP BY 1, 2
ON CONFLICT (image_id, other_id) DO UPDATE SET similarity = excluded.similarity, near = excluded.near
RETURNING image_id AS image
