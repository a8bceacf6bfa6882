-- The rule of verification, said once: what follows from the verdicts besides the supplier's on one label of an image.
-- `final` is a moderator's decision, null without one. Undecided after five verdicts, or three "cannot tell": a
-- moderator looks.
CREATE FUNCTION hub_claim_state(given boolean, final boolean, yes bigint, no bigint, unsure bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN NOT given THEN 'conflicting'
                WHEN NOT final THEN 'dropped'
                WHEN hub_is_verified(yes, no) THEN 'verified'
                WHEN final THEN 'kept'
                WHEN hub_is_verified(no, yes) THEN 'refuted'
                WHEN yes + no + unsure >= 5 OR unsure >= 3 THEN 'contested'
                ELSE 'asking' END;

CREATE VIEW hub_true_claim AS
SELECT v.image_id, v.label_id, v.yes, v.no, v.unsure,
       hub_claim_state(v.given, v.final, v.yes, v.no, v.unsure) AS state
FROM (
    SELECT a.image_id, a.label_id,
           bool_or(a.verdict = 'yes' AND NOT a.conflicting) AS given,
           bool_or(a.verdict = 'yes') FILTER (WHERE a.final) AS final,
           count(*) FILTER (WHERE a.verdict = 'yes' AND a.account_id <> i.supplier_id AND NOT a.conflicting) AS yes,
           count(*) FILTER (WHERE a.verdict = 'no' AND a.account_id <> i.supplier_id) AS no,
           count(*) FILTER (WHERE a.verdict = 'unsure' AND a.account_id <> i.supplier_id) AS unsure
    FROM hub_annotation a JOIN hub_image i ON i.id = a.image_id AND i.withdrawn_at IS NULL
    GROUP BY 1, 2
    HAVING bool_or(a.verdict = 'yes')
) AS v;

-- Claims stand in an order that has nothing to do with theirs, the same at each writing.
CREATE FUNCTION hub_luck(image bigint, label bigint) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ((image * 2654435761 + label * 40503) % 1000003)::integer;

CREATE FUNCTION hub_make_claims(images bigint[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM hub_claim WHERE image_id = ANY (images);
    INSERT INTO hub_claim (image_id, label_id, yes, no, unsure, state, luck)
        SELECT image_id, label_id, yes, no, unsure, state, hub_luck(image_id, label_id)
        FROM hub_true_claim WHERE image_id = ANY (images);
$$;

-- Where the images count: under each label given to them that stands, and under all its ancestors.
CREATE OR REPLACE VIEW hub_true_imagelabel AS
SELECT p.ancestor_id AS label_id, c.image_id, bool_or(p.depth = 0) AS direct, bool_or(c.state = 'verified') AS verified
FROM hub_claim c JOIN hub_labelpath p ON p.descendant_id = c.label_id
WHERE c.state IN ('asking', 'verified', 'contested', 'kept')
GROUP BY 1, 2;

CREATE OR REPLACE VIEW hub_true_selectable AS
-- Named by the claim's image, not the image's own id: only so does the question reach the innermost SELECT.
SELECT c.image_id, c.label_id, i.supplier_id, i.group_id,
       (i.created_at AT TIME ZONE 'UTC')::date AS given_on,
       least(i.width, i.height) AS side,
       c.state = 'verified' AS verified,
       -- Two EXISTS, not one with OR: the planner can hash each when it asks of the whole hub.
       EXISTS (SELECT FROM hub_twin t WHERE t.first_id = i.id)
           OR EXISTS (SELECT FROM hub_twin t WHERE t.second_id = i.id) AS grouped,
       c.several,
       i.licence::text AS licence,
       CASE WHEN i.precision <> 'hidden' THEN nullif(p.country_code, '')::text END AS country,
       nullif(i.flags::text[] || CASE WHEN i.drawn THEN ARRAY['drawn'] ELSE '{}' END, '{}') AS flags
FROM (
    SELECT image_id, label_id, state, count(*) OVER (PARTITION BY image_id) > 1 AS several
    FROM hub_claim WHERE state IN ('asking', 'verified', 'contested', 'kept')
) AS c
JOIN hub_image i ON i.id = c.image_id
LEFT JOIN hub_place p ON p.id = i.place_id
WHERE i.withdrawn_at IS NULL AND i.compared_at IS NOT NULL;

CREATE OR REPLACE FUNCTION hub_place_under_labels(images bigint[]) RETURNS void LANGUAGE sql AS $$
    SELECT hub_make_claims(images);
    DELETE FROM hub_imagelabel WHERE image_id = ANY (images);
    INSERT INTO hub_imagelabel (label_id, image_id, direct, verified)
        SELECT label_id, image_id, direct, verified FROM hub_true_imagelabel WHERE image_id = ANY (images);
    SELECT hub_make_selectable(images);
$$;

CREATE OR REPLACE VIEW hub_image_stat AS
SELECT f.image_id, NULL::bigint AS label_id, f.facet, f.value FROM hub_image_facet f
UNION ALL
SELECT f.image_id, l.label_id, f.facet, f.value
FROM hub_image_facet f JOIN hub_imagelabel l ON l.image_id = f.image_id
UNION ALL
SELECT l.image_id, l.label_id, 'direct', '' FROM hub_imagelabel l WHERE l.direct
UNION ALL
SELECT l.image_id, l.label_id, 'verified', '' FROM hub_imagelabel l WHERE l.verified;

-- The live images of groups, under each label and in the whole hub: what distinct groups are counted by.
CREATE VIEW hub_group_label AS
SELECT i.group_id, NULL::bigint AS label_id FROM hub_image i WHERE i.withdrawn_at IS NULL
UNION ALL
SELECT i.group_id, l.label_id FROM hub_image i JOIN hub_imagelabel l ON l.image_id = i.id WHERE i.withdrawn_at IS NULL;

-- Every count there should be.
CREATE VIEW hub_true_stat AS
SELECT label_id, facet, value, count(*) AS n FROM hub_image_stat GROUP BY 1, 2, 3
UNION ALL
SELECT label_id, 'groups', '', count(DISTINCT group_id) FROM hub_group_label GROUP BY 1;

-- Adds (n = 1) or takes away (n = -1) the images' share of every count. Call it inside the catalogue's lock.
-- Groups do not add up by image: those the images belong to are taken away whole, and added as they are afterwards.
CREATE OR REPLACE FUNCTION hub_tally(images bigint[], n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    groups bigint[] := array(SELECT DISTINCT group_id FROM hub_image WHERE id = ANY (images) AND group_id IS NOT NULL);
BEGIN
    IF n > 0 THEN
        INSERT INTO hub_labelstat AS s (label_id, facet, value, n)
        SELECT label_id, facet, value, count(*) FROM hub_image_stat WHERE image_id = ANY (images) GROUP BY 1, 2, 3
        UNION ALL
        SELECT label_id, 'groups', '', count(DISTINCT group_id) FROM hub_group_label
        WHERE group_id = ANY (groups) GROUP BY 1
        ON CONFLICT (label_id, facet, value) DO UPDATE SET n = s.n + excluded.n;
    ELSE
        -- Two statements each: "IS NOT DISTINCT FROM" would match both kinds at once, and never by the index.
        UPDATE hub_labelstat s SET n = s.n - gone.n
        FROM (SELECT label_id, facet, value, count(*) AS n FROM hub_image_stat
              WHERE image_id = ANY (images) AND label_id IS NOT NULL GROUP BY 1, 2, 3
              UNION ALL
              SELECT label_id, 'groups', '', count(DISTINCT group_id) FROM hub_group_label
              WHERE group_id = ANY (groups) AND label_id IS NOT NULL GROUP BY 1) AS gone
        WHERE s.label_id = gone.label_id AND s.facet = gone.facet AND s.value = gone.value;
        UPDATE hub_labelstat s SET n = s.n - gone.n
        FROM (SELECT facet, value, count(*) AS n FROM hub_image_facet
              WHERE image_id = ANY (images) GROUP BY 1, 2
              UNION ALL
              SELECT 'groups', '', count(DISTINCT group_id) FROM hub_image
              WHERE group_id = ANY (groups) AND withdrawn_at IS NULL) AS gone
        WHERE s.label_id IS NULL AND s.facet = gone.facet AND s.value = gone.value;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION hub_recount() RETURNS void LANGUAGE sql AS $$
    DELETE FROM hub_claim;
    INSERT INTO hub_claim (image_id, label_id, yes, no, unsure, state, luck)
        SELECT image_id, label_id, yes, no, unsure, state, hub_luck(image_id, label_id)
        FROM hub_true_claim ORDER BY image_id, label_id;
    -- The planner must not think these empty still: it would join them row by row.
    ANALYZE hub_claim;
    DELETE FROM hub_imagelabel;
    INSERT INTO hub_imagelabel (label_id, image_id, direct, verified)
        SELECT label_id, image_id, direct, verified FROM hub_true_imagelabel;
    ANALYZE hub_imagelabel;
    DELETE FROM hub_labelstat;
    INSERT INTO hub_labelstat (label_id, facet, value, n) SELECT label_id, facet, value, n FROM hub_true_stat;
    DELETE FROM hub_selectable;
    INSERT INTO hub_selectable (image_id, label_id, supplier_id, group_id, given_on, side, verified, grouped, several,
                                licence, country, flags)
        SELECT image_id, label_id, supplier_id, group_id, given_on, side, verified, grouped, several,
               licence, country, flags
        FROM hub_true_selectable ORDER BY label_id, image_id;
    ANALYZE hub_selectable;
$$;

-- Who waits for a label: everybody with an open watch or shortfall of it.
CREATE VIEW hub_wish AS
SELECT label_id, account_id, wanted FROM hub_watch WHERE ready_at IS NULL
UNION ALL
SELECT label_id, account_id, wanted FROM hub_shortfall WHERE met_at IS NULL;

CREATE VIEW hub_true_wanted AS
SELECT label_id, count(DISTINCT account_id) AS people, max(wanted) AS wanted FROM hub_wish GROUP BY 1;

-- One at a time for each label: two wishes at the same moment would each count without the other.
CREATE FUNCTION hub_make_wanted(label bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('wanted ' || label, 7236003));
    DELETE FROM hub_wanted WHERE label_id = label;
    INSERT INTO hub_wanted (label_id, people, wanted)
        SELECT label_id, people, wanted FROM hub_true_wanted WHERE label_id = label;
END $$;

CREATE FUNCTION hub_wish_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        -- The label itself may be going.
        IF EXISTS (SELECT FROM hub_label WHERE id = OLD.label_id) THEN PERFORM hub_make_wanted(OLD.label_id); END IF;
    ELSE
        PERFORM hub_make_wanted(NEW.label_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER wish_changes AFTER INSERT OR UPDATE OR DELETE ON hub_watch
    FOR EACH ROW EXECUTE FUNCTION hub_wish_changes();
CREATE TRIGGER wish_changes AFTER INSERT OR UPDATE OR DELETE ON hub_shortfall
    FOR EACH ROW EXECUTE FUNCTION hub_wish_changes();

-- The audit log is written once.
CREATE FUNCTION hub_decision_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is never changed' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER decision_stays BEFORE UPDATE OR DELETE ON hub_decision
    FOR EACH ROW EXECUTE FUNCTION hub_decision_stays();
