-- Which labels are wanted, those an account has pinned and then those that lack most first, and what is there of them?
-- Of all labels, of some, of those under one, or of those the account wants or gives.
WITH page AS (
    SELECT w.label_id, w.people, w.wanted, w.wanted - coalesce(there.n, 0) AS missing, coalesce(there.n, 0) AS groups,
           s.id IS NOT NULL AS subscribed, coalesce(s.pinned, false) AS pinned
    FROM hub_wanted w
    LEFT JOIN hub_labelstat there ON there.label_id = w.label_id AND there.facet = 'groups' AND there.value = ''
    LEFT JOIN hub_subscription s ON s.label_id = w.label_id AND s.account_id = %(account)s::bigint
    WHERE w.wanted > coalesce(there.n, 0)
      AND (%(labels)s::bigint[] IS NULL OR w.label_id = ANY (%(labels)s))
      AND (%(under)s::bigint IS NULL OR EXISTS (
              SELECT FROM hub_labelpath p WHERE p.descendant_id = w.label_id AND p.ancestor_id = %(under)s))
      AND (NOT %(mine)s
           OR EXISTS (SELECT FROM hub_wish o WHERE o.label_id = w.label_id AND o.account_id = %(account)s)
           OR EXISTS (SELECT FROM hub_labelpath p JOIN hub_subscription o ON o.label_id = p.ancestor_id
                      WHERE p.descendant_id = w.label_id AND o.account_id = %(account)s))
      AND (%(after)s::bigint[] IS NULL
           OR ARRAY[1 - coalesce(s.pinned, false)::integer, coalesce(there.n, 0) - w.wanted, -w.people, w.label_id]
              > %(after)s::bigint[])
    ORDER BY pinned DESC, missing DESC, w.people DESC, w.label_id
    LIMIT %(limit)s
)
-- Who gave and from where is counted of the labels of this page alone: a full label has a row for each of them.
SELECT page.label_id AS label, people, wanted, missing, groups, variety.suppliers, variety.countries, subscribed, pinned
FROM page
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE facet = 'supplier') AS suppliers,
           count(*) FILTER (WHERE facet = 'country') AS countries
    FROM hub_labelstat t
    WHERE t.label_id = page.label_id AND t.facet IN ('supplier', 'country') AND t.n > 0
) AS variety
ORDER BY pinned DESC, missing DESC, people DESC, page.label_id
