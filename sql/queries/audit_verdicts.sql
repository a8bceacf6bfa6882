-- Which submissions lack what their verdict needs: an image when accepted, a twin when a duplicate, a reason?
SELECT 'submission ' || s.id || ' is ' || s.state || ' '
       || CASE s.state WHEN 'accepted' THEN 'without a live image of its bytes'
                       WHEN 'withdrawn' THEN 'with a live image' ELSE 'without a reason' END AS breach
FROM hub_submission s LEFT JOIN hub_image i ON i.id = s.image_id
WHERE (s.state = 'accepted' AND (i.id IS NULL OR i.withdrawn_at IS NOT NULL OR i.sha256 <> s.sha256))
   OR (s.state = 'withdrawn' AND i.withdrawn_at IS NULL AND i.id IS NOT NULL)
   OR (s.state IN ('duplicate', 'rejected', 'review', 'failed') AND s.reason = '')
UNION ALL
SELECT 'image ' || i.id || ' is live without an accepted submission'
FROM hub_image i
WHERE i.withdrawn_at IS NULL
  AND NOT EXISTS (SELECT FROM hub_submission s WHERE s.image_id = i.id AND s.state = 'accepted')
