-- Which digests name more than one live image? (The unique index forbids it: this asks past it.)
SELECT sha256 || ': images ' || string_agg(id::text, ', ' ORDER BY id) AS breach
FROM hub_image WHERE withdrawn_at IS NULL
GROUP BY sha256 HAVING count(*) > 1
