-- Which labels have a name or synonym like this text, and what did each match? Rank 0: the very name, 1: it begins so,
-- 2: a later word begins so, 3: shares trigrams. Rank 3 has its own limit: Python keeps the small misspellings of it.
WITH asked AS MATERIALIZED (
    SELECT hub_trigrams(%(text)s) AS trigrams
), alike AS (
    SELECT label_id, text FROM hub_labelname WHERE hub_trigrams(text) && (SELECT trigrams FROM asked)
    UNION ALL
    -- Whatever has a word that begins so shares its first trigram. Without letters and figures there are none.
    SELECT label_id, text FROM hub_labelname
    WHERE (SELECT trigrams = '{}' FROM asked) AND lower(text) LIKE '%%' || lower(%(pattern)s) || '%%'
), found AS MATERIALIZED (
    SELECT label_id, text, btrim(regexp_replace(lower(text), '[^[:alnum:]]+', ' ', 'g')) AS words FROM alike
), likeness AS (
    -- A name of n characters has n + 1 trigrams. They are counted, not made: of thousands that takes a second.
    SELECT f.label_id, f.text,
           CASE WHEN lower(f.text) = lower(%(text)s) THEN 0
                WHEN lower(f.text) LIKE lower(%(pattern)s) || '%%' THEN 1
                WHEN lower(f.text) ~ ('[^[:alnum:]]' || lower(%(regex)s)) THEN 2
                ELSE 3 END AS rank,
           shared.n::float / greatest(length(f.words) + 1 + cardinality(asked.trigrams) - shared.n, 1) AS similarity
    FROM found f
    CROSS JOIN asked
    CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM unnest(asked.trigrams) t WHERE strpos('  ' || replace(f.words, ' ', '  ') || ' ', t) > 0
    ) shared
), best AS (
    -- One row per label; of equally good names its own comes before a synonym.
    SELECT DISTINCT ON (b.label_id) b.*, b.text = l.name AS own, l.name
    FROM likeness b JOIN hub_label l ON l.id = b.label_id
    ORDER BY b.label_id, b.rank, b.similarity DESC, own DESC, b.text
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY rank = 3 ORDER BY rank, similarity DESC, name, label_id) AS position
    FROM best
)
SELECT n.label_id, n.text AS matched, n.rank, n.similarity, coalesce(s.n, 0) AS images
FROM numbered n
LEFT JOIN hub_labelstat s ON s.label_id = n.label_id AND s.facet = 'images' AND s.value = ''
WHERE n.position <= CASE WHEN n.rank = 3 THEN %(candidates)s ELSE %(limit)s END
ORDER BY n.rank, n.similarity DESC, n.name, n.label_id
