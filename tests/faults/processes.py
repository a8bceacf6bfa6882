"""The processes of a hub that is tried: those of `make run`, in an environment of their own."""

import os
from typing import TYPE_CHECKING

from hub.management.commands import up

if TYPE_CHECKING:
    from tests.faults.harness import Hub

# Every queue in one worker: for trials that have no seconds to spare.
ALL = ("-Q", "ingest,places,upkeep,export", "-c", "2", "-n", "all@%h")


def environment(hub: "Hub", *, bucket: bool) -> dict[str, str]:
    """What every process of this hub is told."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "S3_", "PYTEST"))}
    given |= {
        "PYTHONUNBUFFERED": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "DJANGO_SETTINGS_MODULE": "hub.settings",
        "DATABASE_URL": hub.database,
        "REDIS_URL": hub.redis_url,
        "HUB_HOME": str(hub.home),
        "HUB_DEBUG": "0",
        "HUB_HTTP": "1",
        "HUB_FIND_STATIC": "1",
        "HUB_LOG": "text",
        "HUB_HOSTS": "127.0.0.1",
        "HUB_ORIGIN": hub.url,
        "HUB_SECRET_KEY": "only-for-a-hub-that-is-thrown-away-" + "0" * 30,
        "HUB_JOB_LEASE_SECONDS": str(hub.lease),
        "HUB_FETCH_WEIGHTS": "0",
        "NOMINATIM_URL": hub.geocoder.url,
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(hub.letters.port),
        "EMAIL_USE_TLS": "0",
    }
    if bucket:
        given |= {
            "S3_ENDPOINT_URL": hub.wall.url,
            "S3_BUCKET": hub.bucket.name,
            "S3_ACCESS_KEY_ID": hub.bucket.access_key,
            "S3_SECRET_ACCESS_KEY": hub.bucket.secret_key,
        }
    return given


def command(hub: "Hub", name: str) -> list[str]:
    """How a process is started: as `make run` does; `all` is a worker of every queue but training and predict.

    `crash-<queue>` is a worker with one child that ends at CRASH_AT: see tests/faults/crashing.py.
    """
    known = up.processes(hub.port)
    known["beat"][known["beat"].index("-s") + 1] = str(hub.home / "beat-schedule")
    worker = known["ingest"][: known["ingest"].index("-Q")]
    known["all"] = [*worker, *ALL]
    if name.startswith("crash-"):
        queue = name.removeprefix("crash-")
        crashing = [*worker, "-Q", queue, "-c", "1", "-n", f"{name}@%h"]
        crashing[crashing.index("workers")] = "tests.faults.crashing"
        return ["env", "HUB_INGEST_CHILD_BYTES=0", *crashing] if queue == "training" else crashing
    return known[name]
