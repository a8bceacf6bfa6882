-- Whose share of a frozen version is not what its members say?
SELECT 'version ' || version || ' has ' || sum(said) || ' images of account ' || supplier || ', rows are '
       || sum(rows) AS breach
FROM (SELECT version_id AS version, supplier_id AS supplier, images AS said, 0 AS rows FROM hub_contribution
      UNION ALL
      SELECT m.version_id, i.supplier_id, 0, count(*)
      FROM hub_datasetmember m JOIN hub_image i ON i.id = m.image_id
      JOIN hub_datasetversion v ON v.id = m.version_id AND v.state = 'ready'
      GROUP BY 1, 2) AS k
GROUP BY version, supplier HAVING sum(said) <> sum(rows)
