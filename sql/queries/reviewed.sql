-- How many of a reviewer's verdicts are about claims decided since, and how many agree with what was decided?
SELECT count(*) AS decided, count(*) FILTER (WHERE (a.verdict = 'yes') = (c.state IN ('verified', 'kept'))) AS agreed
FROM hub_annotation a
JOIN hub_image i ON i.id = a.image_id AND i.supplier_id <> a.account_id
JOIN hub_claim c ON c.image_id = a.image_id AND c.label_id = a.label_id
WHERE a.account_id = %(account)s AND NOT a.final AND a.verdict <> 'unsure'
  AND c.state IN ('verified', 'kept', 'refuted', 'dropped')
