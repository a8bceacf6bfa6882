-- Two thousand public datasets, models and trainings, like the ones the hub itself made (`small`, `model`), for lists.
CREATE TEMP TABLE bench_owner AS
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM hub_account WHERE username LIKE 'reviewer%%';
CREATE TEMP TABLE bench_dataset AS
    SELECT nextval(pg_get_serial_sequence('hub_dataset', 'id')) AS id,
           nextval(pg_get_serial_sequence('hub_datasetversion', 'id')) AS version,
           nextval(pg_get_serial_sequence('hub_trainedmodel', 'id')) AS model, n
    FROM generate_series(1, 2000) AS n;
INSERT INTO hub_dataset (id, owner_id, name, description, public, selection, created_at)
    SELECT b.id, o.id, 'Dataset ' || b.n, '', b.n %% 2 = 0, v.selection, now() - b.n * interval '1 hour'
    FROM bench_dataset b JOIN bench_owner o ON o.place = b.n %% 300, hub_datasetversion v WHERE v.id = %(small)s;
INSERT INTO hub_datasetversion (id, dataset_id, number, state, reason, detail, selection, digest, header, images, groups,
                                created_at, frozen_at)
    SELECT b.version, b.id, 1, 'ready', '', '{}', v.selection, encode(sha256(('version' || b.n)::bytea), 'hex'), v.header,
           v.images, v.groups, now(), now()
    FROM bench_dataset b, hub_datasetversion v WHERE v.id = %(small)s;
INSERT INTO hub_datasetmember (version_id, image_id, labels, split, fold, verified, group_id)
    SELECT b.version, m.image_id, m.labels, m.split, m.fold, m.verified, m.group_id
    FROM bench_dataset b, hub_datasetmember m WHERE m.version_id = %(small)s ORDER BY 1, 2;
INSERT INTO hub_contribution (supplier_id, version_id, images)
    SELECT c.supplier_id, b.version, c.images FROM bench_dataset b, hub_contribution c WHERE c.version_id = %(small)s;
INSERT INTO hub_trainedmodel (id, recipe, digest, backbone, method, hyperparameters, labels, label_ids, metrics, accuracy,
                              images, seconds, downloads)
    SELECT b.model, encode(sha256(('model' || b.n)::bytea), 'hex'), encode(sha256(('version' || b.n)::bytea), 'hex'),
           m.backbone, m.method, m.hyperparameters, m.labels, m.label_ids, m.metrics, m.accuracy, m.images, m.seconds, 3
    FROM bench_dataset b, hub_trainedmodel m WHERE m.id = %(model)s;
INSERT INTO hub_modelfile (model_id, name, size, sha256, gap, downloads)
    SELECT b.model, f.name, f.size, f.sha256, f.gap, 0 FROM bench_dataset b, hub_modelfile f WHERE f.model_id = %(model)s;
INSERT INTO hub_trainingrequest (owner_id, version_id, backbone, method, hyperparameters, state, reason, detail, phase, done,
                                 total, early, cancelling, checkpoint, model_id, mail, estimate, finished_at)
    SELECT o.id, b.version, m.backbone, m.method, m.hyperparameters, 'ready', '', '{}', '', 0, 0, '{}', false, '', b.model,
           true, 300, now()
    FROM bench_dataset b JOIN bench_owner o ON o.place = b.n %% 300, hub_trainedmodel m WHERE m.id = %(model)s;
INSERT INTO hub_trainingepoch (request_id, number, phase, loss, accuracy, seconds)
    SELECT r.id, n, 'head', 1.0 / n, 1 - 0.5 / n, 3 FROM hub_trainingrequest r, generate_series(1, 20) AS n
    WHERE r.state = 'ready';
INSERT INTO hub_acquisition (model_id, account_id)
    SELECT b.model, o.id FROM bench_dataset b JOIN bench_owner o ON o.place %% 2000 = b.n - 1;
INSERT INTO hub_download (account_id, digest)
    SELECT o.id, encode(sha256(('version' || b.n)::bytea), 'hex')
    FROM bench_dataset b JOIN bench_owner o ON o.place %% 2000 = b.n - 1;
INSERT INTO hub_archive (recipe, digest, format, side, tombstones, without, state, reason, size, sha256, done, ready_at,
                         downloads, waiting)
    SELECT encode(sha256(('recipe' || b.n)::bytea), 'hex'), encode(sha256(('version' || b.n)::bytea), 'hex'),
           'imagefolder', 224, 0, '', 'ready', '', 1000000, encode(sha256(('archive' || b.n)::bytea), 'hex'), 1000000,
           now(), 0, '{}'
    FROM bench_dataset b;
DROP TABLE bench_owner, bench_dataset;
