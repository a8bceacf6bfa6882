"""Queue `ingest`: verify, dedupe and resize each submission, and answer for it."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from hub import catalogue, jobs, objects, storage, submissions
from hub.models import Image, Job, Submission
from hub.moderation import holding
from hub.problems import Refused
from workers.celery import app
from workers.working import work_on

if TYPE_CHECKING:
    from workers.imaging import Limits, Picture, Rendition

# Views import this module to ring for it, so what reads pictures is imported by the tasks themselves.


@app.task
def ingest(job: int) -> None:
    """Check one submission."""
    work_on(job, check)


@app.task
def relate(job: int) -> None:
    """Find the older images that look like a new one."""
    work_on(job, find_related)


def check(work: jobs.Work) -> list[Job] | None:
    """Read the bytes once; end the submission as accepted, duplicate, rejected or in review."""
    from workers.imaging import Rejected

    submission = Submission.objects.select_related("batch__supplier", "batch__place", "label").get(pk=work.subject)
    try:
        data = submissions.claim_incoming(submission)
        picture = read(data)
    except Refused as refused:
        submissions.reject(work, refused.code)
    except Rejected as rejected:
        submissions.reject(work, rejected.code, rejected.detail)
    else:
        return place(work, submission, picture)
    return None


def read(data: bytes) -> "Picture":
    """Verify, hash and render under the hub's own limits. Raises imaging.Rejected."""
    from workers.imaging import Rejected, process

    try:
        return process(data, limits())
    except MemoryError:
        raise Rejected("too_complex", limit=settings.INGEST_CHILD_BYTES) from None


def limits() -> "Limits":
    """The hub's own limits of a picture."""
    from workers.imaging import Limits

    return Limits(
        max_bytes=settings.MAX_FILE_BYTES,
        max_pixels=settings.MAX_PIXELS,
        min_side=settings.MIN_SIDE,
        max_side=settings.MAX_SIDE,
    )


def place(work: jobs.Work, submission: Submission, picture: "Picture") -> list[Job] | None:
    """Store the renditions of a picture nobody has given yet, and admit it, or leave it to a moderator."""
    above = catalogue.horizon()
    sighting = catalogue.find_twin(submission.sha256, picture, catalogue.within(submission))
    # After the twin: a photo taken down between the two is among the removals by now.
    held, told = holding.why(submission, picture, twin=bool(sighting))
    seen = held or (sighting and sighting.code in catalogue.COMPARED)
    renditions = [picture.renditions[299]] if seen else [] if sighting else list(picture.renditions.values())
    with transaction.atomic():
        store(renditions)
        if held:
            holding.hold(work, submission, held, told, picture.renditions[299].sha256)
        elif sighting:
            catalogue.refuse_twin(work, submission, sighting, picture)
        else:
            return catalogue.admit(work, submission, picture, above) + holding.grow(submission.batch.supplier)
    return None


def store(renditions: "list[Rendition]") -> None:
    """Put renditions under their digests, side by side: each put waits for a disk or a network, not for us.

    In the transaction that writes their rows: until it ends, nothing discards them.
    """
    names = {storage.rendition_key(made.sha256): made.data for made in renditions}
    objects.hold(*names)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: storage.put("renditions", name, names[name]), names))


def find_related(work: jobs.Work) -> None:
    """Record the images within the loose threshold: at once when near, else when local features agree."""
    image = Image.objects.get(pk=work.subject)
    around = catalogue.relatives(image)
    near = [(other, bits) for other, bits in around if bits <= settings.REVIEW_BITS]
    catalogue.relate(work, image, near + same_scene(image, [pair for pair in around if pair not in near]))


def same_scene(image: Image, around: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of the (id, bits) that show the scene of `image`, by local features of their 299 renditions."""
    from workers import imaging

    asked = [image.pk, *(other for other, _ in around)] if around else []
    digests = dict(Image.objects.filter(pk__in=asked, renditions__side=299).values_list("pk", "renditions__sha256"))
    shown = {pk: storage.get("renditions", storage.rendition_key(digest)) for pk, digest in digests.items()}
    return [(pk, bits) for pk, bits in around if pk in shown and imaging.same_scene(shown[image.pk], shown[pk])]
