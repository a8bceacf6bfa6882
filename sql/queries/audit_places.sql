-- Where is a place kept though its supplier hid it, or kept finer than a cell?
SELECT 'image ' || id || ' is hidden and has a place' AS breach
FROM hub_image WHERE precision = 'hidden' AND place_id IS NOT NULL
UNION ALL
SELECT 'batch ' || id || ' is hidden and has a place'
FROM hub_batch WHERE precision = 'hidden' AND (place_id IS NOT NULL OR use_photo_place)
UNION ALL
SELECT 'image ' || i.id || ' is shown more exactly than its batch allows'
FROM hub_image i JOIN hub_batch b ON b.id = i.batch_id WHERE i.precision <> b.precision
