-- 256-bit fingerprints of live images. Narrow on purpose: a full scan of a million rows is a tenth of a second.
CREATE TABLE hub_fingerprint (
    image_id bigint PRIMARY KEY REFERENCES hub_image (id) ON DELETE CASCADE,
    bits bit(256) NOT NULL,
    mirrored bit(256) NOT NULL
);

-- The sixteen 16-bit bands of a fingerprint, each marked with its position.
CREATE FUNCTION hub_bands(bits bit(256)) RETURNS integer[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg((band << 16) | substring(bits FROM band * 16 + 1 FOR 16)::bit(16)::integer)
    FROM generate_series(0, 15) AS band
$$;

-- The same bands, and each of them with any one bit flipped: 272 keys.
-- Two fingerprints at most 31 bits apart agree in one band up to one bit (16 bands, 2 bits each, would be 32).
CREATE FUNCTION hub_band_keys(bits bit(256)) RETURNS integer[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(band # flip)
    FROM unnest(hub_bands(bits)) AS band,
         (SELECT 0 UNION ALL SELECT 1 << i FROM generate_series(0, 15) AS i) AS flips(flip)
$$;
CREATE INDEX fingerprints_by_band ON hub_fingerprint USING gin (hub_bands(bits)) WITH (fastupdate = off);
