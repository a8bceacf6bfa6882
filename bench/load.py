"""Ten uploads a second, a hundred people on label pages, and wrk without a pause, against a whole hub on this machine.

Hub, Postgres, Redis, workers and the asking side share the machine's processors, and the table says who used how much.
The asking side is one thread of asyncio: about half a millisecond a request. It says how late it was itself (`lag`):
figures with a p95 of lag above 20 ms are worth little.
"""

import argparse
import asyncio
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from bench import _browsers, _givers, _pictures
from bench._database import scratch
from bench._furnish import furnish
from bench._hub import Costs, serving
from bench._table import headline, table

UPLOAD_GOAL, PAGE_GOAL = 1.0, 300.0  # s, ms: 95 of a hundred answers within
PATIENCE = 600  # s for the queue to drain
WAITED = """
SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at))
FROM hub_job WHERE kind = 'ingest' AND finished_at IS NOT NULL
"""
WRK = """
local paths = {%s}
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", paths[n %% #paths + 1], {["Accept-Encoding"] = "gzip"})
end
done = function(summary, latency, requests)
  io.write(string.format("p50 %%.0f ms, p95 %%.0f ms, p99 %%.0f ms\\n",
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
"""


def run(argv: list[str]) -> None:
    """Start a hub of its own, fill it, and ask."""
    parser = argparse.ArgumentParser(prog="load")
    parser.add_argument("--minutes", type=float, default=10, help="how long photos are given (10)")
    parser.add_argument("--rate", type=float, default=10, help="photos a second (10)")
    parser.add_argument("--browsers", type=int, default=100, help="people on label pages (100)")
    parser.add_argument("--looking", type=float, default=2, help="minutes they look (2)")
    parser.add_argument("--saturate", type=int, default=20, help="seconds of wrk -c100 (20; 0 for none)")
    parser.add_argument("--images", type=int, default=20_000, help="what the hub holds before (20,000)")
    parser.add_argument("--pictures", type=Path, help="a folder that keeps the pictures made for it")
    parser.add_argument("--port", type=int, default=18200)
    options = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended
    os.environ.setdefault("HUB_SECRET_KEY", secrets.token_urlsafe(50))  # what logs in here must hold there
    with tempfile.TemporaryDirectory(prefix="hub-load-") as folder, scratch("load"):
        photos = _pictures.make(options.pictures or Path(folder), int(options.rate * options.minutes * 60))
        people, labels = furnish(options.images)
        hub = f"http://127.0.0.1:{options.port}"
        with serving(options.port) as processes:
            spoke = []
            if photos:
                spoke.append(uploads(hub, people, labels, photos, options.rate, Costs(processes)))
            if options.browsers and options.looking:
                spoke.append(pages(hub, labels, options.browsers, options.looking * 60, Costs(processes)))
            if options.saturate:
                saturate(hub, labels, options.saturate, Costs(processes))
    for said in spoke:
        headline(*said)


class Watch(threading.Thread):
    """Looks every few seconds how many jobs wait, until it is told to end."""

    def __init__(self, every: float = 5) -> None:
        super().__init__(daemon=True)
        self.every, self.start_time, self.over = every, time.perf_counter(), threading.Event()
        self.seen: list[tuple[float, int]] = []

    def run(self) -> None:
        from django.db import connection

        while not self.over.wait(self.every):
            self.seen.append((time.perf_counter() - self.start_time, waiting()))
        connection.close()


def waiting() -> int:
    """How many jobs are not done, by the ledger."""
    from hub.models import Job

    return Job.objects.filter(state__in=("queued", "running")).count()


def uploads(hub, people, labels, photos, rate, costs) -> tuple[str, str, str, str]:
    """Give, wait until every job is done, and report."""
    watch = Watch()
    watch.start()
    answers, lag, spent = measured(_givers.give(hub, people, labels, photos, rate))
    drained = drain()
    watch.over.set()
    print(f"\n{len(photos)} photos at {rate:g}/s: {len(photos) / spent:.2f}/s in {spent:.0f} s; {lag}")
    report(answers, 1)
    print("jobs waiting: " + " ".join(f"{at:.0f}s:{n}" for at, n in thinned(watch.seen)))
    print(f"drained {drained:.1f} s after the last answer; {verdicts()}")
    bill(costs, spent + drained)
    late = percentile(answers.took.get("upload", [99]), 0.95)
    return "load: uploads", f"{late:.3f}", f"s at p95, {answers.wrong.total()} errors", f"{UPLOAD_GOAL:g}"


