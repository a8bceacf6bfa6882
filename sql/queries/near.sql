-- Which live images lie within 31 bits of a fingerprint or of its mirror image, nearest first?
SELECT image_id, bits FROM hub_near(%(plain)s::bit(256), %(mirrored)s::bit(256), %(most)s, %(limit)s)
