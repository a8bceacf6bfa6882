"""Photos per second from `manage.py simulate` to the last verdict, by worker processes, and where the time goes."""

import argparse
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench._database import scratch
from bench._table import table

GOAL = 10.0  # photos a second on two cores, everything on one machine


def run(argv: list[str]) -> None:
    """Give real photos (HUB_SAMPLE_DATA) or drawn ones to a hub of the benchmark's own."""
    parser = argparse.ArgumentParser(prog="simulate")
    parser.add_argument("--photos", help="a folder of folders (default: the sample data, or drawings)")
    parser.add_argument("--processes", default="2", help="worker processes; several numbers, with commas: one table")
    options = parser.parse_args(argv)
    counts = [int(number) for number in options.processes.split(",")]
    with scratch("simulate"):
        rates = [(number, *once(options.photos, number)) for number in counts]
    if len(rates) > 1:
        print()
        table(("worker processes", "photos/s", "ms of wall clock a photo", "ms of CPU a photo"), map(row, rates))
    print(f"simulate: {max(rate for _, rate, _ in rates):.1f} photos/s (goal {GOAL:.0f})")


def once(photos: str | None, processes: int) -> tuple[float, float]:
    """Photos a second into an empty hub by so many processes, and CPU milliseconds of a photo, both sides."""
    from django.db import connection

    with connection.cursor() as cursor:
        # With all that is theirs: every row there is.
        cursor.execute("TRUNCATE hub_account, hub_label, hub_image, hub_place, hub_job CASCADE")
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as home:
        environment = surroundings(home)
        subprocess.run([sys.executable, "manage.py", "load_labels"], env=environment, check=True)
        source = photos or sample(Path(home))
        with worker(environment, processes) as cpu:
            spent, output = give(source, environment)
        print(f"\n{processes} worker processes")
        return report(spent, cpu, output)


def row(found: tuple[int, float, float]) -> tuple[str, ...]:
    """A line of the table."""
    number, rate, cpu = found
    return str(number), f"{rate:.1f}", f"{1000 / rate:.1f}", f"{cpu:.1f}"


def sample(home: Path) -> str:
    """The sample photos in one folder of folders, or the pictures of the demo."""
    from django.conf import settings

    together = home / "photos"
    together.mkdir()
    for folder in sorted(path for path in settings.SAMPLE_DATA.glob("*/*") if path.is_dir()):
        (together / folder.name).symlink_to(folder)
    if not any(together.iterdir()):
        from workers import drawings

        for picture in drawings.pictures():
            (together / picture.label).mkdir(exist_ok=True)
            (together / picture.label / picture.filename).write_bytes(picture.draw())
    return str(together)


def surroundings(home: str) -> dict[str, str]:
    """The environment of a hub on the scratch database, its own Redis databases and its own files."""
    from django.db import connection

    from hub import embedded

    known = connection.settings_dict
    url = os.environ.get("DATABASE_URL") or embedded.database_url()
    database = re.sub(r"/[^/?]*(\?|$)", rf"/{known['NAME']}\1", url, count=1) if "@/" in url else ""
    database = database or re.sub(r"/[^/?]*(\?.*)?$", rf"/{known['NAME']}\1", url)
    return os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": embedded.other_database(embedded.redis_url(), 6),
        "HUB_HOME": home,
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def worker(environment: dict[str, str], processes: int) -> Iterator[dict[str, float]]:
    """A Celery worker of so many processes for all queues; its CPU seconds on exit, start included."""
    command = [sys.executable, "-m", "celery", "-A", "workers", "worker", "-Q", "ingest,places"]
    command += ["-c", str(processes), "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    cpu: dict[str, float] = {}
    with open(os.path.join(environment["HUB_HOME"], "worker.log"), "wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            time.sleep(5)  # ready: what is measured is work, not the start
            if process.poll() is not None:
                raise SystemExit(Path(log.name).read_text())
            before = seconds_of(process.pid)
            yield cpu
            cpu["worker"] = seconds_of(process.pid) - before
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def seconds_of(pid: int) -> float:
    """CPU seconds of a process and its children, living ones included."""
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    ticks = 0
    for each in pids:
        fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def give(source: str, environment: dict[str, str]) -> tuple[float, str]:
    """CPU seconds of the giving side, and what `manage.py simulate` said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "manage.py", "simulate", source, "--suppliers", "6", "--around", "52.5,13.4"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def report(giving: float, cpu: dict[str, float], output: str) -> tuple[float, float]:
    """Print the table; photos per second, and CPU milliseconds of a photo."""
    print(output)
    given, rate = re.search(r"(\d+) given.*?([\d.]+) images per second", output, re.S).groups()  # type: ignore[union-attr]
    n = int(given)
    wall = 1000 / float(rate)
    rows = {
        "giving (start, hash, store, rows, ring)": giving * 1000 / n,
        "worker (all processes, all queues)": cpu["worker"] * 1000 / n,
        **stages(),
    }
    print(f"{'per photo':<48}{'ms':>8}\n{'wall clock':<48}{wall:>8.1f}")
    for name, ms in rows.items():
        print(f"{name:<48}{ms:>8.1f}")
    return float(rate), giving * 1000 / n + cpu["worker"] * 1000 / n


def stages() -> dict[str, float]:
    """Mean milliseconds from receiving to each step, as the rows tell."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, avg(extract(epoch FROM finished_at - created_at)) * 1000 FROM hub_job"
            " WHERE state = 'done' GROUP BY kind ORDER BY kind"
        )
        return {f"mean wait until a job is done: {kind}": float(ms) for kind, ms in cursor.fetchall()}
