-- Which labels might each of these be taken for: its siblings (1 apart), its cousins (2), and others with most pictures
-- (3)? Itself and its relatives may be among them. Of thousands of siblings, or of cousins, `most`, the same each time.
WITH popular AS MATERIALIZED (
    SELECT label_id AS id FROM hub_labelstat
    WHERE facet = 'direct' AND n > 0 AND label_id IS NOT NULL ORDER BY n DESC, 1 LIMIT %(others)s
), near AS (
    SELECT up.descendant_id AS label_id, down.descendant_id AS id, min(up.depth) AS apart
    FROM hub_labelpath up
    JOIN hub_labelpath down ON down.ancestor_id = up.ancestor_id AND down.depth = up.depth
    WHERE up.descendant_id = ANY (%(labels)s) AND up.depth IN (1, 2)
    GROUP BY 1, 2
), placed AS (
    SELECT near.*, row_number() OVER (PARTITION BY label_id, apart ORDER BY hub_luck(id, label_id), id) AS place FROM near
)
SELECT label_id, id, apart FROM placed WHERE place <= %(most)s
UNION ALL
SELECT l.label_id, popular.id, 3 FROM unnest(%(labels)s::bigint[]) AS l(label_id), popular
ORDER BY 1, 3, 2
