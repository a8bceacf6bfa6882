-- Which labels are wanted by more or fewer people than wait for them?
SELECT 'label ' || coalesce(k.label_id, t.label_id) || ' is wanted by ' || coalesce(k.people, 0) || ' for '
       || coalesce(k.wanted, 0) || ', rows are ' || coalesce(t.people, 0) || ' and ' || coalesce(t.wanted, 0) AS breach
FROM hub_wanted k FULL JOIN hub_true_wanted t USING (label_id)
WHERE (k.people, k.wanted) IS DISTINCT FROM (t.people::integer, t.wanted)
