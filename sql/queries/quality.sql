-- What is the quality of a version's images, by what ingest stored of them? One row of JSON.
WITH member AS MATERIALIZED (
    SELECT m.image_id, m.labels, m.split, m.verified, i.group_id, i.supplier_id, i.licence, i.flags, i.drawn,
           least(i.width, i.height) AS side,
           CASE WHEN i.precision <> 'hidden' THEN nullif(p.country_code, '') END AS country
    FROM hub_datasetmember m JOIN hub_image i ON i.id = m.image_id LEFT JOIN hub_place p ON p.id = i.place_id
    WHERE m.version_id = %(version)s
), alike AS (
    SELECT sum(n) FILTER (WHERE n > 1) AS images, count(*) AS groups FROM (
        SELECT count(*) AS n FROM member GROUP BY group_id) AS g
), class AS (
    SELECT label, split, count(*) AS images, count(DISTINCT group_id) AS groups
    FROM member, unnest(labels) AS label GROUP BY label, split
), flag AS (
    SELECT flag, count(*) AS n FROM member, unnest(flags) AS flag GROUP BY flag
), size AS (
    SELECT width_bucket(side, ARRAY[224, 500, 1000, 2000]) AS bucket, count(*) AS n FROM member GROUP BY 1
), country AS (
    SELECT country, count(*) AS n FROM member WHERE country IS NOT NULL GROUP BY 1
), licence AS (
    SELECT licence, count(*) AS n FROM member GROUP BY 1
), supplier AS (
    SELECT count(*) AS n FROM member GROUP BY supplier_id
), total AS (
    SELECT count(*) AS images, count(*) FILTER (WHERE verified) AS verified, count(*) FILTER (WHERE drawn) AS drawn,
           count(*) FILTER (WHERE country IS NULL) AS nowhere
    FROM member
)
SELECT jsonb_build_object(
    'images', total.images,
    'groups', alike.groups,
    'verified', total.verified,
    'drawn', total.drawn,
    'near_duplicates', coalesce(alike.images, 0),
    'conflicts', (SELECT count(DISTINCT a.image_id) FROM hub_annotation a
                  JOIN hub_datasetmember m ON m.version_id = %(version)s AND m.image_id = a.image_id WHERE a.conflicting),
    'classes', (SELECT jsonb_agg(jsonb_build_object('label', label, 'split', split, 'images', images, 'groups', groups)
                                 ORDER BY label, split) FROM class),
    'flags', coalesce((SELECT jsonb_object_agg(flag, n) FROM flag), '{}'),
    'sides', (SELECT jsonb_object_agg((%(sides)s::text[])[bucket + 1], n) FROM size),
    'countries', coalesce((SELECT jsonb_object_agg(country, n) FROM country), '{}'),
    'country_unknown', total.nowhere,
    'licences', (SELECT jsonb_object_agg(licence, n) FROM licence),
    'suppliers', (SELECT count(*) FROM supplier),
    'top_supplier', (SELECT max(n) FROM supplier)
) AS report
FROM total, alike
