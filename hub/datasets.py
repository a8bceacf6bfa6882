"""Datasets and their versions: who may see them, how they come to be, how two versions differ."""

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now

from hub import jobs, sql
from hub.models import Account, Dataset, DatasetVersion, Job
from hub.operations import quotas
from hub.previews import preview
from hub.problems import Refused
from hub.selections import Selection, read


def visible_to(account: Account | None) -> Q:
    """The datasets an account (None: a stranger) may see: public ones and its own."""
    return Q(public=True) | Q(owner=account) if account else Q(public=True)


def versions_visible_to(account: Account | None) -> QuerySet[DatasetVersion]:
    """The versions of those datasets."""
    return DatasetVersion.objects.filter(dataset__in=Dataset.objects.filter(visible_to(account)))


def version_seen_by(account: Account, digest: str) -> DatasetVersion | None:
    """The version of this manifest that an account sees, its own before others'; None where it sees none."""
    seen = versions_visible_to(account).filter(digest=digest, state="ready").select_related("dataset")
    return seen.filter(dataset__owner=account).order_by("-pk").first() or seen.order_by("-pk").first()


def create(*, owner: Account, name: str, selection: Selection, description: str = "", public: bool = False) -> Dataset:
    """Name a selection. Raises Refused for a name that is none."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100 or "\0" in name + description:
        raise Refused("dataset_name")
    return Dataset.objects.create(
        owner=owner, name=name, description=description[:1000], public=public, selection=selection.as_json()
    )


def delete(dataset: Dataset) -> None:
    """Remove a private dataset with its versions. Raises Refused for a public one, which others may have cited."""
    with transaction.atomic():
        found = _locked(dataset)
        if found.public:
            raise Refused("dataset_is_public", 409)
        drop(Dataset.objects.filter(pk=found.pk))


def drop(rows: QuerySet[Dataset]) -> None:
    """Remove datasets with their versions, once no worker is in the middle of freezing one. In a transaction."""
    pks = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    list(DatasetVersion.objects.select_for_update().filter(dataset__in=pks).order_by("pk").values_list("pk"))
    Dataset.objects.filter(pk__in=pks).delete()


def _locked(dataset: Dataset) -> Dataset:
    """The dataset as it is now, until the transaction ends. Raises Refused when it was deleted meanwhile."""
    found = Dataset.objects.select_for_update().filter(pk=dataset.pk).first()
    if found is None:
        raise Refused("not_found", 404)
    return found


def order_version(dataset: Dataset) -> tuple[DatasetVersion, Job]:
    """Ask for a new version of what the dataset's selection gives now; the one that is waiting, if there is one.

    Raises Refused for the first obstacle a preview finds. Ring for the job after the commit.
    """
    selection = read(dataset.selection)
    for trouble in preview(selection).obstacles:
        raise Refused(trouble.code, **trouble.detail)
    with transaction.atomic():
        _locked(dataset)
        version = dataset.versions.filter(state="queued").first()
        if version is None:
            dataset.versions.filter(reason="nothing_changed").delete()  # each attempt would leave one
            number = (dataset.versions.aggregate(last=Max("number"))["last"] or 0) + 1
            version = DatasetVersion.objects.create(dataset=dataset, number=number, selection=selection.as_json())
            quotas.spend(dataset.owner, versions=1)
            version.refresh_from_db()
        return version, jobs.open_job(Job.Kind.FREEZE, version.pk)


def fail(version: int, reason: str, detail: dict[str, Any] | None = None) -> None:
    """Mark a version that could not be frozen, and why."""
    DatasetVersion.objects.filter(pk=version, state="queued").update(
        state="failed", reason=reason, detail=detail or {}, frozen_at=Now()
    )


def difference(old: DatasetVersion, new: DatasetVersion) -> dict[str, int]:
    """How many images were added, removed, relabelled, moved to another split, or withdrawn since the older version."""
    asked = {"old": old.pk, "new": new.pk, "after": 0, "limit": None}
    with connection.cursor() as cursor:
        named = sql.load("queries/changes")  # a file of ours
        cursor.execute(f"SELECT change, count(*) FROM ({named}) AS c GROUP BY 1", asked)  # noqa: S608  # nosec B608
        counted = dict(cursor.fetchall())
    return {change: counted.get(change, 0) for change in ("added", "removed", "relabelled", "moved", "withdrawn")}


def changes(old: DatasetVersion, new: DatasetVersion, after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
    """The images that differ, by rising id after `after`: image, sha256, change, labels, split."""
    return sql.rows("changes", old=old.pk, new=new.pk, after=after, limit=limit)


def tombstones(digest: str) -> Iterator[tuple[int, str]]:
    """Id and SHA-256 of the members of a manifest that were withdrawn since."""
    version = DatasetVersion.objects.filter(digest=digest, state="ready").order_by("id").first()
    if version:
        with connection.cursor() as cursor:
            cursor.execute(sql.load("queries/tombstones"), {"version": version.pk})
            yield from cursor.fetchall()
