-- Which live images stand in the group of each?
SELECT i.id AS image, array_agg(o.id) AS members
FROM hub_image i JOIN hub_image o ON (o.id = i.id OR o.group_id = i.group_id) AND o.withdrawn_at IS NULL
WHERE i.id = ANY (%(images)s)
GROUP BY i.id
