-- Which vectors or neighbours are of an image that is not live, and which image has more neighbours than are kept?
SELECT 'image ' || e.image_id || ' is not live, and its vector is' AS breach
FROM hub_embedding e JOIN hub_image i ON i.id = e.image_id WHERE i.withdrawn_at IS NOT NULL
UNION ALL
SELECT 'image ' || n.image_id || ' and ' || n.other_id || ' are neighbours, and one is not live'
FROM hub_neighbour n JOIN hub_image i ON i.id IN (n.image_id, n.other_id) WHERE i.withdrawn_at IS NOT NULL
UNION ALL
SELECT 'image ' || image_id || ' has ' || count(*) || ' neighbours'
FROM hub_neighbour GROUP BY image_id HAVING count(*) > %(most)s
