"""Home and label pages over a million catalogued images: server time, in process, and what makes it."""

import argparse
import statistics
import time

from bench._database import scratch
from bench._fill import fill
from bench._watching import plan

GOAL = 100.0  # ms, p95
SIZED = """
SELECT l.slug, s.n FROM hub_label l JOIN hub_labelstat s ON s.label_id = l.id AND s.facet = 'images'
WHERE s.n > 0 ORDER BY s.n DESC
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
                plan(name, query)
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
