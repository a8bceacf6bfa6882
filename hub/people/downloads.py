"""Downloads: who waits for an archive is told when it is packed; who has one, once of each photo withdrawn later."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hub import datasets, sql
from hub.models import Account, Archive, DatasetVersion, Download, Job, Notice
from hub.people import notices


def keep(account: Account | None, digest: str) -> None:
    """The account begins to fetch what a manifest names; what a stranger fetches nobody can be told of.

    Who fetches it again is told of what was withdrawn since the first time: that copy may still lie somewhere.
    """
    if account:
        Download.objects.get_or_create(account=account, digest=digest)


def tell_the_waiting(archive: Archive, people: Iterable[Account]) -> list[Job]:
    """Tell people, each by the dataset it sees, that an archive they ordered is ready; the jobs to ring for."""
    key = f"archive:{archive.pk}:{timezone.now().isoformat()}"
    seen = [(account, datasets.version_seen_by(account, archive.digest)) for account in people]
    told = [notices.tell(who, Notice.Kind.ARCHIVE_READY, key, _packed(archive, one)) for who, one in seen if one]
    return [job for job in told if job]


def _packed(archive: Archive, version: DatasetVersion) -> dict[str, Any]:
    copied = {name: getattr(archive, name) for name in ("side", "size", "tombstones")}
    named = {"name": version.dataset.name, "number": version.number, "format": archive.get_format_display()}
    return copied | named | {"path": f"{version.get_absolute_url()}#download"}


def tell_the_withdrawn() -> list[Job]:
    """Tell who has photos that were withdrawn since; the jobs to ring for.

    One notice for all of an account's downloads, ten minutes after the last withdrawal (or a day after the first): a
    batch is taken back photo by photo.
    """
    return [job for row in sql.rows("withdrawn_downloads") if (job := _tell(row))]


def _tell(row: dict[str, Any]) -> Job | None:
    with transaction.atomic():
        account = Account.objects.get(pk=row["account"])
        Download.objects.filter(account=account, digest__in=row["digests"]).update(told_at=row["latest"])
        versions = [_named(account, digest, n) for digest, n in zip(row["digests"], row["counts"], strict=True)]
        about = {"photos": row["photos"], "versions": versions, "path": versions[0]["path"]}
        return notices.tell(account, Notice.Kind.PHOTOS_WITHDRAWN, f"withdrawn:{row['latest'].isoformat()}", about)


def _named(account: Account, digest: str, n: int) -> dict[str, Any]:
    """A version as this account may know it: never by the name of a dataset that is another's and private."""
    version = datasets.version_seen_by(account, digest)
    name = f"{version.dataset.name}, version {version.number}" if version else f"version {digest[:12]}"
    return {"name": name, "n": n, "path": reverse("version_by_id", args=[digest]) if version else reverse("datasets")}
