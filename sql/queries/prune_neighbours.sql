-- Leave each of the images its nearest.
DELETE FROM hub_neighbour n
USING (
    SELECT image_id, other_id, row_number() OVER (PARTITION BY image_id ORDER BY similarity DESC, other_id) AS place
    FROM hub_neighbour WHERE image_id = ANY (%(images)s)
) AS r
WHERE n.image_id = r.image_id AND n.other_id = r.other_id AND r.place > %(most)s
