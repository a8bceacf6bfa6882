-- Which paths of the closure are wrong, missing or too many? A cycle would never end here: ask for cycles first.
SELECT 'label ' || coalesce(k.descendant_id, t.descendant_id) || ' below label ' || coalesce(k.ancestor_id, t.ancestor_id)
       || ' is ' || coalesce(k.depth::text, 'missing') || ', should be ' || coalesce(t.depth::text, 'absent') AS breach
FROM hub_labelpath k FULL JOIN hub_true_labelpath t
  ON t.ancestor_id = k.ancestor_id AND t.descendant_id = k.descendant_id
WHERE k.depth IS DISTINCT FROM t.depth
ORDER BY coalesce(k.descendant_id, t.descendant_id), coalesce(k.ancestor_id, t.ancestor_id)
