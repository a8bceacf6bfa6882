-- Which live images newer than `above` lie within any number of bits of a fingerprint or of its mirror image?
-- A scan of a narrow table, complete to any distance.
SELECT image_id, least(bit_count(bits # %(plain)s::bit(256)), bit_count(bits # %(mirrored)s::bit(256))) AS bits
FROM hub_fingerprint
WHERE image_id > %(above)s
  AND (bit_count(bits # %(plain)s::bit(256)) <= %(most)s OR bit_count(bits # %(mirrored)s::bit(256)) <= %(most)s)
ORDER BY 2, 1
LIMIT %(limit)s
