"""Downloads: who has the pictures of a manifest, and is told once of each that is withdrawn later."""

from typing import Any

from django.db import transaction
from django.urls import reverse

from hub import datasets, notices, sql
from hub.models import Account, Download, Job, Notice


def keep(account: Account | None, digest: str) -> None:
    """The account begins to fetch what a manifest names; what a stranger fetches nobody can be told of.

    Who fetches it again is told of what was withdrawn since the first time: that copy may still lie somewhere.
    """
    if account:
        Download.objects.get_or_create(account=account, digest=digest)


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
