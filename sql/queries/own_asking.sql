-- How many claims of each of these labels wait for verdicts on photos this account gave?
-- Photo by photo, and so said (OFFSET 0): joined as the planner likes, every claim of the labels would be read.
SELECT c.label_id, count(*) AS n
FROM (SELECT id FROM hub_image WHERE supplier_id = %(account)s OFFSET 0) i
CROSS JOIN LATERAL (
    SELECT label_id FROM hub_claim WHERE image_id = i.id AND state = 'asking' OFFSET 0
) c
WHERE c.label_id = ANY (%(labels)s)
GROUP BY c.label_id
