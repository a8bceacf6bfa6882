-- An image starts as a group of its own, named by its oldest member.
CREATE FUNCTION hub_image_starts_a_group() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.group_id := NEW.id;
    RETURN NEW;
END $$;
CREATE TRIGGER image_starts_a_group BEFORE INSERT ON hub_image
    FOR EACH ROW WHEN (NEW.group_id IS NULL) EXECUTE FUNCTION hub_image_starts_a_group();

-- Few, and asked for by every page of a version: which of its images were withdrawn?
CREATE INDEX withdrawn_images ON hub_image (id) WHERE withdrawn_at IS NOT NULL;

-- What a selection filters by: one row per label given to a live image that has been compared with all older ones.
CREATE TABLE hub_selectable (
    image_id bigint NOT NULL REFERENCES hub_image (id) ON DELETE CASCADE,
    label_id bigint NOT NULL REFERENCES hub_label (id) ON DELETE CASCADE,
    supplier_id bigint NOT NULL,
    group_id bigint NOT NULL,
    given_on date NOT NULL,
    side integer NOT NULL,
    verified boolean NOT NULL,
    grouped boolean NOT NULL,
    several boolean NOT NULL,
    licence text NOT NULL,
    country text,
    flags text[],
    PRIMARY KEY (label_id, image_id)
);
CREATE INDEX selectable_by_image ON hub_selectable (image_id);

-- Two verdicts besides the supplier's, and more than two in three of them yes.
CREATE FUNCTION hub_is_verified(yes bigint, no bigint) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN yes + no >= 2 AND 3 * yes > 2 * (yes + no);

CREATE VIEW hub_true_selectable AS
SELECT i.id AS image_id, a.label_id, i.supplier_id, i.group_id,
       (i.created_at AT TIME ZONE 'UTC')::date AS given_on,
       least(i.width, i.height) AS side,
       hub_is_verified(a.yes, a.no) AS verified,
       -- Two EXISTS, not one with OR: the planner can hash each when it asks of the whole hub.
       EXISTS (SELECT FROM hub_twin t WHERE t.first_id = i.id)
           OR EXISTS (SELECT FROM hub_twin t WHERE t.second_id = i.id) AS grouped,
       a.several,
       i.licence::text AS licence,
       CASE WHEN i.precision <> 'hidden' THEN nullif(p.country_code, '')::text END AS country,
       nullif(i.flags::text[] || CASE WHEN i.drawn THEN ARRAY['drawn'] ELSE '{}' END, '{}') AS flags
FROM (
    SELECT v.label_id, v.image_id, v.yes, v.no, count(*) OVER (PARTITION BY v.image_id) > 1 AS several
    FROM (
        SELECT a.label_id, a.image_id,
               count(*) FILTER (WHERE a.verdict = 'yes' AND a.account_id <> i.supplier_id AND NOT a.conflicting) AS yes,
               count(*) FILTER (WHERE a.verdict = 'no' AND a.account_id <> i.supplier_id) AS no
        FROM hub_annotation a JOIN hub_image i ON i.id = a.image_id
        GROUP BY 1, 2
        HAVING bool_or(a.verdict = 'yes' AND NOT a.conflicting)
    ) AS v
) AS a
JOIN hub_image i ON i.id = a.image_id
LEFT JOIN hub_place p ON p.id = i.place_id
WHERE i.withdrawn_at IS NULL AND i.compared_at IS NOT NULL;

