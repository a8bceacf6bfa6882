"""Receive files, answer for each, and say what a supplier may see."""

import re
import unicodedata
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from hub import catalogue, jobs, objects, outcomes, places, storage
from hub.models import Account, Batch, Image, Job, Label, Submission
from hub.models.submission import Precision
from hub.operations import pauses, quotas
from hub.people import consent
from hub.problems import Refused

MAX_EMPTY_BATCHES = 50
DIGEST = re.compile(r"[0-9a-f]{64}")


def start_batch(
    *,
    supplier: Account,
    label: Label,
    licence: str,
    precision: str = Precision.OPEN,
    use_photo_place: bool = False,
    place_text: str = "",
    drawn: bool = False,
) -> Batch:
    """Open a batch. A hidden batch keeps no place, whatever else was said.

    The sentence the supplier agrees to is kept as it stands today; an invented supplier agrees to nothing.
    """
    pauses.must_run("giving")
    hidden = precision == Precision.HIDDEN
    place = None if hidden else places.typed(place_text)
    with transaction.atomic():
        consent.must_be_here(supplier.pk)
        # By the batches' own counts: who gave much has many files. One request at a time counts.
        if supplier.batches.filter(**dict.fromkeys(Submission.State.values, 0)).count() >= MAX_EMPTY_BATCHES:
            raise Refused("too_many_batches", 429, limit=MAX_EMPTY_BATCHES)
        return Batch.objects.create(
            supplier=supplier,
            label=label,
            licence=licence,
            credit=supplier.credit_line,
            precision=precision,
            use_photo_place=use_photo_place and not hidden,
            place=place,
            drawn=drawn,
            agreement="" if supplier.invented else consent.sentence(licence, supplier.credit_line),
        )


