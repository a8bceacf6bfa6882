"""Home and label pages over a million catalogued images: server time, in process, and what makes it."""

import argparse
import statistics
import time

from bench._database import scratch

GOAL = 100.0  # ms, p95
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
SIZED = """
SELECT l.slug, s.n FROM hub_label l JOIN hub_labelstat s ON s.label_id = l.id AND s.facet = 'images' ORDER BY s.n DESC
"""


def run(argv: list[str]) -> None:
    """Fill a database of our own, ask for every page again and again."""
    parser = argparse.ArgumentParser(prog="pages")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--explain", action="store_true", help="show the queries of each page that take over 10 ms")
    options = parser.parse_args(argv)
    with scratch("pages"):
        fill(options.images)
        worst = measure(options.times, options.explain)
    print(f"pages: {worst:.0f} ms (goal {GOAL:.0f})")


def fill(images: int) -> None:
    """Make the catalogue, and its counts by the hub's own function."""
    from django.core.management import call_command
    from django.db import connection

    call_command("load_labels", verbosity=0)
    numbers = {"suppliers": SUPPLIERS, "cells": CELLS, "batch": BATCH, "batches": images // BATCH}
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
        steps = (
            ("rows", FILL),
            ("statistics", "ANALYZE"),
            ("counts", "SELECT hub_recount()"),
            ("map", "VACUUM ANALYZE"),
        )
        for name, statement in steps:
            start = time.perf_counter()
            cursor.execute(statement, numbers if statement is FILL else None)
            print(f"{name} made in {time.perf_counter() - start:.0f} s", flush=True)
        cursor.execute("SET jit = on")  # as a server has it by default


def addresses() -> list[tuple[str, str]]:
    """What is asked: pages of the most, a middling and a rare label among others, with a name for the table."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(SIZED)
        labels = cursor.fetchall()
    leaves = [labels[0], labels[len(labels) // 2], labels[-1]]
    pages = [
        ("home", "/"),
        ("labels", "/labels/"),
        ("labels, tree", "/labels/?view=tree"),
        ("search", "/labels/?q=valv"),
    ]
    for slug, n in leaves:
        name, page = f"{slug} ({n:,})", f"/labels/{slug}/"
        pages += [(name, page), (f"{name}, direct", f"{page}?scope=direct"), (f"{name}, blurry", f"{page}?flag=blurry")]
        pages += [(f"{name}, licence", f"{page}?licence=CC0-1.0"), (f"{name}, later", f"{page}?before={deep(slug)}")]
        pages += [(f"{name}, two filters", f"{page}?licence=CC0-1.0&country={country()}&flag=dark")]
        pages += [(f"{name}, one supplier", f"{page}?supplier={supplier()}")]
    return [*pages, ("image", f"/images/{digest()}/")]


def deep(slug: str) -> int:
    """The id of an image in the middle of a label."""
    from hub.models import ImageLabel

    rows = ImageLabel.objects.filter(label__slug=slug).order_by("-image")
    return rows[rows.count() // 2].image_id


def country() -> str:
    from hub.models import LabelStat

    return LabelStat.objects.filter(label=None, facet="country").order_by("n").values_list("value", flat=True)[20]


def supplier() -> str:
    from hub.models import LabelStat

    return LabelStat.objects.filter(label=None, facet="supplier").order_by("n").values_list("value", flat=True)[20]


def digest() -> str:
    from hub.models import Image

    return Image.objects.order_by("-id").values_list("sha256", flat=True)[1000]


def measure(times: int, explain: bool) -> float:
    """A table of p50, p95 and queries; the slowest p95 in ms."""
    from django.test import Client

    browser, worst = Client(), 0.0
    print(f"\n{'page':<44}{'status':>7}{'p50 ms':>9}{'p95 ms':>9}{'Python':>9}{'SQL ms':>9}{'queries':>9}{'KB':>7}")
    for name, address in addresses():
        answer = browser.get(address)
        start = time.process_time()
        took = sorted(milliseconds(browser, address) for _ in range(times))
        busy = (time.process_time() - start) * 1000 / times
        late = took[int(times * 0.95)]
        queries = asked(browser, address)
        spent = 1000 * sum(float(query["time"]) for query in queries)
        print(
            f"{name:<44}{answer.status_code:>7}{statistics.median(took):>9.1f}{late:>9.1f}"
            f"{busy:>9.1f}{spent:>9.0f}{len(queries):>9}{len(answer.content) // 1024:>7}"
        )
        for query in queries if explain else ():
            if float(query["time"]) > 0.01:
                show(query)
        worst = max(worst, late)
    return worst


def milliseconds(browser, address: str) -> float:
    start = time.perf_counter()
    browser.get(address)
    return (time.perf_counter() - start) * 1000


def asked(browser, address: str) -> list[dict[str, str]]:
    """The queries of one page with their seconds."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        browser.get(address)
    return list(captured.captured_queries)


def show(query: dict[str, str]) -> None:
    """One slow query and its plan."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {query['sql'].replace('%', '%%')}", [])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    print(f"  {query['time']} s: {query['sql'][:1500]}\n{plan}\n")
