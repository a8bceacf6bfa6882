"""One image: its page, its pictures, its original, taking it back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from hub import browse, catalogue, labels, neighbours, reasons, shelf, sql, storage, submissions
from hub.models import Image, Submission
from hub.people import suppliers
from hub.problems import problem
from hub.reviewing.disputes import standing
from hub.views.datasets import who
from hub.views.decorators import visitor
from workers.celery import ring

EXTENSIONS = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
    "HEIF": ("image/heic", "heic"),
}
CHECKS = (
    "Read completely, by a strict decoder",
    "No copy found in the whole hub, exact, edited or mirrored",
    "Turned upright, and freed of all metadata",
)


def live(sha256: str) -> Image | None:
    """The live image of this digest, with what its page shows."""
    images = Image.objects.select_related("supplier", "place", "batch__label")
    return images.filter(sha256=sha256, withdrawn_at=None).first()


@require_safe
def one_image(request: HttpRequest, sha256: str) -> HttpResponse:
    """One image: what it shows, whose it is, and what was checked."""
    image = live(sha256)
    if image is None:
        return missing(request, sha256)
    shown = browse.labels_of(image)
    ways = labels.paths_of([row["label"] for row in shown])
    for row in shown:
        row["path"] = ways[row["label"].pk]
        row["standing"] = standing(row["claim"])
    own = image.supplier_id == request.user.pk
    newer, older = browse.neighbours(image, shown[0]["label"] if shown else None)
    context = {
        "image": image,
        "labels": shown,
        "twins": browse.twins_of(image),
        "similar": neighbours.similar(image),
        "datasets": shelf.holding(image, who(request)),
        "checks": CHECKS,
        "noticed": [browse.QUALITY[flag] for flag in image.flags if flag in browse.QUALITY],
        "previous": newer,
        "following": older,
        "owner": own,
        "reach": suppliers.in_words(suppliers.reach(Image.objects.filter(pk=image.pk))) if own else "",
        "renditions": list(image.renditions.filter(side__gt=0).order_by("-side")),
        "credit_line": f"{image.credit}, {image.licence}, via Deep Images Hub",
        "licence_url": reverse("licences"),
        "takedowns": reasons.choices(reasons.TAKEDOWNS),
    }
    return render(request, "images/image.html", context)


def missing(request: HttpRequest, sha256: str) -> HttpResponse:
    """404 for what never was, 410 for what was withdrawn."""
    if Image.objects.filter(sha256=sha256).exists():
        return problem(request, 410, "gone")
    return problem(request, 404, "not_found")


@require_safe
def rendition(request: HttpRequest, sha256: str, side: int) -> HttpResponseBase:
    """A picture of a live image."""
    # By hand: a page has sixty, and the ORM takes longer to write this than Postgres to answer it.
    found = sql.rows("shown_rendition", sha256=sha256, side=side)
    if not found:
        return missing(request, sha256)
    response = storage.response("renditions", storage.rendition_key(found[0]["sha256"]), "image/jpeg")
    response["Cache-Control"] = "public, max-age=300"
    return response


@login_required
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A photo in review or under appeal, to its supplier and to moderators."""
    looked_at = Q(state="review") | Q(appealed_at__isnull=False)
    visible = Submission.objects.filter(submissions.visible_to(visitor(request)), looked_at)
    found = get_object_or_404(visible.exclude(preview_sha256=""), pk=pk)
    response = storage.response("renditions", storage.rendition_key(found.preview_sha256), "image/jpeg")
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def original(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """The bytes as received, to their supplier alone: they may say where and with what they were taken."""
    image = get_object_or_404(Image, sha256=sha256, withdrawn_at=None, supplier=visitor(request))
    content_type, extension = EXTENSIONS[image.format]
    name = f"{image.sha256[:16]}.{extension}"
    response = storage.response("originals", storage.key(image.sha256), content_type, attachment=name)
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def withdraw(request: HttpRequest, sha256: str) -> HttpResponse:
    """Its supplier takes a photo back."""
    image = get_object_or_404(Image, sha256=sha256, withdrawn_at=None, supplier=visitor(request))
    ring(*catalogue.withdraw(image))
    messages.success(request, "Taken back: the photo is gone from every page and every count.")
    return redirect("mine")
