-- What became of the files that were decided in the last so many hours? From the index alone.
SELECT state, reason, count(*) AS n
FROM hub_submission
WHERE decided_at > now() - make_interval(hours => %(hours)s)
GROUP BY state, reason
ORDER BY n DESC, state, reason
