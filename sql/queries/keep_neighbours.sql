-- Write which images are alike, for both of each pair, in place of what there was.
-- Near are those more alike than a quarter of the neighbours of 300 images and of these: what is like nothing else has
-- its nearest, too. Networks differ in how alike they find everything, so there is no number for all of them.
WITH pair AS (
    SELECT * FROM unnest(%(images)s::bigint[], %(others)s::bigint[], %(similarities)s::float[]) AS p(one, other, cosine)
), sampled AS (
    SELECT image_id FROM hub_embedding ORDER BY random() LIMIT 300
), floor AS (
    SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY cosine) AS cosine
    FROM (SELECT n.similarity AS cosine FROM sampled JOIN hub_neighbour n USING (image_id)
          UNION ALL SELECT cosine FROM pair) AS usual
), both_ways AS (
    SELECT one, other, cosine FROM pair UNION SELECT other, one, cosine FROM pair
)
INSERT INTO hub_neighbour (image_id, other_id, similarity, near)
SELECT b.one, b.other, max(b.cosine), max(b.cosine) >= (SELECT cosine FROM floor)
FROM both_ways b
JOIN hub_image i ON i.id = b.one AND i.withdrawn_at IS NULL
JOIN hub_image o ON o.id = b.other AND o.withdrawn_at IS NULL
GROUP BY 1, 2
ON CONFLICT (image_id, other_id) DO UPDATE SET similarity = excluded.similarity, near = excluded.near
RETURNING image_id AS image
