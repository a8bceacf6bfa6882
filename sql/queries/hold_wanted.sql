-- May we count who wants these labels, alone to the end of the transaction? As hub_make_wanted asks, in one order.
SELECT pg_advisory_xact_lock(hashtextextended('wanted ' || label, 7236003))
FROM (SELECT DISTINCT unnest(%(labels)s::bigint[]) AS label) AS l ORDER BY label
