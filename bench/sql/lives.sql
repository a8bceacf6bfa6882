-- What people did with the catalogue of bench/_fill.py, before it is counted: verdicts, files, withdrawals, jobs.
SELECT setseed(0.25);
-- No trigger for each of millions of rows, nor a look at what each refers to: what they keep is made below, at once.
SET session_replication_role = replica;
UPDATE hub_account SET invented = false, trusted_at = now();
INSERT INTO hub_account (username, password, email, first_name, last_name, credit, plan, invented, is_staff,
                         is_superuser, is_active, date_joined, suspended_for, muted, trusted_at, suspended_at)
    SELECT 'reviewer' || n, '!', 'reviewer' || n || '@example.org', '', '', '', CASE WHEN n % 10 = 0 THEN 'premium' ELSE 'free' END,
           false, false, false, true, now() - n * interval '1 hour', CASE WHEN n % 500 = 0 THEN 'spam' ELSE '' END, '{}',
           CASE WHEN n % 7 <> 0 THEN now() END, CASE WHEN n % 500 = 0 THEN now() END
    FROM generate_series(1, 5000) AS n;
-- Two tables that doings.sql reads, too.
CREATE TEMP TABLE bench_person AS
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM hub_account WHERE username LIKE 'reviewer%';
CREATE UNIQUE INDEX ON bench_person (place);
CREATE TEMP TABLE bench_kind AS
    SELECT l.id, row_number() OVER (ORDER BY md5(l.id::text)) - 1 AS place, count(*) OVER () AS kinds FROM hub_label l
    WHERE NOT EXISTS (SELECT FROM hub_labeledge e WHERE e.parent_id = l.id AND e.kind = 'kind');
CREATE UNIQUE INDEX ON bench_kind (place);
-- One image in ten has verdicts: most say yes, some no, a few cannot tell; one in a thousand was decided for good.
INSERT INTO hub_annotation (image_id, label_id, account_id, verdict, conflicting, final, created_at)
    SELECT a.image_id, a.label_id, p.id,
           CASE WHEN a.image_id % 1000 = 0 THEN 'unsure' WHEN a.image_id % 100 = 0 THEN 'no' ELSE 'yes' END,
           false, a.image_id % 1000 = 10 AND k = 1, a.created_at + k * interval '1 day'
    FROM hub_annotation a, generate_series(1, 3) AS k,
         LATERAL (SELECT id FROM bench_person WHERE place = (a.image_id / 10 * 7 + k * 1237) % 5000) AS p
    WHERE a.image_id % 10 = 0;
-- One in twenty shows a second label; one in five hundred was given again under one that does not agree.
INSERT INTO hub_annotation (image_id, label_id, account_id, verdict, conflicting, final, created_at)
    SELECT a.image_id, l.id, CASE WHEN a.image_id % 500 = 3 THEN p.id ELSE a.account_id END, 'yes', a.image_id % 500 = 3,
           false, a.created_at
    FROM hub_annotation a,
         LATERAL (SELECT id FROM bench_kind WHERE place = a.image_id * 31 % kinds) AS l,
         LATERAL (SELECT id FROM bench_person WHERE place = a.image_id * 17 % 5000) AS p
    WHERE (a.image_id % 20 = 7 OR a.image_id % 500 = 3) AND NOT a.final AND a.verdict = 'yes'
      AND l.id <> a.label_id
    ON CONFLICT DO NOTHING;
INSERT INTO hub_rendition (image_id, side, extension, sha256, size, crc32, width, height)
    SELECT id, side, 'jpg', encode(sha256((side || sha256)::bytea), 'hex'), side * 100 + id % 10000, id, side, side * 3 / 4
    FROM hub_image, unnest(ARRAY[1024, 299, 100]) AS side ORDER BY id, side;
-- One in a hundred was taken back, every tenth of those taken down.
UPDATE hub_image SET withdrawn_at = now() - interval '30 days' * random(),
                     removed_for = CASE WHEN id % 1000 = 50 THEN 'private' ELSE '' END
