-- The catalogue's lock before any lock on the view: an admission holds the first and then asks for the second, so that
-- the other order is a deadlock. And nobody counts by the old view while this counts by the new one.
SELECT pg_advisory_xact_lock(7236001);

-- A fingerprint kept as 32 bytes, as bits.
CREATE OR REPLACE FUNCTION hub_bits(packed bytea) RETURNS bit(256)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN ('x' || encode(packed, 'hex'))::bit(256);

-- Removals within `most` bits (at most 31, to be complete) of a fingerprint, or whose mirror image is: by their bands, as
-- hub_near finds live images. None is told for no fingerprint.
CREATE OR REPLACE FUNCTION hub_removed_near(plain bit(256), most integer) RETURNS TABLE (id bigint)
    LANGUAGE plpgsql STABLE STRICT SET jit = off SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
    SELECT r.id FROM hub_band_keys(plain) AS keys, LATERAL (
        SELECT f.id, hub_bits(f.fingerprint) AS bits FROM hub_removal f
        WHERE f.lifted_at IS NULL AND length(f.fingerprint) = 32 AND hub_bands(hub_bits(f.fingerprint)) && keys
        UNION ALL
        SELECT f.id, hub_bits(f.mirrored) FROM hub_removal f
        WHERE f.lifted_at IS NULL AND length(f.fingerprint) = 32 AND hub_bands(hub_bits(f.mirrored)) && keys) AS r
    WHERE hub_apart(r.bits, plain) <= most;
END $$;

-- How many labels of images wait for verdicts is counted as everything else is.
CREATE OR REPLACE VIEW hub_image_stat AS
SELECT f.image_id, NULL::bigint AS label_id, f.facet, f.value FROM hub_image_facet f
UNION ALL
SELECT f.image_id, l.label_id, f.facet, f.value
FROM hub_image_facet f JOIN hub_imagelabel l ON l.image_id = f.image_id
UNION ALL
SELECT l.image_id, l.label_id, 'direct', '' FROM hub_imagelabel l WHERE l.direct
UNION ALL
SELECT l.image_id, l.label_id, 'verified', '' FROM hub_imagelabel l WHERE l.verified
UNION ALL
SELECT c.image_id, c.label_id, 'asking', '' FROM hub_claim c WHERE c.state = 'asking';

INSERT INTO hub_labelstat (label_id, facet, value, n)
    SELECT label_id, 'asking', '', count(*) FROM hub_claim WHERE state = 'asking' GROUP BY 1
    ON CONFLICT (label_id, facet, value) DO UPDATE SET n = excluded.n;
