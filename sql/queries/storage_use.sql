-- How many objects and bytes do rows say each storage alias holds? Manifests and states of trainings keep no size.
SELECT 'originals' AS alias, count(*) AS objects, coalesce(sum(size), 0) AS bytes
FROM (SELECT size FROM hub_image WHERE withdrawn_at IS NULL
      UNION ALL
      SELECT size FROM hub_submission WHERE state IN ('received', 'review', 'failed') AND incoming = '') AS o
UNION ALL
SELECT 'renditions', count(*), coalesce(sum(r.size), 0)
FROM hub_rendition r JOIN hub_image i ON i.id = r.image_id WHERE i.withdrawn_at IS NULL
UNION ALL
SELECT 'artifacts', count(*), coalesce(sum(size), 0)
FROM (SELECT size FROM hub_archive WHERE state = 'ready'
      UNION ALL
      SELECT min(size) FROM hub_modelfile GROUP BY sha256
      UNION ALL
      SELECT NULL FROM hub_datasetversion WHERE digest <> '' GROUP BY digest) AS a
UNION ALL
SELECT 'features', count(*), coalesce(sum(size), 0)
FROM (SELECT size FROM hub_feature
      UNION ALL
      SELECT NULL FROM hub_trainingrequest WHERE checkpoint <> '') AS f
UNION ALL
SELECT 'incoming', count(*), coalesce(sum(size), 0) FROM hub_submission WHERE incoming <> ''
