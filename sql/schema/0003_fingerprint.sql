-- 256-bit fingerprints of live images. Narrow on purpose: the wide lookups scan all of it.
CREATE TABLE hub_fingerprint (
    image_id bigint PRIMARY KEY REFERENCES hub_image (id) ON DELETE CASCADE,
    bits bit(256) NOT NULL
);

-- The fingerprints of the mirror images, which only ever ask and are never searched.
CREATE TABLE hub_mirror (
    image_id bigint PRIMARY KEY REFERENCES hub_fingerprint (image_id) ON DELETE CASCADE,
    bits bit(256) NOT NULL
);

-- The sixteen 16-bit bands of a fingerprint, each marked with its position.
-- The cost keeps the planner from computing them for a whole table, which takes minutes at a million rows.
CREATE FUNCTION hub_bands(bits bit(256)) RETURNS integer[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
    SELECT array_agg((band << 16) | substring(bits FROM band * 16 + 1 FOR 16)::bit(16)::integer)
    FROM generate_series(0, 15) AS band
$$;
CREATE INDEX fingerprints_by_band ON hub_fingerprint USING gin (hub_bands(bits)) WITH (fastupdate = off);

-- For each band a row of seventeen keys: the band itself, and with any one bit flipped.
-- Two fingerprints at most 31 bits apart agree in one band up to one bit (16 bands, 2 bits each, would be 32).
CREATE FUNCTION hub_band_keys(bits bit(256)) RETURNS SETOF integer[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 16 AS $$
    SELECT array_agg(band # flip)
    FROM unnest(hub_bands(bits)) AS band,
         (SELECT 0 UNION ALL SELECT 1 << i FROM generate_series(0, 15) AS i) AS flips(flip)
    GROUP BY band
$$;

-- How many bits two fingerprints differ by. pgvector counts faster than bit_count, where the server has it.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') THEN
        CREATE EXTENSION IF NOT EXISTS vector;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'not allowed to create the extension vector: fingerprints are compared by bit_count';
END $$;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') THEN
        CREATE FUNCTION hub_apart(a bit, b bit) RETURNS double precision
            LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN a <~> b;
    ELSE
        CREATE FUNCTION hub_apart(a bit, b bit) RETURNS double precision
            LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN bit_count(a # b);
    END IF;
END $$;

-- Images within `most` bits (at most 31, to be complete) of a fingerprint or of its mirror image, nearest first.
-- One small index scan per band: GIN compares every hit with every key, so 32 x 17 keys are five times
-- faster than 544 at once. Compiling (jit) would take longer than the lookup.
CREATE FUNCTION hub_near(plain bit(256), mirrored bit(256), most integer, at_most integer)
    RETURNS TABLE (image_id bigint, bits bigint)
    LANGUAGE plpgsql STABLE SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT hit.image_id, min(hub_apart(hit.bits, asked.bits))::bigint AS apart
    FROM (VALUES (plain), (mirrored)) AS asked(bits),
         LATERAL hub_band_keys(asked.bits) AS keys,
         LATERAL (SELECT f.image_id, f.bits FROM hub_fingerprint f WHERE hub_bands(f.bits) && keys) AS hit
    WHERE hub_apart(hit.bits, asked.bits) <= most
    GROUP BY hit.image_id
    ORDER BY apart, hit.image_id
    LIMIT at_most;
END $$;

-- The same to any distance, among images newer than `above` and older than `below`: a scan, by several processes
-- when the range is wide. The plan must follow the range, so it is made each time.
CREATE FUNCTION hub_alike(plain bit(256), mirrored bit(256), most integer, above bigint, below bigint, at_most integer)
    RETURNS TABLE (image_id bigint, bits bigint)
    LANGUAGE plpgsql STABLE SET jit = off SET plan_cache_mode = force_custom_plan
    SET max_parallel_workers_per_gather = 4 SET parallel_setup_cost = 0 SET parallel_tuple_cost = 0 AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT f.image_id, least(hub_apart(f.bits, plain), hub_apart(f.bits, mirrored))::bigint AS apart
    FROM hub_fingerprint f
    WHERE f.image_id > above AND f.image_id < below
      AND (hub_apart(f.bits, plain) <= most OR hub_apart(f.bits, mirrored) <= most)
    ORDER BY apart, f.image_id
    LIMIT at_most;
END $$;
