-- For which reason was a file, its pixels, or a picture within `most` bits of it (or of its mirror image) taken down?
-- Removals are few, and each is looked at: bytes have no operator that counts where they differ.
SELECT r.reason
FROM hub_removal r
WHERE r.lifted_at IS NULL
  AND (r.sha256 = %(sha256)s
       OR r.pixels_sha256 = %(pixels)s
       OR (length(r.fingerprint) = 32 AND %(plain)s <> ''
           AND least(hub_apart(('x' || encode(r.fingerprint, 'hex'))::bit(256), %(plain)s::bit(256)),
                     hub_apart(('x' || encode(r.mirrored, 'hex'))::bit(256), %(plain)s::bit(256))) <= %(most)s))
ORDER BY r.sha256 = %(sha256)s DESC, r.id
LIMIT 1
