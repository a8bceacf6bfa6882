-- Which live images lie within 31 bits of a fingerprint or of its mirror image, nearest first?
-- Complete up to 31 bits: two such fingerprints agree in one of 16 bands up to one bit (see hub_band_keys).
SELECT image_id, least(bit_count(bits # %(plain)s::bit(256)), bit_count(bits # %(mirrored)s::bit(256))) AS bits
FROM hub_fingerprint
WHERE hub_bands(bits) && (hub_band_keys(%(plain)s::bit(256)) || hub_band_keys(%(mirrored)s::bit(256)))
  AND least(bit_count(bits # %(plain)s::bit(256)), bit_count(bits # %(mirrored)s::bit(256))) <= %(most)s
ORDER BY 2, 1
LIMIT %(limit)s
