-- Which open watches have what they wait for: so many distinct groups of live, compared images under their label?
SELECT w.id AS watch, w.label_id AS label
FROM hub_watch w
WHERE w.ready_at IS NULL
  AND w.wanted <= (
      SELECT count(DISTINCT i.group_id)
      FROM hub_imagelabel l
      JOIN hub_image i ON i.id = l.image_id AND i.withdrawn_at IS NULL AND i.compared_at IS NOT NULL
      WHERE l.label_id = w.label_id
  )
