-- For which reason was a file, its pixels, or a picture within `most` bits of it (or of its mirror image) taken down?
SELECT r.reason
FROM hub_removal r
WHERE r.lifted_at IS NULL
  AND r.id IN (SELECT id FROM hub_removal WHERE sha256 = %(sha256)s
               UNION ALL SELECT id FROM hub_removal WHERE pixels_sha256 = %(pixels)s
               UNION ALL SELECT id FROM hub_removed_near(nullif(%(plain)s, '')::bit(256), %(most)s))
ORDER BY r.sha256 = %(sha256)s DESC, r.id
LIMIT 1
