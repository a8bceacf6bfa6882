-- Trigrams of a name, as pg_trgm makes them; the embedded Postgres ships without that extension.
CREATE FUNCTION hub_trigrams(name text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(padded, i, 3)), '{}')
    FROM regexp_split_to_table(lower(name), '[^[:alnum:]]+') AS word,
         LATERAL (SELECT '  ' || word || ' ') AS p(padded),
         LATERAL generate_series(1, length(padded) - 2) AS i
    WHERE word <> ''
$$;
CREATE INDEX label_names_by_trigram ON hub_labelname USING gin (hub_trigrams(text));
CREATE INDEX label_names_by_prefix ON hub_labelname (lower(text) text_pattern_ops);
