-- Which claims are not what the verdicts on them say?
SELECT 'claim of image ' || coalesce(k.image_id, t.image_id) || ' to label ' || coalesce(k.label_id, t.label_id)
       || ' is ' || coalesce(k.state, 'missing') || ', verdicts say ' || coalesce(t.state, 'nothing') AS breach
FROM hub_claim k FULL JOIN hub_true_claim t ON t.image_id = k.image_id AND t.label_id = k.label_id
WHERE (k.yes, k.no, k.unsure, k.state) IS DISTINCT FROM (t.yes::integer, t.no::integer, t.unsure::integer, t.state)
ORDER BY coalesce(k.image_id, t.image_id), coalesce(k.label_id, t.label_id)
