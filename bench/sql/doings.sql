-- What else a hub of this size holds: wishes, notices, reports, doubts, decisions, tokens. After lives.sql.
INSERT INTO hub_watch (account_id, label_id, wanted, note)
    SELECT p.id, l.id, 100 + p.place % 900, 'in every light' FROM bench_person p
    JOIN bench_kind l ON l.place = p.place * 13 % l.kinds WHERE p.place < 3000;
INSERT INTO hub_shortfall (account_id, label_id, source, wanted)
    SELECT p.id, l.id, CASE WHEN p.place % 2 = 0 THEN 'selection' ELSE 'training' END, 20 + p.place % 80
    FROM bench_person p JOIN bench_kind l ON l.place = p.place * 29 % l.kinds WHERE p.place % 5 = 0;
INSERT INTO hub_subscription (account_id, label_id, pinned)
    SELECT b.supplier_id, b.label_id, min(b.id) % 50 = 0 FROM hub_batch b WHERE b.id % 5 = 0 GROUP BY 1, 2;
INSERT INTO hub_notice (account_id, kind, key, about, created_at, seen_at, mailed_at)
    SELECT supplier_id, 'batch_done', 'batch:' || id,
           jsonb_build_object('batch', id, 'label', 'Valve', 'accepted', accepted, 'total', 50, 'left', 0),
           created_at, CASE WHEN id % 3 <> 0 THEN created_at END, created_at
    FROM hub_batch;
INSERT INTO hub_report (image_id, account_id, reason, note, state, decided_at)
    SELECT i.id, p.id, 'private', 'A face.', CASE WHEN i.id % 1000 = 11 THEN 'open' ELSE 'kept' END,
           CASE WHEN i.id % 1000 <> 11 THEN now() END
    FROM hub_image i JOIN bench_person p ON p.place = i.id * 3 % 5000 WHERE i.id % 500 = 11;
INSERT INTO hub_doubt (image_id, label_id, account_id, state, share, decided_at)
    SELECT c.image_id, c.label_id, CASE WHEN c.image_id % 400 = 13 THEN p.id END,
           CASE WHEN c.image_id % 1000 < 500 THEN 'open' ELSE 'kept' END,
           CASE WHEN c.image_id % 400 <> 13 THEN 0.9 END, CASE WHEN c.image_id % 1000 >= 500 THEN now() END
    FROM hub_claim c JOIN bench_person p ON p.place = c.image_id * 3 % 5000
    WHERE c.image_id % 200 = 13 AND c.state = 'asking';
INSERT INTO hub_decision (actor_id, kind, subject, reason, detail, decided_at)
    SELECT p.id, 'kept_label', 'image:' || i.sha256, '', '{}', i.created_at
    FROM hub_image i JOIN bench_person p ON p.place = i.id / 50 % 20 WHERE i.id % 50 = 17;
INSERT INTO hub_goldanswer (account_id, image_id, label_id, truth, verdict)
    SELECT p.id, c.image_id, c.label_id, true, CASE WHEN c.image_id % 9 = 0 THEN 'no' ELSE 'yes' END
    FROM hub_claim c JOIN bench_person p ON p.place = c.image_id * 11 % 500
    WHERE c.state = 'verified' AND c.image_id % 50 = 20;
INSERT INTO hub_labelproposal (name, proposer_id, why, state, created_at)
    SELECT 'Proposal ' || place, id, 'I have many.', 'open', now() FROM bench_person WHERE place < 500;
INSERT INTO hub_token (account_id, name, scopes, sha256, hint)
    SELECT id, 'notebook', ARRAY['read', 'give'], encode(sha256(('token' || id)::bytea), 'hex'), 'dih_abcd'
    FROM hub_account;
INSERT INTO hub_idempotencykey (account_id, key, request_sha256, status, body)
    SELECT id, 'key-' || place, encode(sha256(('request' || id)::bytea), 'hex'), 201, '{}'
    FROM bench_person, generate_series(1, 4) AS n WHERE place % 4 = n - 1;
INSERT INTO hub_neighbour (image_id, other_id, similarity, near)
    SELECT i.id, o.id, 0.9 - k * 0.02, k < 4
    FROM hub_image i, generate_series(1, 10) AS k, LATERAL (SELECT id FROM hub_image WHERE id = i.id + k * 7) AS o
    JOIN hub_image live ON live.id = o.id AND live.withdrawn_at IS NULL
    WHERE i.id % 20 = 9 AND i.withdrawn_at IS NULL;
DROP TABLE bench_person, bench_kind;
