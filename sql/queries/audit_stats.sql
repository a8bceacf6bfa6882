-- Which counts differ from the live images they count?
SELECT 'count of ' || coalesce('label ' || k.label_id, 'the hub') || ', ' || k.facet || ' "' || k.value || '": '
       || sum(k.said) || ', rows are ' || sum(k.rows) AS breach
FROM (SELECT label_id, facet, value, n AS said, 0 AS rows FROM hub_labelstat
      UNION ALL
      SELECT label_id, facet, value, 0, n FROM hub_true_stat) AS k
GROUP BY k.label_id, k.facet, k.value
HAVING sum(k.said) <> sum(k.rows)
ORDER BY k.label_id, k.facet, k.value
