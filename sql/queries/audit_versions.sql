-- Which versions hold other images than they say, and which versions and archives wait without a job?
SELECT 'version ' || v.id || ' says ' || v.images || ' images and has ' || count(m.image_id) AS breach
FROM hub_datasetversion v LEFT JOIN hub_datasetmember m ON m.version_id = v.id
WHERE v.state = 'ready' GROUP BY v.id HAVING count(m.image_id) <> v.images
UNION ALL
SELECT 'version ' || v.id || ' waits without a job' FROM hub_datasetversion v
WHERE v.state = 'queued' AND NOT EXISTS (
    SELECT FROM hub_job j WHERE j.kind = 'freeze' AND j.subject = v.id AND j.state IN ('queued', 'running'))
UNION ALL
SELECT 'archive ' || a.id || ' waits without a job' FROM hub_archive a
WHERE a.state IN ('queued', 'packing') AND NOT EXISTS (
    SELECT FROM hub_job j WHERE j.kind = 'pack' AND j.subject = a.id AND j.state IN ('queued', 'running'))
UNION ALL
SELECT 'archive ' || a.id || ' is given out though it holds a withdrawn photo'
FROM hub_archive a
WHERE a.state = 'ready' AND a.tombstones <> (
    SELECT count(*) FROM hub_datasetmember m JOIN hub_image i ON i.id = m.image_id
    WHERE i.withdrawn_at IS NOT NULL AND m.version_id = (
        SELECT min(id) FROM hub_datasetversion v WHERE v.digest = a.digest AND v.state = 'ready'))
