-- Batch counts follow the submissions, whoever changes them.
CREATE FUNCTION hub_count_submission(batch bigint, state text, n integer) RETURNS void LANGUAGE sql AS $$
    UPDATE hub_batch SET
        received = received + n * (state = 'received')::integer,
        accepted = accepted + n * (state = 'accepted')::integer,
        duplicate = duplicate + n * (state = 'duplicate')::integer,
        rejected = rejected + n * (state = 'rejected')::integer,
        review = review + n * (state = 'review')::integer,
        failed = failed + n * (state = 'failed')::integer,
        withdrawn = withdrawn + n * (state = 'withdrawn')::integer
    WHERE id = batch
$$;
CREATE FUNCTION hub_submission_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM hub_count_submission(OLD.batch_id, OLD.state, -1); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM hub_count_submission(NEW.batch_id, NEW.state, 1); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER submission_changes AFTER INSERT OR DELETE OR UPDATE OF state, batch_id ON hub_submission
    FOR EACH ROW EXECUTE FUNCTION hub_submission_changes();

-- One row per live image, facet and value: what is counted, said once.
CREATE VIEW hub_image_facet AS
SELECT i.id AS image_id, f.facet, f.value
FROM hub_image i
LEFT JOIN hub_place p ON p.id = i.place_id
CROSS JOIN LATERAL (
    VALUES ('images', ''),
           ('licence', i.licence),
           ('supplier', i.supplier_id::text),
           ('week', date_trunc('week', i.created_at AT TIME ZONE 'UTC')::date::text),
           ('side', CASE WHEN least(i.width, i.height) < 224 THEN 'under 224'
                         WHEN least(i.width, i.height) < 500 THEN '224 to 499'
                         WHEN least(i.width, i.height) < 1000 THEN '500 to 999'
                         WHEN least(i.width, i.height) < 2000 THEN '1000 to 1999'
                         ELSE '2000 and more' END),
           ('country', CASE WHEN i.precision <> 'hidden' THEN nullif(p.country_code, '') END),
           ('cell', CASE WHEN i.precision = 'open' THEN p.row || ',' || p."column" END),
           -- Two EXISTS, not one with OR: the planner can hash each when it counts the whole hub.
           ('alike', CASE WHEN EXISTS (SELECT FROM hub_twin t WHERE t.first_id = i.id)
                            OR EXISTS (SELECT FROM hub_twin t WHERE t.second_id = i.id) THEN '' END),
           ('drawn', CASE WHEN i.drawn THEN '' END)
    UNION ALL
    SELECT 'flag', unnest(i.flags)
) AS f(facet, value)
WHERE i.withdrawn_at IS NULL AND f.value IS NOT NULL;

-- The same per label the image counts under, and for the whole hub (no label).
CREATE VIEW hub_image_stat AS
SELECT f.image_id, NULL::bigint AS label_id, f.facet, f.value FROM hub_image_facet f
UNION ALL
SELECT f.image_id, l.label_id, f.facet, f.value
FROM hub_image_facet f JOIN hub_imagelabel l ON l.image_id = f.image_id
UNION ALL
SELECT l.image_id, l.label_id, 'direct', '' FROM hub_imagelabel l WHERE l.direct;

-- Adds (n = 1) or takes away (n = -1) the images' share of every count. Call it inside the catalogue's lock.
CREATE FUNCTION hub_tally(images bigint[], n integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF n > 0 THEN
        INSERT INTO hub_labelstat AS s (label_id, facet, value, n)
        SELECT label_id, facet, value, count(*) FROM hub_image_stat WHERE image_id = ANY (images) GROUP BY 1, 2, 3
        ON CONFLICT (label_id, facet, value) DO UPDATE SET n = s.n + excluded.n;
    ELSE
        -- Two statements: "IS NOT DISTINCT FROM" would match both kinds at once, and never by the index.
        UPDATE hub_labelstat s SET n = s.n - gone.n
        FROM (SELECT label_id, facet, value, count(*) AS n FROM hub_image_stat
              WHERE image_id = ANY (images) AND label_id IS NOT NULL GROUP BY 1, 2, 3) AS gone
        WHERE s.label_id = gone.label_id AND s.facet = gone.facet AND s.value = gone.value;
        UPDATE hub_labelstat s SET n = s.n - gone.n
        FROM (SELECT facet, value, count(*) AS n FROM hub_image_facet
              WHERE image_id = ANY (images) GROUP BY 1, 2) AS gone
        WHERE s.label_id IS NULL AND s.facet = gone.facet AND s.value = gone.value;
    END IF;
END $$;

-- Where the images count: under each label given to them without conflict, and under all its ancestors.
CREATE VIEW hub_true_imagelabel AS
SELECT p.ancestor_id AS label_id, a.image_id, bool_or(p.depth = 0) AS direct
FROM hub_annotation a
JOIN hub_image i ON i.id = a.image_id AND i.withdrawn_at IS NULL
JOIN hub_labelpath p ON p.descendant_id = a.label_id
WHERE a.verdict = 'yes' AND NOT a.conflicting
GROUP BY 1, 2;

CREATE FUNCTION hub_place_under_labels(images bigint[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM hub_imagelabel WHERE image_id = ANY (images);
    INSERT INTO hub_imagelabel (label_id, image_id, direct)
        SELECT label_id, image_id, direct FROM hub_true_imagelabel WHERE image_id = ANY (images);
$$;

-- Makes every derived row anew: after the hierarchy itself has changed under images.
CREATE FUNCTION hub_recount() RETURNS void LANGUAGE sql AS $$
    DELETE FROM hub_imagelabel;
    INSERT INTO hub_imagelabel (label_id, image_id, direct) SELECT label_id, image_id, direct FROM hub_true_imagelabel;
    -- The planner must not think it empty still: it would join it row by row.
    ANALYZE hub_imagelabel;
    DELETE FROM hub_labelstat;
    INSERT INTO hub_labelstat (label_id, facet, value, n)
        SELECT label_id, facet, value, count(*) FROM hub_image_stat GROUP BY 1, 2, 3;
$$;

-- Waits for, and keeps to the end of the transaction, the right to store or discard these objects.
CREATE FUNCTION hub_hold(names text[]) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(name, 7236002)) FROM unnest(names) AS name ORDER BY name
$$;
