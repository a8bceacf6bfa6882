"""Folders of folders of photos (label/photo), on this machine or in a bucket."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from hub.storage import BOTO


class Unusable(Exception):  # noqa: N818  reads as what happened
    """A source that cannot be read, and why, in words."""


class Unreadable(Exception):  # noqa: N818  reads as what happened
    """One photo of a source that cannot be read, and why."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One file of a source: the folder it lies in names its label."""

    folder: str
    filename: str
    read: Callable[[], bytes]


def photos(where: str, limit: int | None = None) -> list[Photo]:
    """The photos of `where`, a path or `s3://bucket/prefix`, sorted by name. Raises Unusable.

    A limit takes them from all folders alike.
    """
    found = list(in_bucket(where) if where.startswith("s3://") else in_folder(Path(where).expanduser()))
    if not found:
        raise Unusable(f"There are no photos in {where}: it should hold a folder for each label, with photos in it.")
    found.sort(key=lambda photo: (photo.folder, photo.filename))
    return found if limit is None else list(islice(alternating(found), limit))


def alternating(found: list[Photo]) -> Iterator[Photo]:
    """The first of every folder, then the second of every folder, and so on."""
    places: dict[str, int] = {}
    order = []
    for photo in found:
        places[photo.folder] = places.get(photo.folder, -1) + 1
        order.append((places[photo.folder], photo.folder, photo))
    return (photo for _, _, photo in sorted(order, key=lambda item: item[:2]))


def in_folder(root: Path) -> Iterator[Photo]:
    """The files one folder below `root`; hidden ones are left out."""
    if not root.exists():
        raise Unusable(f"There is no {root}.")
    if not root.is_dir():
        raise Unusable(f"{root} is a file, not a folder of folders.")
    try:
        for folder in sorted(shown(root)):
            if folder.is_dir():
                yield from (photo_at(path) for path in sorted(shown(folder)) if path.is_file())
    except PermissionError as error:
        raise Unusable(f"{error.filename} may not be read.") from None


def shown(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if not path.name.startswith("."))


def photo_at(path: Path) -> Photo:
    """A file as a photo that is read when it is its turn."""

    def read() -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from None

    return Photo(path.parent.name, os.fsencode(path.name).decode(errors="replace"), read)


def in_bucket(url: str) -> Iterator[Photo]:
    """The objects whose keys are `prefix/label/photo`, with the hub's S3 settings."""
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
    store = client()
    try:
        for page in store.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                folder, _, name = item["Key"].removeprefix(prefix).partition("/")
                if name and "/" not in name and not folder.startswith(".") and not name.startswith("."):
                    yield object_at(store, bucket, item["Key"], folder, name)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise Unusable(f"{url} cannot be listed: {error}") from None


def object_at(store, bucket: str, key: str, folder: str, name: str) -> Photo:
    """An object as a photo that is fetched when it is its turn."""

    def read() -> bytes:
        try:
            return store.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise Unreadable(str(error)) from None

    return Photo(folder, name, read)


def client():
    """An S3 client with the hub's settings."""
    import boto3  # a third of a second to load, and a folder on this machine never needs it

    return boto3.client(
        "s3",
        endpoint_url=settings.S3["endpoint_url"],
        aws_access_key_id=settings.S3["access_key"],
        aws_secret_access_key=settings.S3["secret_key"],
        region_name=settings.S3["region_name"],
        config=BOTO,
    )
