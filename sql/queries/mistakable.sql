-- Which labels might each of these be taken for: its siblings (1 apart), its cousins (2), and, where it has neither,
-- others that have pictures (3)? None above or below it.
SELECT l.id AS label_id, other.id, other.apart
FROM unnest(%(labels)s::bigint[]) AS l(id)
CROSS JOIN LATERAL (
    SELECT down.descendant_id AS id, min(up.depth) AS apart
    FROM hub_labelpath up
    JOIN hub_labelpath down ON down.ancestor_id = up.ancestor_id AND down.depth = up.depth
    WHERE up.descendant_id = l.id AND up.depth IN (1, 2)
    GROUP BY 1
    UNION ALL
    (SELECT s.label_id, 3 FROM hub_labelstat s WHERE s.facet = 'direct' AND s.n > 0 ORDER BY s.n DESC LIMIT %(others)s)
) AS other
WHERE NOT EXISTS (
    SELECT FROM hub_labelpath p
    WHERE (p.ancestor_id, p.descendant_id) IN ((l.id, other.id), (other.id, l.id))
)
ORDER BY 1, 3, 2
