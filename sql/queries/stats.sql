-- What is counted under one label (or, with none, in the whole hub): the largest 300 values of each facet?
SELECT facet, value, n, of
FROM (
    SELECT facet, value, n,
           row_number() OVER (PARTITION BY facet ORDER BY n DESC, value) AS place,
           count(*) OVER (PARTITION BY facet) AS of
    FROM hub_labelstat
    WHERE (label_id = %(label)s::bigint OR (%(label)s::bigint IS NULL AND label_id IS NULL)) AND n > 0
) AS ranked
WHERE place <= 300
