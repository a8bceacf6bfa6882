-- Which live images newer than `above` lie within any number of bits of a fingerprint or of its mirror image?
SELECT image_id, bits
FROM hub_alike(%(plain)s::bit(256), %(mirrored)s::bit(256), %(most)s, %(above)s, 9223372036854775807, %(limit)s)
