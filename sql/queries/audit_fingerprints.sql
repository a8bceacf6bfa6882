-- Which fingerprints are of no live image, or lack their mirror image?
SELECT 'image ' || f.image_id || CASE WHEN m.image_id IS NULL THEN ' lacks its mirrored fingerprint'
                                      ELSE ' is not live, and its fingerprint is' END AS breach
FROM hub_fingerprint f
LEFT JOIN hub_mirror m ON m.image_id = f.image_id
LEFT JOIN hub_image i ON i.id = f.image_id
WHERE m.image_id IS NULL OR i.id IS NULL OR i.withdrawn_at IS NOT NULL
ORDER BY f.image_id
