"""A supplier, as the world sees them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hub import browse, facets, model_pages
from hub.people import suppliers
from hub.views.datasets import who


@require_safe
def supplier(request: HttpRequest, username: str) -> HttpResponse:
    """Credit line, what they give, where it went, and their newest photos; no place of any."""
    visitor = who(request)
    account = suppliers.find(username, visitor)
    if account is None:
        raise Http404
    page, cursor = browse.keyset(suppliers.live(account), request.GET.get("before", ""))
    impact = suppliers.impact(account)
    context = {
        "supplier": account,
        "own": account == visitor,
        **suppliers.figures(account),
        "impact": impact,
        "reach": suppliers.in_words(impact),
        "models": [(one, model_pages.title(one)) for one in impact.public_models],
        "page": page,
        "next_url": facets.address(request.path, before=cursor) if cursor else "",
    }
    return render(request, "suppliers/supplier.html", context)
