-- Which images stand under a label they should not, or not under one they should, or are verified there wrongly?
SELECT 'image ' || coalesce(k.image_id, t.image_id) || ' under label ' || coalesce(k.label_id, t.label_id)
       || CASE WHEN t.image_id IS NULL THEN ' should not' WHEN k.image_id IS NULL THEN ' is missing'
               ELSE ' is direct or verified, or not, wrongly' END AS breach
FROM hub_imagelabel k FULL JOIN hub_true_imagelabel t ON t.image_id = k.image_id AND t.label_id = k.label_id
WHERE (k.direct, k.verified) IS DISTINCT FROM (t.direct, t.verified)
ORDER BY coalesce(k.image_id, t.image_id), coalesce(k.label_id, t.label_id)
