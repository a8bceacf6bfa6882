"""Pages everybody browses: home, labels, one label, one image."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe

from hub import browse, catalogue, forms, labels, storage
from hub.models import Image, Label, LabelProposal
from hub.models.submission import Licence
from hub.problems import problem
from hub.reasons import REASONS
from hub.views.decorators import moderator, visitor

EXTENSIONS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
MEANING = {
    Licence.CC0: "Anyone may use your photos for anything, without naming you.",
    Licence.CC_BY: "Anyone may use your photos for anything, naming you.",
    Licence.CC_BY_SA: "Anyone may use your photos, naming you, and must share what they make of them alike.",
}
CHECKS = (
    "Read completely, by a strict decoder",
    "No copy of it in the whole hub, exact, edited or mirrored",
    "Turned upright, and freed of all metadata",
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the hub is, its live numbers, and what came last."""
    counted = browse.stats()
    context = {
        "numbers": browse.numbers(counted),
        "newest": browse.newest_batches(),
        "world": browse.world(counted),
        "top_countries": [(name, n) for _, name, n in browse.top_countries(counted)],
    }
    return render(request, "home.html", context)


@require_safe
def all_labels(request: HttpRequest) -> HttpResponse:
    """The hierarchy as tiles or as a tree, and search."""
    q = clean(request.GET.get("q", ""))
    view = "tree" if request.GET.get("view") == "tree" else "tiles"
    under = get_object_or_404(Label, slug=clean(request.GET["under"])) if request.GET.get("under") else None
    tiles, cursor = labels.tiles(under, request.GET.get("after", "")) if view == "tiles" and not q else ([], "")
    kept = {"under": under.slug if under else "", "after": cursor}
    context = {
        "q": q,
        "view": view,
        "under": under,
        "hits": labels.search(q) if q else [],
        "path": (labels.paths(under) or [[]])[0] if under else [],
        "tiles": tiles,
        "tree": labels.tree(under) if view == "tree" and not q else [],
        "next_url": browse.address(request.path, **kept) if cursor else "",
    }
    return render(request, "labels/labels.html", context)


def clean(text: str) -> str:
    """A search text as the database takes it: no NUL, at most 100 characters."""
    return text.replace("\0", "").strip()[:100]


@require_GET
def labels_json(request: HttpRequest) -> HttpResponse:
    """Labels that match what is being typed."""
    hits = labels.search(clean(request.GET.get("q", "")), 12)
    found = [
        {
            "slug": hit.label.slug,
            "name": hit.label.name,
            "path": " › ".join(label.name for label in hit.path),
            "images": hit.images,
        }
        for hit in hits
    ]
    return JsonResponse({"labels": found, "propose_url": reverse("propose_label")})


@require_safe
def one_label(request: HttpRequest, slug: str) -> HttpResponse:
    """What the hub holds of one label."""
    label = get_object_or_404(Label, slug=slug)
    counted = browse.stats(label)
    filters = browse.chosen(request.GET.dict())
    scope = "direct" if request.GET.get("scope") == "direct" else "all"
    images = browse.images_under(label, filters, direct=scope == "direct")
    page, cursor = browse.keyset(images.select_related("place"), request.GET.get("before", ""))
    kept = {"scope": "direct" if scope == "direct" else ""}
    context = {
        "label": label,
        "paths": labels.paths(label),
        "children": labels.tiles(label)[0],
        "siblings": labels.siblings(label),
        "parts": labels.parts(label),
        "synonyms": [name.text for name in label.names.all() if name.text != label.name],
        "images": counted.one("images"),
        "direct": counted.one("direct"),
        "drawn": counted.one("drawn"),
        "quality": browse.quality(counted),
        "sides": browse.sides(counted),
        "licences": [(dict(Licence.choices).get(name, name), n) for name, n in counted.of("licence").items()],
        "suppliers": [
            (name, n, browse.address(request.path, **{**kept, **filters, "supplier": pk}))
            for name, n, pk in browse.top_suppliers(counted)
        ],
        "countries": browse.top_countries(counted),
        "world": browse.world(counted),
        "weeks": browse.weeks(counted),
        "page": page,
        "next_url": browse.address(request.path, **{**kept, **filters, "before": cursor}) if cursor else "",
        "facets": browse.facets(request.path, counted, filters, **kept),
        "filtered": bool(filters),
        "clear_url": browse.address(request.path, **kept),
        "scope": scope,
        "scope_urls": {
            "all": browse.address(request.path, **filters),
            "direct": browse.address(request.path, **filters, scope="direct"),
        },
    }
    return render(request, "labels/label.html", context)


@login_required
def propose_label(request: HttpRequest) -> HttpResponse:
    """Propose a label that is missing."""
    form = forms.ProposalForm(request.POST or None, initial={"name": clean(request.GET.get("name", ""))})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        labels.propose(visitor(request), given["name"], given["parent"], given["why"])
        messages.success(request, "Thank you. A moderator looks at it.")
        return redirect("propose_label")
    proposals = LabelProposal.objects.filter(proposer=visitor(request)).select_related("label", "parent")
    context = {"form": form, "mine": list(proposals.order_by("-id")[:50])}
    return render(request, "labels/propose.html", context, status=422 if form.errors else 200)


@moderator
@require_POST
def decide_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or decline a proposed label."""
    proposal = get_object_or_404(LabelProposal, pk=pk)
    decide = labels.accept if request.POST.get("accept") else labels.decline
    decide(proposal, visitor(request))
    return redirect("review")


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
    newer, older = browse.neighbours(image, image.batch.label)
    context = {
        "image": image,
        "labels": shown,
        "twins": browse.twins_of(image),
        "checks": [*CHECKS, *(browse.QUALITY[flag] for flag in image.flags if flag in browse.QUALITY)],
        "previous": newer,
        "following": older,
        "owner": image.supplier_id == request.user.pk,
        "renditions": list(image.renditions.order_by("-side")),
        "credit_line": f"{image.credit}, {image.licence}, via Deep Images Hub",
        "supplier_name": image.supplier.username,
        "licence_url": reverse("licences"),
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
    image = Image.objects.filter(sha256=sha256, withdrawn_at=None, renditions__side=side)
    found = image.values_list("renditions__sha256", flat=True).first()
    if found is None:
        return missing(request, sha256)
    response = storage.response("renditions", storage.rendition_key(found), "image/jpeg")
    response["Cache-Control"] = "public, max-age=300"
    return response


@login_required
@require_safe
def original(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """The bytes as received, to their supplier alone: they may say where and with what they were taken."""
    image = get_object_or_404(Image, sha256=sha256, withdrawn_at=None, supplier=visitor(request))
    content_type, extension = EXTENSIONS.get(image.format, ("application/octet-stream", "heic"))
    name = f"{image.sha256[:16]}.{extension}"
    response = storage.response("originals", storage.key(image.sha256), content_type, attachment=name)
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def withdraw(request: HttpRequest, sha256: str) -> HttpResponse:
    """Its supplier takes a photo back."""
    image = get_object_or_404(Image, sha256=sha256, withdrawn_at=None, supplier=visitor(request))
    catalogue.withdraw(image)
    messages.success(request, "Taken back: the photo is gone from every page and every count.")
    return redirect("mine")


@require_safe
def licences(request: HttpRequest) -> HttpResponse:
    """What each licence means, which files are taken, and every answer a file can get."""
    context = {
        "limits": forms.limits(),
        "licences": [(licence.value, licence.label, MEANING[licence]) for licence in Licence],
        "reasons": REASONS,
    }
    return render(request, "licences.html", context)
