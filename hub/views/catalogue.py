"""Pages everybody browses: home, labels, one label; and what suppliers agree to."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from hub import browse, facets, forms, labels, maps
from hub.demand import wanted
from hub.models import Account, Label, LabelProposal
from hub.models.submission import Licence
from hub.reasons import FILES, MODERATED, TAKEDOWNS, advice, words
from hub.views.datasets import who
from hub.views.decorators import visitor
from hub.views.watching import beginning

# More direct kinds than any label has, in the hierarchies we know.
MANY = 500
# As many as the strip of the home page holds.
WISHES = 6
MEANING = {
    Licence.CC0: "Anyone may use your photos for anything, without naming you.",
    Licence.CC_BY: "Anyone may use your photos for anything, naming you.",
    Licence.CC_BY_SA: "Anyone may use your photos, naming you, and must share what they make of them alike.",
}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the hub is, its live numbers, and what came last."""
    counted = browse.stats()
    context = {
        "numbers": browse.numbers(counted),
        "newest": browse.newest_batches(),
        "wishes": wanted.board(who(request), limit=WISHES)[0],
        "world": browse.world(counted),
        "top_countries": [(name, n) for _, name, n in browse.top_countries(counted)],
    }
    return render(request, "home.html", context)


@require_safe
def borders(request: HttpRequest, version: str) -> HttpResponse:
    """The shapes that maps are made of; the same for ever under one address."""
    if version != maps.version():
        raise Http404
    return HttpResponse(
        maps.borders(), "image/svg+xml", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


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
        "next_url": facets.address(request.path, **kept) if cursor else "",
    }
    return render(request, "labels/labels.html", context)


def clean(text: str) -> str:
    """A search text as the database takes it: no NUL, at most 100 characters."""
    return text.replace("\0", "").strip()[:100]


@require_safe
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
    filters = facets.chosen(request.GET.dict())
    scope = "direct" if request.GET.get("scope") == "direct" else "all"
    before = request.GET.get("before", "")
    images = facets.images_under(label, filters, direct=scope == "direct", before=before)
    page, cursor = browse.keyset(images.only(*browse.TILE), before)
    kept = {"scope": "direct" if scope == "direct" else ""}
    countries = browse.top_countries(counted, 12)
    context = {
        "label": label,
        "paths": labels.paths(label),
        "children": labels.tiles(label, limit=MANY)[0],
        "siblings": labels.siblings(label),
        "parts": labels.parts(label),
        **wanted_here(request, label),
        "synonyms": [name.text for name in label.names.all() if name.text != label.name],
        "images": counted.one("images"),
        "direct": counted.one("direct"),
        "drawn": counted.one("drawn"),
        "quality": browse.quality(counted),
        "sides": browse.sides(counted),
        "licences": [(dict(Licence.choices).get(name, name), n) for name, n in counted.of("licence").items()],
        "suppliers": [
            (name, n, facets.address(request.path, **{**kept, **filters, "supplier": pk}))
            for name, n, pk in browse.top_suppliers(counted)
        ],
        "countries": countries[:10],
        "world": browse.world(counted),
        "weeks": browse.weeks(counted),
        "page": page,
        "next_url": facets.address(request.path, **{**kept, **filters, "before": cursor}) if cursor else "",
        "facets": facets.offered(request.path, counted, countries, filters, **kept),
        "filtered": bool(filters),
        "clear_url": facets.address(request.path, **kept),
        "scope": scope,
        "scope_urls": {
            "all": facets.address(request.path, **filters),
            "direct": facets.address(request.path, **filters, scope="direct"),
        },
    }
    return render(request, "labels/label.html", context)


def wanted_here(request: HttpRequest, label: Label) -> dict[str, Any]:
    """What the page of a label says of who waits for it, and lets its visitor wish."""
    if not isinstance(request.user, Account):
        return {"wish": wanted.of(label)}
    watched = request.user.watches.filter(label=label, ready_at=None).exists()
    return {
        "wish": wanted.of(label, request.user),
        "watched": watched,
        "subscribed": request.user.subscriptions.filter(label=label).exists(),
        "asking": forms.WatchForm(initial=beginning(request.user, label)),
    }


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


@require_safe
def licences(request: HttpRequest) -> HttpResponse:
    """What each licence means, which files are taken, and every answer a file can get."""
    context = {
        "limits": forms.limits(),
        "licences": [(licence.value, licence.label, MEANING[licence]) for licence in Licence],
        "answers": [(code, words(code), advice(code)) for code in FILES | TAKEDOWNS | MODERATED],
    }
    return render(request, "licences.html", context)
