"""Watch a label: be told by mail once there are enough distinct photos of it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from hub import watches
from hub.models import Label
from hub.views.decorators import visitor


@login_required
@require_POST
def watch_label(request: HttpRequest, slug: str) -> HttpResponse:
    """Watch it, or with `stop` no more."""
    label = get_object_or_404(Label, slug=slug)
    if "stop" in request.POST:
        visitor(request).watches.filter(label=label).delete()
        messages.success(request, f"You watch {label.name} no more.")
    else:
        found = watches.watch(visitor(request), [label])[0]
        messages.success(request, f"You watch {label.name}: a mail comes at {found.wanted} distinct photos.")
    return redirect("trainings" if request.POST.get("next") == "trainings" else label)
