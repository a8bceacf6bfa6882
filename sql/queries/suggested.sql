-- Which refuted claims have the most people agreeing on what the image shows instead, at least `agree` of them?
-- Not where it carries that label already.
SELECT c.image_id, c.label_id, a.instead_id, count(*) AS people
FROM hub_claim c
JOIN hub_annotation a ON a.image_id = c.image_id AND a.label_id = c.label_id AND a.verdict = 'no'
JOIN hub_image i ON i.id = c.image_id AND i.withdrawn_at IS NULL AND i.supplier_id <> a.account_id
WHERE c.state = 'refuted' AND a.instead_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM hub_imagelabel l WHERE l.image_id = c.image_id AND l.label_id = a.instead_id)
GROUP BY 1, 2, 3
HAVING count(*) >= %(agree)s
ORDER BY people DESC, 1, 2, 3
LIMIT %(limit)s
