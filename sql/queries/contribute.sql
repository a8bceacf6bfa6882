-- Who gave the members of a version, and how many: kept for credit.
INSERT INTO hub_contribution (supplier_id, version_id, images)
SELECT i.supplier_id, m.version_id, count(*)
FROM hub_datasetmember m JOIN hub_image i ON i.id = m.image_id
WHERE m.version_id = %(version)s
GROUP BY 1, 2