def tidy_name(name: str) -> str:
    """A file name fit to show: no folders, no control or direction characters, at most 120 long."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    kept = "".join(c for c in name if unicodedata.category(c)[0] != "C").strip()
    return kept if len(kept) <= 120 else kept[:90] + "…" + kept[-29:]


def check_digest(sha256: str) -> str:
    """The digest in small letters, or "" when none was given. Raises Refused."""
    sha256 = sha256.strip().lower()
    if sha256 and not DIGEST.fullmatch(sha256):
        raise Refused("bad_digest", 400)
    return sha256


def receive(
    batch: Batch, file: IO[bytes], filename: str, *, label: Label | None = None, declared: str = ""
) -> tuple[Submission, Job | None]:
    """Keep the bytes of one file and open its job; the answer is "received".

    The same file sent to the batch again, under the same name, gives the submission it has. `declared` is the
    SHA-256 the sender computed; when the bytes differ they were changed on the way. Raises Refused.
    """
    pauses.must_run("giving")
    declared = check_digest(declared)
    sha256, size = storage.digest(file)
    check_size(size)
    if declared and declared != sha256:
        raise Refused("changed_on_the_way", 422)
    with transaction.atomic():
        objects.hold(storage.key(sha256))
        return _keep(batch, label or batch.label, file, tidy_name(filename), sha256, size)


def _keep(
    batch: Batch, label: Label, file: IO[bytes], filename: str, sha256: str, size: int
) -> tuple[Submission, Job | None]:
    earlier = _earlier(batch, sha256, filename)
    if earlier and not may_come_again(earlier):
        return earlier, None
    if not earlier:
        check_room(batch)
    quotas.check(batch.supplier, files=1, bytes=size)
    storage.put("originals", storage.key(sha256), file)
    if not earlier:
        return _record(batch, label=label, filename=filename, sha256=sha256, size=size)
    consent.must_be_here(batch.supplier_id)
    quotas.spend(batch.supplier, files=1, bytes=size)
    job = outcomes.reopen([earlier], label=label, size=size, incoming="")[0]
    return Submission.objects.get(pk=earlier.pk), job


def check_size(size: int) -> None:
    """Raises Refused for an empty or too large file."""
    if size <= 0:
        raise Refused("empty")
    if size > settings.MAX_FILE_BYTES:
        raise Refused("too_large", 413)


def check_room(batch: Batch) -> None:
    """Raises Refused when the batch is full."""
    if batch.submissions.count() >= settings.MAX_BATCH_FILES:
        raise Refused("too_many_files")


def _earlier(batch: Batch, sha256: str, filename: str) -> Submission | None:
    return batch.submissions.filter(sha256=sha256, filename=filename).first() if sha256 else None


def may_come_again(earlier: Submission) -> bool:
    """Whether sending the file once more starts anew: it never came whole, we failed, or it was taken back."""
    return earlier.state in ("withdrawn", "failed") or earlier.reason in ("never_arrived", "changed_on_the_way")


def _record(batch: Batch, *, job: bool = True, **fields: Any) -> tuple[Submission, Job | None]:
    """Write the submission and its job in one transaction, unless the batch filled up or has the file meanwhile."""
    try:
        with transaction.atomic():
            consent.must_be_here(batch.supplier_id)
            Batch.objects.select_for_update().get(pk=batch.pk)
            check_room(batch)
            submission = Submission.objects.create(batch=batch, **fields)
            if submission.state == "received":  # what need not be sent costs nothing
                quotas.spend(batch.supplier, files=1, bytes=submission.size or 0)
            return submission, jobs.open_job(Job.Kind.INGEST, submission.pk) if job else None
    except IntegrityError:
        earlier = _earlier(batch, fields["sha256"], fields["filename"])
        if not earlier:
            raise
        return earlier, None


def known(batch: Batch, sha256: str, filename: str, label: Label | None = None) -> Submission | None:
    """The answer for a file that need not be sent: already in this batch, or in the catalogue under this label."""
    sha256 = check_digest(sha256)
    label = label or batch.label
    if not sha256:
        return None
    if earlier := _earlier(batch, sha256, tidy_name(filename)):
        return None if earlier.incoming or may_come_again(earlier) else earlier
    twin = Image.objects.filter(sha256=sha256, withdrawn_at=None).first()
    if not twin or not catalogue.agrees(twin, label):
        return None
    duplicate = {"state": "duplicate", "reason": "same_bytes", "twin": twin, "decided_at": Now()}
    return _record(batch, job=False, label=label, filename=tidy_name(filename), sha256=sha256, **duplicate)[0]


def open_slot(batch: Batch, filename: str, size: int, *, sha256: str = "", label: Label | None = None) -> Submission:
    """Make room for a file that the browser sends straight to the bucket: a submission with a one-time key."""
    pauses.must_run("giving")
    check_size(size)
    sha256 = check_digest(sha256)
    name = tidy_name(filename)
    slot = {"sha256": sha256, "size": size, "incoming": storage.one_time_name(), "label": label or batch.label}
    if (earlier := _earlier(batch, sha256, name)) and may_come_again(earlier):
        with transaction.atomic():
            consent.must_be_here(batch.supplier_id)
            quotas.spend(batch.supplier, files=1, bytes=size)
            outcomes.forget([earlier.pk], **slot)
            return Submission.objects.get(pk=earlier.pk)
    if earlier:
        return earlier
    check_room(batch)
    return _record(batch, job=False, filename=name, **slot)[0]


def put_link(submission: Submission) -> dict[str, Any] | None:
    """Where the browser PUTs the bytes of a slot, with which headers; None when nothing need be sent."""
    if not submission.incoming or submission.state != "received":
        return None
    link = storages["incoming"].presigned_put(submission.incoming, submission.size)  # type: ignore[attr-defined]
    return {"url": link, "headers": {"Content-Type": "application/octet-stream"}}


def arrived(submission: Submission) -> Job | None:
    """The browser says its PUT is done: open the job that checks what really came."""
    with transaction.atomic():
        row = Submission.objects.select_for_update().filter(pk=submission.pk, state="received").first()
        return jobs.open_job(Job.Kind.INGEST, row.pk) if row else None


def claim_incoming(submission: Submission) -> bytes:
    """The bytes of a submission, moved under their digest if they came straight to the bucket.

    Raises Refused when they are missing, empty, too large, or not what the sender declared.
    """
    if not submission.incoming:
        return storage.get("originals", storage.key(submission.sha256))
    try:
        data = storage.get("incoming", submission.incoming)
    except FileNotFoundError:
        raise Refused("never_arrived") from None
    check_size(len(data))
    sha256 = storage.digest_of(data)
    if submission.sha256 not in ("", sha256):
        raise Refused("changed_on_the_way")
    slot = submission.incoming
    with transaction.atomic():
        objects.hold(storage.key(sha256))
        storage.put("originals", storage.key(sha256), data)
        _settle_digest(submission, sha256, len(data))
    storage.delete("incoming", slot)
    return data


def _settle_digest(submission: Submission, sha256: str, size: int) -> None:
    if submission.sha256 == "" and _earlier(submission.batch, sha256, submission.filename):
        raise Refused("same_bytes")
    submission.sha256, submission.size, submission.incoming = sha256, size, ""
    submission.save(update_fields=["sha256", "size", "incoming"])


def reject(work: jobs.Work, code: str, detail: dict | None = None) -> None:
    """The supplier's matter: a reason in words, and the job has succeeded."""
    with transaction.atomic():
        jobs.finish(work)
        outcomes.decide(work.subject, "rejected", code, detail=detail or {}, incoming="")


def retry(submissions: QuerySet[Submission]) -> list[Job]:
    """Staff asks for another try of files that failed on our side."""
    with transaction.atomic():
        return outcomes.reopen(submissions.filter(state="failed").select_for_update())


def visible_to(account: Account) -> Q:
    """The submissions an account may see: its own, and all of them for a moderator."""
    return Q() if account.is_moderator else Q(batch__supplier=account.pk)