WHERE id % 100 = 50;
INSERT INTO hub_submission (batch_id, label_id, filename, sha256, size, incoming, state, reason, detail, image_id, twin_id,
                            preview_sha256, "distinct", cleared, appeal, created_at, decided_at)
    SELECT b.id, b.label_id, 'photo-' || i.id || '.jpg', i.sha256, i.size, '',
           CASE WHEN i.withdrawn_at IS NULL THEN 'accepted' ELSE 'withdrawn' END,
           CASE WHEN i.withdrawn_at IS NULL THEN '' WHEN i.removed_for = '' THEN 'withdrawn' ELSE 'taken_down' END,
           '{}', i.id, NULL, '', false, false, '', i.created_at, i.created_at + interval '2 seconds'
    FROM hub_image i JOIN hub_batch b ON b.id = i.batch_id ORDER BY i.id;
-- Beside them, three files in a hundred came to nothing, each for a reason, and some of these wait for somebody.
INSERT INTO hub_submission (batch_id, label_id, filename, sha256, size, incoming, state, reason, detail, image_id, twin_id,
                            preview_sha256, "distinct", cleared, appeal, appealed_at, created_at, decided_at)
    SELECT i.batch_id, b.label_id, 'other-' || i.id || '.jpg', encode(sha256(('other' || i.id)::bytea), 'hex'), 2000000,
           '', s.state, s.reason, '{}', NULL, CASE WHEN s.state IN ('duplicate', 'review') THEN i.id END, '', false, false,
           CASE WHEN s.reason = 'same_picture' AND i.id % 1000 = 66 THEN 'It is another photo.' ELSE '' END,
           CASE WHEN s.reason = 'same_picture' AND i.id % 1000 = 66 THEN i.created_at END,
           i.created_at, i.created_at + interval '2 seconds'
    FROM hub_image i JOIN hub_batch b ON b.id = i.batch_id
    JOIN (VALUES (1, 'duplicate', 'same_bytes'), (2, 'duplicate', 'same_picture'), (3, 'rejected', 'truncated'),
                 (4, 'rejected', 'side_too_small'), (5, 'review', 'near_duplicate'), (6, 'review', 'new_account'),
                 (7, 'failed', 'our_failure'), (8, 'rejected', 'no_photo')) AS s(place, state, reason)
      ON s.place = 1 + i.id / 33 % CASE WHEN i.id % 5 = 0 THEN 8 ELSE 4 END
    WHERE i.id % 33 = 0 AND i.withdrawn_at IS NULL;
UPDATE hub_batch b SET accepted = s.accepted, duplicate = s.duplicate, rejected = s.rejected, review = s.review,
                       failed = s.failed, withdrawn = s.withdrawn
FROM (SELECT batch_id, count(*) FILTER (WHERE state = 'accepted') AS accepted,
             count(*) FILTER (WHERE state = 'duplicate') AS duplicate,
             count(*) FILTER (WHERE state = 'rejected') AS rejected, count(*) FILTER (WHERE state = 'review') AS review,
             count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn
      FROM hub_submission GROUP BY 1) AS s
WHERE s.batch_id = b.id;
-- The ledger keeps what was done for a month: here of half the images. What failed for good stays.
INSERT INTO hub_job (kind, subject, state, attempt, run_after, announced_at, created_at, finished_at, error)
    SELECT kind, id, 'done', 1, at, at, at, at + interval '2 seconds', ''
    FROM (SELECT id, now() - interval '29 days' * random() AS at FROM hub_image WHERE id % 2 = 0 ORDER BY id) AS i,
         unnest(ARRAY['ingest', 'relate']) AS kind;
INSERT INTO hub_job (kind, subject, state, attempt, finished_at, error)
    SELECT 'ingest', id, 'failed', 3, now(), 'ConnectionError' FROM hub_submission WHERE state = 'failed';
INSERT INTO hub_removal (sha256, pixels_sha256, fingerprint, mirrored, reason, removed_at)
    SELECT encode(sha256(('gone' || n)::bytea), 'hex'), encode(sha256(('gone pixels' || n)::bytea), 'hex'),
           sha256(('gone print' || n)::bytea), sha256(('gone mirror' || n)::bytea), 'private', now() - n * interval '1 hour'
    FROM generate_series(1, 10000) AS n;
INSERT INTO hub_removal (sha256, pixels_sha256, fingerprint, mirrored, reason, removed_at)
    SELECT sha256, pixels_sha256, decode(sha256, 'hex'), decode(pixels_sha256, 'hex'), 'private', withdrawn_at
    FROM hub_image WHERE removed_for <> '' ON CONFLICT DO NOTHING;
SET session_replication_role = origin;
