-- Which groups, or pairs of look-alikes, lie in two splits (or folds) of one version?
SELECT 'version ' || m.version_id || ' tears group ' || m.group_id || ' apart' AS breach
FROM hub_datasetmember m JOIN hub_datasetversion v ON v.id = m.version_id AND v.state = 'ready'
GROUP BY m.version_id, m.group_id
HAVING count(DISTINCT (m.split, m.fold)) > 1
UNION ALL
SELECT 'version ' || a.version_id || ' parts the look-alikes ' || t.first_id || ' and ' || t.second_id
FROM hub_twin t
JOIN hub_datasetmember a ON a.image_id = t.first_id
JOIN hub_datasetmember b ON b.image_id = t.second_id AND b.version_id = a.version_id
JOIN hub_datasetversion v ON v.id = a.version_id AND v.state = 'ready'
WHERE (a.split, a.fold) IS DISTINCT FROM (b.split, b.fold)
