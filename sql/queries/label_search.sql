-- Which labels have a name or synonym like this text, and what did each match? Rank 0: the very name, 1: it begins so,
-- 2: a later word begins so, 3: shares trigrams. Rank 3 has its own limit: Python keeps the small misspellings among them.
WITH likeness AS (
    SELECT n.label_id, n.text,
           CASE WHEN lower(n.text) = lower(%(text)s) THEN 0
                WHEN lower(n.text) LIKE lower(%(pattern)s) || '%%' THEN 1
                WHEN lower(n.text) ~ ('[^[:alnum:]]' || lower(%(regex)s)) THEN 2
                ELSE 3 END AS rank,
           shared.n::float / greatest(cardinality(hub_trigrams(n.text)) + cardinality(asked.trigrams) - shared.n, 1)
               AS similarity
    FROM (SELECT hub_trigrams(%(text)s) AS trigrams) asked
    JOIN hub_labelname n
        ON hub_trigrams(n.text) && asked.trigrams OR lower(n.text) LIKE '%%' || lower(%(pattern)s) || '%%'
    CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM unnest(hub_trigrams(n.text)) t WHERE t = ANY (asked.trigrams)
    ) shared
), best AS (
    -- One row per label; of equally good names its own comes before a synonym.
    SELECT DISTINCT ON (b.label_id) b.label_id, b.text, b.rank, b.similarity, b.text = l.name AS own, l.name
    FROM likeness b JOIN hub_label l ON l.id = b.label_id
    ORDER BY b.label_id, b.rank, b.similarity DESC, own DESC, b.text
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY rank = 3 ORDER BY rank, similarity DESC, name, label_id) AS place
    FROM best
)
SELECT n.label_id, n.text AS matched, n.rank, n.similarity, coalesce(s.n, 0) AS images
FROM numbered n
LEFT JOIN hub_labelstat s ON s.label_id = n.label_id AND s.facet = 'images' AND s.value = ''
WHERE n.place <= CASE WHEN n.rank = 3 THEN %(candidates)s ELSE %(limit)s END
ORDER BY n.rank, n.similarity DESC, n.name, n.label_id
