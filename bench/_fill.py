"""A catalogue of a million images, made in Postgres in minutes: rows as the hub would write them, of no files."""

import time
from pathlib import Path

SQL = Path(__file__).parent / "sql"
SUPPLIERS, CELLS, BATCH = 500, 2000, 50

# Label n gets a share of about 1/n of the images; suppliers and cells are skewed alike.
FILL = """
SELECT setseed(0.5);
CREATE TEMP TABLE bench_label AS
    SELECT id, row_number() OVER (ORDER BY md5(id::text)) AS place, count(*) OVER () AS labels
    FROM hub_label l WHERE NOT EXISTS (SELECT FROM hub_labeledge e WHERE e.parent_id = l.id AND e.kind = 'kind');
INSERT INTO hub_account (username, password, email, first_name, last_name, credit, plan, invented, is_staff,
                         is_superuser, is_active, date_joined, suspended_for, muted)
    SELECT 'supplier' || n, '!', '', '', '', '', 'free', true, false, false, true, now(), '', '{}'
    FROM generate_series(1, %(suppliers)s) AS n;
INSERT INTO hub_place (query, "row", "column", country_code, country, region, city, source)
    SELECT '', 200 + n %% 480, (n * 37) %% 1800,
           chr(65 + (n %% 130) / 26) || chr(65 + n %% 26), 'Country ' || n %% 130, 'Region ' || n, 'City ' || n,
           'offline'
    FROM generate_series(1, %(cells)s) AS n;
INSERT INTO hub_batch (supplier_id, label_id, licence, credit, precision, use_photo_place, place_id, drawn, created_at,
                       received, accepted, duplicate, rejected, review, failed, withdrawn, agreement)
    SELECT (SELECT min(id) FROM hub_account) + floor(%(suppliers)s * power(random(), 2))::integer,
           l.id, (ARRAY['CC-BY-4.0', 'CC-BY-4.0', 'CC0-1.0', 'CC-BY-SA-4.0'])[1 + floor(random() * 4)::integer],
           'somebody', p.precision, false,
           CASE WHEN p.precision <> 'hidden'
                THEN (SELECT min(id) FROM hub_place) + floor(%(cells)s * power(random(), 2))::integer END,
           false, now() - interval '3 years' * (1 - n::float / %(batches)s), 0, %(batch)s, 0, 0, 0, 0, 0, ''
    FROM generate_series(1, %(batches)s) AS n
    CROSS JOIN LATERAL (
        SELECT floor(power((SELECT max(labels) FROM bench_label), random() + 0 * n))::integer AS place
    ) AS z
    JOIN bench_label l ON l.place = z.place
    CROSS JOIN LATERAL (
        SELECT (ARRAY['open', 'open', 'open', 'region', 'hidden'])[1 + floor(random() * 5 + 0 * n)::int] AS precision
    ) AS p
    ORDER BY n;
INSERT INTO hub_image (sha256, pixels_sha256, format, size, width, height, supplier_id, batch_id, licence, credit,
                       precision, place_id, drawn, dark, light, entropy, sharpness, flags, tint, created_at,
                       compared_at, removed_for)
    SELECT encode(sha256(i::text::bytea), 'hex'), encode(sha256(('p' || i)::bytea), 'hex'), 'JPEG', 2000000,
           (400 + 3600 * random())::integer, (400 + 2600 * random())::integer, b.supplier_id, b.id, b.licence, b.credit,
           b.precision, b.place_id, false, 0.9, 0.1, 7, 100,
           CASE WHEN random() < 0.05 THEN ARRAY['blurry'] WHEN random() < 0.05 THEN ARRAY['dark'] ELSE '{}'
           END::varchar[],
           floor(random() * 16777216)::integer, b.created_at + i * interval '1 second', now(), ''
    FROM hub_batch b, generate_series(1, %(batch)s) AS k, LATERAL (SELECT b.id * %(batch)s + k AS i) AS numbered
    ORDER BY b.id, k;
INSERT INTO hub_annotation (image_id, label_id, account_id, verdict, conflicting, final, created_at)
    SELECT i.id, b.label_id, i.supplier_id, 'yes', false, false, i.created_at
    FROM hub_image i JOIN hub_batch b ON b.id = i.batch_id;
INSERT INTO hub_twin (first_id, second_id, bits)
    SELECT id, id + 1, 40 FROM hub_image WHERE id %% 50 = 1 AND id < (SELECT max(id) FROM hub_image);
UPDATE hub_image i SET group_id = t.first_id FROM hub_twin t WHERE t.second_id = i.id;
INSERT INTO hub_rendition (image_id, side, extension, sha256, size, crc32, width, height)
    SELECT id, 224, 'jpg', sha256, 10000 + id %% 10000, id, 300, 224 FROM hub_image;
DROP TABLE bench_label;
"""
FINGERPRINTS = """
ALTER TABLE hub_mirror DROP CONSTRAINT hub_mirror_image_id_fkey;
ALTER TABLE hub_fingerprint DROP CONSTRAINT hub_fingerprint_image_id_fkey;
DROP INDEX fingerprints_by_band;
INSERT INTO hub_fingerprint SELECT id, ('x' || sha256)::bit(256) FROM hub_image;
INSERT INTO hub_mirror SELECT id, ('x' || pixels_sha256)::bit(256) FROM hub_image;
ANALYZE;
"""


def fill(images: int, labels: int = 0, *, lively: bool = False) -> None:
    """Make the catalogue, and its counts by the hub's own function.

    `labels`: as many as there shall be at least (else the starter set alone). `lively`: with verdicts, submissions,
    refusals, withdrawals and the ledger of jobs, so that the audit of rows finds nothing wrong.
    """
    from django.core.management import call_command

    call_command("load_labels", verbosity=0)
    numbers = {"suppliers": SUPPLIERS, "cells": CELLS, "batch": BATCH, "batches": images // BATCH}
    step("labels", text("labels"), {"labels": labels})
    step("rows", "SET jit = off; " + FILL, numbers)
    if lively:
        step("lives", text("lives"))
    step("statistics", "ANALYZE")
    step("counts", "SELECT hub_recount()")
    step("map", "VACUUM ANALYZE")
    step("rest", "SET jit = on")  # as a server has it by default


def text(name: str) -> str:
    """A file of bench/sql."""
    return (SQL / f"{name}.sql").read_text()


def step(name: str, statement: str, numbers: dict[str, int] | None = None) -> None:
    """Do it, and say how long it took where that was long."""
    from django.db import connection

    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(statement, numbers)
    if (seconds := time.perf_counter() - start) > 1:
        print(f"{name} made in {seconds:.0f} s", flush=True)


def fingerprints() -> None:
    """Give every image a fingerprint, so that the nearest pair across splits is looked for too."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINTS)
