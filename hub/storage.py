"""Where bytes lie: keys from digests, storage aliases, signed URLs.

Aliases (settings.STORAGES): `originals` as received (private), `renditions` we made, `artifacts` we pack,
`incoming` for one-time uploads straight to the bucket. Local folders by default, any S3-compatible bucket if set.
"""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import IO, Any, BinaryIO, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, storages
from django.http import FileResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from s3transfer.exceptions import RetriesExceededError as TransferFailed
from storages.backends.s3 import S3Storage

CHUNK = 1024 * 1024
# Here a key is the SHA-256 of what lies under it.
NAMED_BY_BYTES = ("originals", "renditions")
BOTO = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 4, "mode": "standard"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class FolderStorage(FileSystemStorage):
    """Local files that are whole or absent: written aside, synced, then renamed into place."""

    def __init__(self, alias: str = "", **options) -> None:
        super().__init__(**options)
        self.alias = alias

    def _save(self, name: str, content: File) -> str:
        with self.whole(name) as file:
            for chunk in content.chunks(CHUNK):
                file.write(chunk)
        return name

    @contextmanager
    def whole(self, name: str) -> Iterator[IO[bytes]]:
        """A file to write that appears under `name` when the block ends, and not at all when it fails."""
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        aside, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(aside, "wb+") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name  # a key is a digest: the same name is the same bytes

    def url(self, name: str | None, **_) -> str:
        token = signing.dumps([self.alias, name], salt="hub.file", compress=False)
        return reverse("signed_file", args=[token])

    def walk(self) -> Iterator[tuple[str, datetime]]:
        """Every key and when it was last written."""
        root = Path(self.location)
        for folder, _, names in os.walk(root):
            for name in names:
                path = Path(folder) / name
                yield str(path.relative_to(root)), datetime.fromtimestamp(path.stat().st_mtime, UTC)


class BucketStorage(S3Storage):
    """One prefix of the bucket. Links are presigned; types and names are ours, never the uploader's."""

    def get_default_settings(self) -> dict:
        """django-storages reads S3 options here; ours come from settings.S3."""
        return {
            **super().get_default_settings(),
            **{name: settings.S3[name] for name in ("endpoint_url", "bucket_name", "access_key", "secret_key")},
            "region_name": settings.S3["region_name"],
            "client_config": BOTO,
            "file_overwrite": True,
            "querystring_expire": settings.SIGNED_URL_SECONDS,
            "default_acl": None,
        }

    def walk(self) -> Iterator[tuple[str, datetime]]:
        """Every key and when it was last written."""
        start = len(self.location) + 1
        for item in self.bucket.objects.filter(Prefix=f"{self.location}/"):
            yield item.key[start:], item.last_modified

    def drop_parts(self, older_than: datetime) -> int:
        """Give up the uploads in parts that a killed process began, and that nothing lists; how many."""
        begun = [part for part in self.bucket.multipart_uploads.all() if part.initiated < older_than]
        for part in begun:
            part.abort()
        return len(begun)

    def presigned_put(self, name: str, size: int) -> str:
        """A link to PUT exactly `size` bytes at `name`, for a few minutes. Each file has a name of its own."""
        return public_client().generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self.bucket_name,
                "Key": self._normalize_name(name),
                "ContentLength": size,
                "ContentType": "application/octet-stream",
            },
            ExpiresIn=settings.SIGNED_URL_SECONDS,
        )

    def public_url(self, name: str, params: dict[str, str]) -> str:
        """A link that lets its holder read `name` for a while, under the type and name we choose."""
        return public_client().generate_presigned_url(
            "get_object",
            Params={"Bucket": self.bucket_name, "Key": self._normalize_name(name), **params},
            ExpiresIn=settings.SIGNED_URL_SECONDS,
        )


def public_client():
    """A client that signs for the address browsers reach, which may differ from the servers' own."""
    import boto3  # the SDK takes a third of a second to load, and a hub on local files never needs it

    return boto3.client(
        "s3",
        endpoint_url=settings.S3["public_url"] or settings.S3["endpoint_url"],
        aws_access_key_id=settings.S3["access_key"],
        aws_secret_access_key=settings.S3["secret_key"],
        region_name=settings.S3["region_name"],
        config=BOTO,
    )


def key(digest: str, extension: str = "") -> str:
    """The key of bytes whose SHA-256 is `digest`: `ab/cd/<digest>`."""
    return f"{digest[:2]}/{digest[2:4]}/{digest}{extension}"


def rendition_key(digest: str) -> str:
    """The key of a rendition, always a JPEG of ours."""
    return key(digest, ".jpg")


class Away(Exception):  # noqa: N818  it passes
    """The store did not answer, or refused: nothing was written or read, and a later try may go through."""


class Damaged(Exception):  # noqa: N818  said of a file
    """What the store gave are not the bytes that were put: nothing may be made of them."""


