"""A real S3 server for tests: rclone's, over HTTP, which enforces signatures and their expiry."""

import secrets
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.servers import die_with_parent


@dataclass(frozen=True)
class Bucket:
    """Where a bucket is and the keys that open it; `folder` holds its objects as plain files."""

    endpoint_url: str
    access_key: str
    secret_key: str
    name: str
    folder: Path


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """An empty bucket on a server of this test process."""
    folder = tmp_path_factory.mktemp("s3")
    port = free_port()
    bucket = Bucket(f"http://127.0.0.1:{port}", secrets.token_hex(8), secrets.token_hex(16), "hub", folder / "hub")
    bucket.folder.mkdir()
    server = serve(folder, port, bucket)
    try:
        wait_for(port, server)
        yield bucket
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def bucket(s3: Bucket, settings) -> Bucket:
    """The hub's storage in a bucket."""
    settings.USES_S3 = True
    settings.S3 = {
        "endpoint_url": s3.endpoint_url,
        "bucket_name": s3.name,
        "access_key": s3.access_key,
        "secret_key": s3.secret_key,
        "region_name": "us-east-1",
        "public_url": None,
    }
    aliases = ("originals", "renditions", "artifacts", "incoming")
    settings.STORAGES = settings.STORAGES | {
        alias: {"BACKEND": "hub.storage.BucketStorage", "OPTIONS": {"location": alias}} for alias in aliases
    }
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    allowed = {name: [*policy[name], s3.endpoint_url] for name in ("img-src", "connect-src")}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy | allowed}
    return s3


def serve(folder: Path, port: int, bucket: Bucket) -> subprocess.Popen[bytes]:
    rclone = Path(sysconfig.get_path("scripts"), "rclone")
    command = [rclone, "serve", "s3", folder, "--addr", f"127.0.0.1:{port}", "--config", ""]
    command += ["--auth-key", f"{bucket.access_key},{bucket.secret_key}", "--vfs-cache-mode", "off"]
    command += ["--allow-origin", "*"]  # pages PUT from the port of the live server
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=die_with_parent)


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("rclone serve s3 did not start")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
