-- Which open shortfalls are made up for: so many distinct groups of live, compared images under their label?
SELECT f.id AS shortfall, f.label_id AS label
FROM hub_shortfall f
WHERE f.met_at IS NULL
  AND f.wanted <= (
      SELECT count(DISTINCT i.group_id)
      FROM hub_imagelabel l
      JOIN hub_image i ON i.id = l.image_id AND i.withdrawn_at IS NULL AND i.compared_at IS NOT NULL
      WHERE l.label_id = f.label_id
  )
