-- Which older live images lie within `most` bits of this one or of its mirror image, nearest first?
SELECT other.image_id, least(bit_count(other.bits # mine.bits), bit_count(other.bits # mine.mirrored)) AS bits
FROM hub_fingerprint mine
JOIN hub_fingerprint other ON other.image_id < mine.image_id
WHERE mine.image_id = %(image)s
  AND (bit_count(other.bits # mine.bits) <= %(most)s OR bit_count(other.bits # mine.mirrored) <= %(most)s)
ORDER BY 2, 1
LIMIT %(limit)s
