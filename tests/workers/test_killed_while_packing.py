"""kill -9 in the middle of a pack, in a process of its own: the next attempt ends in the same bytes."""

import os
import subprocess
import sys
from contextlib import suppress
from urllib.parse import urlsplit

from django.core.files.storage import storages
from django.db import connection
from django.db.models.functions import Now

from hub import archives, embedded, storage
from hub.models import Archive, Job
from tests.parts import broken, committed, empty_storage
from tests.workers.test_export import forgotten, freeze, packed

PROGRAM = """
import sys, django; django.setup()
from workers import export
import workers.archives, hub.archives
start = hub.archives.start
hub.archives.start = lambda *asked: (start(*asked), print("packing", flush=True))
export.pack(int(sys.argv[1]))
"""


def packing(job: int, home) -> subprocess.Popen:
    """A process that packs, from the moment it begins."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(job)],
        env=os.environ | {"DATABASE_URL": url, "HUB_HOME": str(home)},
        cwd=embedded.REPO,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"packing\n"
    return process


@committed
def test_a_pack_killed_again_and_again_ends_in_the_same_bytes(settings, tmp_path):
    empty_storage(settings, tmp_path / "files")
    version = freeze(count=400)
    whole = packed(version)
    forgotten(whole)
    archive, job = archives.order(version, "imagefolder", 224)
    for milliseconds in (0, 30, 60, 120, 60_000):
        if Job.objects.filter(pk=job.pk, state="done").exists():
            break
        with packing(job.pk, tmp_path) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(milliseconds / 1000)
            process.kill()
        Job.objects.filter(pk=job.pk, state="running").update(lease_until=Now(), attempt=1)
    archive.refresh_from_db()
    assert (archive.state, archive.sha256) == ("ready", whole.sha256)
    left = {name for name, _ in storages["artifacts"].walk() if not os.path.basename(name).startswith(".")}
    assert left == {archives.key(archive), storage.key(version.digest, ".jsonl")}
    assert broken(deep=True) == {}
    assert Archive.objects.count() == 1
