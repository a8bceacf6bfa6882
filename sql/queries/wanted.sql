-- Which labels are wanted, those an account has pinned and then those that lack most first, and what is there of them?
-- Of all labels, of some, of those under one, or of those the account wants or gives.
SELECT w.label_id AS label, w.people, w.wanted, w.wanted - have.groups AS missing, have.groups,
       have.suppliers, have.countries, s.id IS NOT NULL AS subscribed, coalesce(s.pinned, false) AS pinned
FROM hub_wanted w
CROSS JOIN LATERAL (
    SELECT coalesce(max(n) FILTER (WHERE facet = 'groups'), 0) AS groups,
           count(*) FILTER (WHERE facet = 'supplier') AS suppliers,
           count(*) FILTER (WHERE facet = 'country') AS countries
    FROM hub_labelstat t
    WHERE t.label_id = w.label_id AND t.facet IN ('groups', 'supplier', 'country') AND t.n > 0
) AS have
LEFT JOIN hub_subscription s ON s.label_id = w.label_id AND s.account_id = %(account)s::bigint
WHERE w.wanted > have.groups
  AND (%(labels)s::bigint[] IS NULL OR w.label_id = ANY (%(labels)s))
  AND (%(under)s::bigint IS NULL OR EXISTS (
          SELECT FROM hub_labelpath p WHERE p.descendant_id = w.label_id AND p.ancestor_id = %(under)s))
  AND (NOT %(mine)s
       OR EXISTS (SELECT FROM hub_wish o WHERE o.label_id = w.label_id AND o.account_id = %(account)s)
       OR EXISTS (SELECT FROM hub_labelpath p JOIN hub_subscription o ON o.label_id = p.ancestor_id
                  WHERE p.descendant_id = w.label_id AND o.account_id = %(account)s))
  AND (%(after)s::bigint[] IS NULL
       OR ARRAY[1 - coalesce(s.pinned, false)::integer, have.groups - w.wanted, -w.people, w.label_id]
          > %(after)s::bigint[])
ORDER BY pinned DESC, missing DESC, w.people DESC, w.label_id
LIMIT %(limit)s
