-- Which pairs of look-alikes name an image that is not live?
SELECT 'pair ' || t.id || ' names an image that was withdrawn' AS breach
FROM hub_twin t JOIN hub_image a ON a.id = t.first_id JOIN hub_image b ON b.id = t.second_id
WHERE a.withdrawn_at IS NOT NULL OR b.withdrawn_at IS NOT NULL
ORDER BY t.id
