-- Which older live images lie within `near` bits of this one or of its mirror image, and which `limit` others within
-- `most`, nearest first?
SELECT image_id, bits
FROM (
    SELECT found.image_id, found.bits, row_number() OVER (ORDER BY found.bits > %(near)s, found.bits, found.image_id)
           - count(*) FILTER (WHERE found.bits <= %(near)s) OVER () AS beyond
    FROM hub_fingerprint mine
    JOIN hub_mirror mirror ON mirror.image_id = mine.image_id,
         LATERAL hub_alike(mine.bits, mirror.bits, %(most)s, 0, mine.image_id, 2147483647) AS found
    WHERE mine.image_id = %(image)s
) AS ranked
WHERE bits <= %(near)s OR beyond <= %(limit)s
ORDER BY bits, image_id