@contextmanager
def reachable() -> Iterator[None]:
    """Say in the block of a store that does not answer: Away."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BotoCoreError, ClientError, TransferFailed, OSError) as error:
        raise Away(str(error)) from error


def put(alias: str, name: str, data: bytes | IO[bytes]) -> None:
    """Write `data` at `name`, whole or not at all. Writing the same again is harmless, and renews its age."""
    content = ContentFile(data) if isinstance(data, bytes) else File(data)
    with reachable():
        storages[alias].save(name, content)


class Packed(Protocol):
    """Something large that can be written to a file, or read as a stream, always the same bytes."""

    def write(self, file: BinaryIO, progress: Callable[[int], None]) -> None: ...
    def chunks(self, progress: Callable[[int], None]) -> Iterator[bytes]: ...


def put_packed(alias: str, name: str, packed: Packed, progress: Callable[[int], None]) -> str:
    """Store something large at `name`, whole or not at all, in flat memory; its SHA-256 (hex).

    Raises Away when the bucket is; a disk that is full is an OSError, which no later try would mend.
    """
    store = storages[alias]
    if isinstance(store, BucketStorage):
        stream = Stream(packed.chunks(progress))
        with reachable():
            store.bucket.upload_fileobj(stream, store._normalize_name(name), Config=_transfer())
        return stream.sha256.hexdigest()
    with store.whole(name) as file:  # type: ignore[attr-defined]
        packed.write(file.raw, progress)
        return digest(file)[0]


class Stream:
    """Chunks as a file to read from, hashed on the way."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.chunks, self.waiting, self.sha256 = chunks, bytearray(), hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, fewer at the end."""
        while size < 0 or len(self.waiting) < size:
            if not (chunk := next(self.chunks, b"")):
                break
            self.sha256.update(chunk)
            self.waiting += chunk
        taken = bytes(self.waiting[:size] if size >= 0 else self.waiting)
        del self.waiting[: len(taken)]
        return taken


def _transfer():
    from boto3.s3.transfer import TransferConfig

    return TransferConfig(multipart_chunksize=16 * 1024 * 1024, max_concurrency=2, max_io_queue=2)


def local_path(alias: str, name: str) -> str | None:
    """Where an object lies as a file of this machine; None in a bucket."""
    store = storages[alias]
    return None if isinstance(store, BucketStorage) else store.path(name)


def opened(alias: str, name: str) -> Any:
    """An object to read, piece by piece. Raises FileNotFoundError when there is none, Away when the store is."""
    with reachable(), ExitStack() as unread:
        file = unread.enter_context(storages[alias].open(name))
        file.seek(0)  # a bucket's is fetched by this, while an outage still is one
        unread.pop_all()
        return file


def get(alias: str, name: str) -> bytes:
    """All bytes at `name`.

    Raises FileNotFoundError when there are none, Away when the store is, Damaged when they are not those put there.
    """
    with reachable(), storages[alias].open(name) as file:
        data = file.read()
    if alias in NAMED_BY_BYTES and digest_of(data) != PurePath(name).stem:
        raise Damaged(f"{alias}/{name}: its bytes have another SHA-256")
    return data


def delete(alias: str, name: str) -> None:
    """Remove what no row names any more. Raises Away when the store is."""
    with reachable():
        storages[alias].delete(name)


def digest(file: IO[bytes]) -> tuple[str, int]:
    """SHA-256 (hex) and size in bytes of `file`, which is left at its start."""
    sha = hashlib.sha256()
    size = 0
    file.seek(0)
    while chunk := file.read(CHUNK):
        sha.update(chunk)
        size += len(chunk)
    file.seek(0)
    return sha.hexdigest(), size


def digest_of(data: bytes) -> str:
    """SHA-256 (hex) of bytes at hand."""
    return hashlib.sha256(data).hexdigest()


def one_time_name() -> str:
    """A key nobody can guess, for one upload."""
    return secrets.token_urlsafe(32)


def response(alias: str, name: str, content_type: str, attachment: str = "") -> HttpResponseBase:
    """Serve one object under our own type: streamed from a folder, or sent on to a signed link of the bucket.

    Raises FileNotFoundError when a folder has no such file, Away when it cannot be read.
    """
    store = storages[alias]
    disposition = f'attachment; filename="{attachment}"' if attachment else "inline"
    if isinstance(store, BucketStorage):
        return HttpResponseRedirect(
            store.public_url(name, {"ResponseContentType": content_type, "ResponseContentDisposition": disposition})
        )
    with reachable():
        file = store.open(name)
    return FileResponse(file, content_type=content_type, as_attachment=bool(attachment), filename=attachment)


def read_signed(token: str) -> tuple[str, str]:
    """The alias and key of a signed link. Raises signing.BadSignature when forged or past its time."""
    alias, name = signing.loads(token, salt="hub.file", max_age=timedelta(seconds=settings.SIGNED_URL_SECONDS))
    return alias, name