def drain() -> float:
    """Seconds until no job waits. Raises SystemExit when they never end."""
    from django.db import connection

    start = time.perf_counter()
    while waiting():
        if time.perf_counter() - start > PATIENCE:
            raise SystemExit(f"{waiting()} jobs still wait after {PATIENCE} s")
        time.sleep(0.2)
    connection.close()
    return time.perf_counter() - start


def verdicts() -> str:
    """What became of the files given, and how long the wait for a verdict was."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM hub_submission GROUP BY state ORDER BY count(*) DESC")
        states = ", ".join(f"{n} {state}" for state, n in cursor.fetchall())
        cursor.execute(WAITED)
        half, most = cursor.fetchone()[0] or (0, 0)
    return f"{states}; verdict after {half:.2f} s (p50), {most:.2f} s (p95)"


def pages(hub, labels, people, seconds, costs) -> tuple[str, str, str, str]:
    """Let people look at label pages, and report."""
    answers, lag, spent = measured(_browsers.browse(hub, [f"/labels/{slug}/" for slug in labels], people, seconds))
    print(f"\n{people} people for {spent:.0f} s, 1 to 5 s between two pages; {lag}")
    report(answers, spent)
    bill(costs, spent)
    late = 1000 * percentile(answers.took.get("label page", [99]), 0.95)
    return "load: label pages", f"{late:.0f}", f"ms at p95, {answers.wrong.total()} errors", f"{PAGE_GOAL:.0f}"


def measured(asking) -> tuple[_givers.Answers, str, float]:
    """The answers, how late the asking side itself was, and the seconds it took."""

    async def both():
        late: list[float] = []
        beat = asyncio.create_task(lags(late))
        answers = await asking
        beat.cancel()
        return answers, late

    start = time.perf_counter()
    answers, late = asyncio.run(both())
    return answers, f"lag p95 {1000 * percentile(late or [0], 0.95):.0f} ms", time.perf_counter() - start


async def lags(late: list[float]) -> None:
    """How much later than asked the event loop comes back."""
    while True:
        start = time.perf_counter()
        await asyncio.sleep(0.1)
        late.append(time.perf_counter() - start - 0.1)


def percentile(values: list[float], share: float) -> float:
    """The value below which this share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def report(answers: _givers.Answers, seconds: float) -> None:
    """A row for each thing asked."""
    head = ("ms", "answers", "p50", "p95", "p99", "most") + (("a second",) if seconds > 1 else ())
    rows: list[list[object]] = []
    for name, took in sorted(answers.took.items()):
        cells: list[object] = [name, len(took)]
        cells += [f"{1000 * percentile(took, share):.0f}" for share in (0.5, 0.95, 0.99, 1)]
        rows.append(cells + ([f"{len(took) / seconds:.1f}"] if seconds > 1 else []))
    table(head, rows)
    for what, n in answers.wrong.most_common(10):
        print(f"went wrong: {what}: {n} times")


def bill(costs: Costs, seconds: float) -> None:
    """Who used the processors."""
    spent = costs.so_far()
    print("CPU: " + ", ".join(f"{name} {cpu / seconds:.2f}" for name, cpu in spent.items() if cpu > 0.005 * seconds))


def thinned(seen: list[tuple[float, int]], most: int = 24) -> list[tuple[float, int]]:
    return seen[:: max(1, -(-len(seen) // most))]


def saturate(hub: str, labels: list[str], seconds: int, costs: Costs) -> None:
    """wrk with a hundred connections that ask for label pages and never think: what the web can do at most."""
    if not shutil.which("wrk"):
        print("\nwrk is not installed: what the web can do at most was not measured")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK % ", ".join(f'"/labels/{slug}/"' for slug in labels))
        script.flush()
        command = ["wrk", "-t1", "-c100", f"-d{seconds}s", "--timeout", "30s", "-s", script.name, hub]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    print(f"\nwrk, 100 connections without a pause, for {seconds} s")
    print("\n".join(line for line in said.splitlines() if re.search(r"p95|Requests/sec|Non-2xx|errors", line)))
    bill(costs, seconds)
