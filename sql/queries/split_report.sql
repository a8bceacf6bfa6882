-- How far are the splits of a version apart: what was kept together, and which suppliers, places and batches they share
-- with train? One row of JSON.
WITH member AS MATERIALIZED (
    SELECT m.split, m.fold, m.group_id AS kept_together, i.group_id, i.supplier_id, i.batch_id, i.place_id
    FROM hub_datasetmember m JOIN hub_image i ON i.id = m.image_id
    WHERE m.version_id = %(version)s
), part AS (
    SELECT split, count(*) AS images, count(DISTINCT kept_together) AS groups FROM member GROUP BY split
), fold AS (
    SELECT fold, count(*) AS images, count(DISTINCT kept_together) AS groups FROM member WHERE fold IS NOT NULL GROUP BY 1
), grouped AS (
    SELECT group_id, count(*) AS n, count(DISTINCT split) AS splits, count(DISTINCT (split, fold)) AS parts
    FROM member GROUP BY 1
), drawn_from AS (
    SELECT 'suppliers' AS what, supplier_id AS key, split, count(*) AS n FROM member GROUP BY 2, 3
    UNION ALL SELECT 'batches', batch_id, split, count(*) FROM member GROUP BY 2, 3
    UNION ALL SELECT 'places', place_id, split, count(*) FROM member WHERE place_id IS NOT NULL GROUP BY 2, 3
), shared AS (
    SELECT d.what, d.split, count(*) AS all, count(t.key) AS shared, coalesce(sum(d.n) FILTER (WHERE t.key IS NOT NULL), 0) AS images
    FROM drawn_from d LEFT JOIN drawn_from t ON t.what = d.what AND t.key = d.key AND t.split = 'train'
    WHERE d.split <> 'train' GROUP BY 1, 2
)
SELECT jsonb_build_object(
    'splits', (SELECT jsonb_object_agg(split, jsonb_build_object('images', images, 'groups', groups)) FROM part),
    'folds', coalesce((SELECT jsonb_agg(jsonb_build_object('fold', fold, 'images', images, 'groups', groups) ORDER BY fold)
                       FROM fold), '[]'),
    'groups', (SELECT count(*) FROM grouped),
    'groups_of_several', (SELECT count(*) FROM grouped WHERE n > 1),
    'largest_group', (SELECT max(n) FROM grouped),
    'groups_torn_apart', (SELECT count(*) FROM grouped WHERE splits > 1 OR parts > 1),
    'in_common_with_train', coalesce((SELECT jsonb_object_agg(what, splits) FROM (
        SELECT what, jsonb_object_agg(split, jsonb_build_object('all', shared.all, 'also_in_train', shared.shared,
                                                                'images', shared.images)) AS splits
        FROM shared GROUP BY what) AS by_kind), '{}'),
    'group_sizes', (SELECT jsonb_object_agg(n, groups) FROM (SELECT n, count(*) AS groups FROM grouped GROUP BY n) AS s)
) AS report
