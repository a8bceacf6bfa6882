-- Which older live images lie within `most` bits of this one or of its mirror image, nearest first?
SELECT found.image_id, found.bits
FROM hub_fingerprint mine
JOIN hub_mirror mirror ON mirror.image_id = mine.image_id,
     LATERAL hub_alike(mine.bits, mirror.bits, %(most)s, 0, mine.image_id, %(limit)s) AS found
WHERE mine.image_id = %(image)s