CREATE FUNCTION hub_make_selectable(images bigint[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM hub_selectable WHERE image_id = ANY (images);
    INSERT INTO hub_selectable (image_id, label_id, supplier_id, group_id, given_on, side, verified, grouped, several,
                                licence, country, flags)
        SELECT image_id, label_id, supplier_id, group_id, given_on, side, verified, grouped, several,
               licence, country, flags
        FROM hub_true_selectable WHERE image_id = ANY (images);
$$;

CREATE OR REPLACE FUNCTION hub_place_under_labels(images bigint[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM hub_imagelabel WHERE image_id = ANY (images);
    INSERT INTO hub_imagelabel (label_id, image_id, direct)
        SELECT label_id, image_id, direct FROM hub_true_imagelabel WHERE image_id = ANY (images);
    SELECT hub_make_selectable(images);
$$;

CREATE OR REPLACE FUNCTION hub_recount() RETURNS void LANGUAGE sql AS $$
    DELETE FROM hub_imagelabel;
    INSERT INTO hub_imagelabel (label_id, image_id, direct) SELECT label_id, image_id, direct FROM hub_true_imagelabel;
    -- The planner must not think it empty still: it would join it row by row.
    ANALYZE hub_imagelabel;
    DELETE FROM hub_labelstat;
    INSERT INTO hub_labelstat (label_id, facet, value, n)
        SELECT label_id, facet, value, count(*) FROM hub_image_stat GROUP BY 1, 2, 3;
    DELETE FROM hub_selectable;
    INSERT INTO hub_selectable (image_id, label_id, supplier_id, group_id, given_on, side, verified, grouped, several,
                                licence, country, flags)
        SELECT image_id, label_id, supplier_id, group_id, given_on, side, verified, grouped, several,
               licence, country, flags
        FROM hub_true_selectable ORDER BY label_id, image_id;
    ANALYZE hub_selectable;
$$;

-- The images look alike: their groups become one, named by the oldest member. Inside the catalogue's lock.
CREATE FUNCTION hub_join_groups(images bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    groups bigint[] := array(SELECT DISTINCT group_id FROM hub_image WHERE id = ANY (images));
    oldest bigint := (SELECT min(g) FROM unnest(groups) AS g);
BEGIN
    UPDATE hub_selectable SET group_id = oldest
    WHERE image_id IN (SELECT id FROM hub_image WHERE group_id = ANY (groups)) AND group_id <> oldest;
    UPDATE hub_image SET group_id = oldest WHERE group_id = ANY (groups) AND group_id <> oldest;
END $$;

-- What held the groups of these images together has changed: finds them anew from the pairs that are left.
-- Each round every member takes the oldest name among its neighbours, until none changes.
CREATE FUNCTION hub_regroup(images bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    members bigint[] := array(
        SELECT id FROM hub_image WHERE group_id IN (SELECT group_id FROM hub_image WHERE id = ANY (images)));
BEGIN
    UPDATE hub_image SET group_id = id WHERE id = ANY (members);
    LOOP
        UPDATE hub_image i SET group_id = around.oldest
        FROM (SELECT pair.id, min(other.group_id) AS oldest
              FROM (SELECT first_id AS id, second_id AS other FROM hub_twin WHERE first_id = ANY (members)
                    UNION ALL SELECT second_id, first_id FROM hub_twin WHERE second_id = ANY (members)) AS pair
              JOIN hub_image other ON other.id = pair.other
              GROUP BY 1) AS around
        WHERE i.id = around.id AND around.oldest < i.group_id;
        EXIT WHEN NOT FOUND;
    END LOOP;
    UPDATE hub_selectable s SET group_id = i.group_id FROM hub_image i
    WHERE s.image_id = ANY (members) AND i.id = s.image_id AND s.group_id <> i.group_id;
END $$;

-- Images that look alike, or carry several labels, are few and counted one by one: found without reading the others.
CREATE INDEX selectable_one_by_one ON hub_selectable (label_id) WHERE grouped OR several;

-- The rows a selection's filters let through. One SELECT, so that the planner puts it in place of its call.
CREATE FUNCTION hub_hits(labels bigint[], only_verified boolean, least_side integer, of_licences text[],
                         of_countries text[], without_flags text[], from_day date, to_day date)
    RETURNS SETOF hub_selectable LANGUAGE sql STABLE AS $$
    SELECT * FROM hub_selectable
    WHERE label_id = ANY (labels)
      AND (NOT only_verified OR verified)
      AND side >= least_side
      AND (of_licences = '{}' OR licence = ANY (of_licences))
      AND (of_countries = '{}' OR country = ANY (of_countries))
      AND (flags IS NULL OR NOT flags && without_flags)
      AND (from_day IS NULL OR given_on >= from_day)
      AND (to_day IS NULL OR given_on <= to_day)
$$;
