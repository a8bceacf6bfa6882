-- What do the pictures most like each image show that it is not said to show?
-- Of those that are near, and neither of its group nor of its batch, the nearest of each group, `most` at most; their
-- votes weigh as much as they are alike. Told where `least` vote and `share` of them show one label: the most special
-- such. A row for each label of the image that nobody has decided yet, and that `least` pictures of other groups and
-- batches could have voted for. `doubted`: none of the votes carries it, or
-- what it is a kind of, and the label they agree on is no kind of it.
WITH voter AS (
    SELECT *, row_number() OVER (PARTITION BY image_id ORDER BY similarity DESC, other_id) AS place
    FROM (
        SELECT DISTINCT ON (n.image_id, o.group_id) n.image_id, n.other_id, n.similarity
        FROM hub_neighbour n
        JOIN hub_image i ON i.id = n.image_id
        JOIN hub_image o ON o.id = n.other_id
        WHERE n.image_id = ANY (%(images)s) AND n.near
          AND o.group_id IS DISTINCT FROM i.group_id AND o.batch_id <> i.batch_id
        ORDER BY n.image_id, o.group_id, n.similarity DESC
    ) AS one_of_a_group
), heard AS (
    SELECT image_id, sum(similarity) AS weight FROM voter WHERE place <= %(most)s
    GROUP BY 1 HAVING count(*) >= %(least)s AND sum(similarity) > 0
), said AS (
    SELECT v.image_id, l.label_id, sum(v.similarity) / max(h.weight) AS share
    FROM voter v
    JOIN heard h ON h.image_id = v.image_id
    JOIN hub_imagelabel l ON l.image_id = v.other_id
    WHERE v.place <= %(most)s
      AND NOT EXISTS (SELECT FROM hub_imagelabel o WHERE o.image_id = v.image_id AND o.label_id = l.label_id)
      -- Nor what somebody said of it before, or what that is a kind of: they decided that.
      AND NOT EXISTS (SELECT FROM hub_annotation a JOIN hub_labelpath p ON p.descendant_id = a.label_id
                      WHERE a.image_id = v.image_id AND p.ancestor_id = l.label_id)
    GROUP BY 1, 2
    HAVING sum(v.similarity) / max(h.weight) >= %(share)s
), agreed AS (
    SELECT DISTINCT ON (s.image_id) s.image_id, s.label_id, s.share
    FROM said s
    ORDER BY s.image_id, (SELECT count(*) FROM hub_labelpath p WHERE p.descendant_id = s.label_id) DESC,
             s.share DESC, s.label_id
)
SELECT a.image_id AS image, c.label_id AS label, a.label_id AS instead, least(a.share, 1) AS share,
       NOT EXISTS (SELECT FROM hub_labelpath p WHERE p.ancestor_id = c.label_id AND p.descendant_id = a.label_id)
       AND NOT EXISTS (
           SELECT FROM voter v
           JOIN hub_imagelabel l ON l.image_id = v.other_id
           LEFT JOIN hub_labelpath p ON p.ancestor_id = l.label_id AND p.descendant_id = c.label_id
           WHERE v.image_id = a.image_id AND v.place <= %(most)s
             AND (l.label_id = c.label_id OR l.direct AND p.ancestor_id IS NOT NULL)
       ) AS doubted
FROM agreed a
JOIN hub_image i ON i.id = a.image_id
JOIN hub_claim c ON c.image_id = a.image_id AND c.state = 'asking'
WHERE %(least)s <= (
    SELECT count(*) FROM (
        SELECT FROM hub_imagelabel l JOIN hub_embedding e USING (image_id) JOIN hub_image o ON o.id = e.image_id
        WHERE l.label_id = c.label_id AND o.batch_id <> i.batch_id AND o.group_id IS DISTINCT FROM i.group_id
        LIMIT %(least)s
    ) AS elsewhere
)
