-- Which batches count other than their submissions are?
SELECT 'batch ' || b.id || ' counts ' || c.state || ' as ' || c.said || ', rows are ' || c.rows AS breach
FROM hub_batch b
CROSS JOIN LATERAL (
    SELECT v.state, v.said, (SELECT count(*) FROM hub_submission s WHERE s.batch_id = b.id AND s.state = v.state) AS rows
    FROM (VALUES ('received', b.received), ('accepted', b.accepted), ('duplicate', b.duplicate),
                 ('rejected', b.rejected), ('review', b.review), ('failed', b.failed),
                 ('withdrawn', b.withdrawn)) AS v(state, said)
) AS c
WHERE c.said <> c.rows
ORDER BY b.id
