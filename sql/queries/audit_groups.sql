-- Which look-alikes stand in two groups, and which groups are not named by their oldest member?
SELECT 'images ' || t.first_id || ' and ' || t.second_id || ' look alike and stand in two groups' AS breach
FROM hub_twin t JOIN hub_image a ON a.id = t.first_id JOIN hub_image b ON b.id = t.second_id
WHERE a.group_id IS DISTINCT FROM b.group_id
UNION ALL
SELECT 'group ' || group_id || ' is not named by its oldest member, ' || min(id)
FROM hub_image WHERE withdrawn_at IS NULL GROUP BY group_id HAVING min(id) IS DISTINCT FROM group_id
