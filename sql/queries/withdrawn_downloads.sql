-- Who downloaded photos that were withdrawn since they were last told, and is there nothing more to come?
-- counts: how many of each of the manifests `digests`; photos: how many in all, each once.
WITH gone AS (
    SELECT i.id, i.withdrawn_at, m.version_id FROM hub_image i JOIN hub_datasetmember m ON m.image_id = i.id
    -- One withdrawn this minute may not be the last to be committed.
    WHERE i.withdrawn_at > (SELECT min(told_at) FROM hub_download) AND i.withdrawn_at < now() - interval '1 minute'
), named AS (
    -- Several datasets may have frozen the same.
    SELECT DISTINCT v.digest, g.id, g.withdrawn_at FROM gone g JOIN hub_datasetversion v ON v.id = g.version_id
    WHERE v.state = 'ready'
), missed AS (
    SELECT d.account_id, d.digest, n.id, n.withdrawn_at
    FROM hub_download d JOIN named n ON n.digest = d.digest AND n.withdrawn_at > d.told_at
), told AS (
    SELECT account_id, count(DISTINCT id) AS photos, max(withdrawn_at) AS latest FROM missed GROUP BY account_id
    HAVING max(withdrawn_at) < now() - interval '10 minutes' OR min(withdrawn_at) < now() - interval '1 day'
), counted AS (
    SELECT account_id, digest, count(*) AS n FROM missed GROUP BY account_id, digest
)
SELECT t.account_id AS account, t.photos, t.latest,
       array_agg(c.digest ORDER BY c.digest) AS digests, array_agg(c.n ORDER BY c.digest) AS counts
FROM told t JOIN counted c USING (account_id)
GROUP BY t.account_id, t.photos, t.latest
ORDER BY t.account_id
