-- The members of a version as its manifest tells them, by rising id. Where: as exactly as the supplier allows.
SELECT i.id, i.sha256, m.labels, m.split, m.fold, i.licence, i.credit, m.verified, i.width, i.height, i.drawn,
       d.labels,
       i.precision, p.country_code, p.region, p.city, p."row", p."column"
FROM hub_datasetmember m
JOIN hub_image i ON i.id = m.image_id
LEFT JOIN hub_denied d ON d.image_id = i.id
LEFT JOIN hub_place p ON p.id = i.place_id
WHERE m.version_id = %(version)s
ORDER BY m.image_id
