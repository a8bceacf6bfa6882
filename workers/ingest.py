"""Queue `ingest`: verify, dedupe and resize each submission, and answer for it."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.conf import settings

from hub import catalogue, jobs, storage, submissions
from hub.models import Image, Job, Submission
from hub.problems import Refused
from workers.celery import app
from workers.working import work_on

if TYPE_CHECKING:
    from workers.imaging import Picture, Rendition

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
    from workers.imaging import Limits, process

    limits = Limits(
        max_bytes=settings.MAX_FILE_BYTES,
        max_pixels=settings.MAX_PIXELS,
        min_side=settings.MIN_SIDE,
        max_side=settings.MAX_SIDE,
    )
    return process(data, limits)


def place(work: jobs.Work, submission: Submission, picture: "Picture") -> list[Job] | None:
    """Store the renditions of a picture nobody has given yet, and admit it."""
    above = catalogue.horizon()
    if sighting := catalogue.find_twin(submission.sha256, picture, distinct=submission.distinct):
        if sighting.code == "near_duplicate":
            store([picture.renditions[299]])
        catalogue.refuse_twin(work, submission, sighting, picture)
        return None
    store(picture.renditions.values())
    return catalogue.admit(work, submission, picture, above)


def store(renditions: "Iterable[Rendition]") -> None:
    """Put renditions under their digests, side by side: each put waits for a disk or a network, not for us."""

    def put(made: "Rendition") -> None:
        storage.put("renditions", storage.rendition_key(made.sha256), made.data)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, renditions))


def find_related(work: jobs.Work) -> None:
    """Record the images within the loose threshold: at once when near, else when local features agree."""
    image = Image.objects.get(pk=work.subject)
    found = [
        (other, bits, bits <= settings.REVIEW_BITS or same_scene(image.pk, other))
        for other, bits in catalogue.relatives(image)
    ]
    catalogue.relate(work, image, [pair for pair in found if pair[2]])


def same_scene(*images: int) -> bool:
    """Whether two images show one scene, by local features of their 299 renditions."""
    from workers import imaging

    digests = dict(Image.objects.filter(pk__in=images, renditions__side=299).values_list("pk", "renditions__sha256"))
    first, second = (storage.get("renditions", storage.rendition_key(digests[pk])) for pk in images)
    return imaging.same_scene(first, second)
