"""What moderators decide: each answer goes back to its queue, or to the script that asked."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from hub import labels
from hub.models import Account, Doubt, Image, Job, Label, LabelProposal, Submission
from hub.moderation import appeals, doubts, moderating, settling, standing
from hub.problems import Refused, wants_json
from hub.reviewing import disputes, gold
from hub.views.decorators import moderator, visitor
from workers.celery import ring

# More than a page shows, and few enough for one transaction.
MANY = 100


def decided(request: HttpRequest, queue: str, said: str) -> HttpResponse:
    """It is done: back to the queue it came from."""
    if wants_json(request):
        return JsonResponse({"said": said})
    messages.success(request, said)
    return redirect("moderation_queue", queue)


def one_of(request: HttpRequest, name: str, *known: str) -> str:
    """What a form says of a field that knows these answers. Raises Refused for any other."""
    if (said := request.POST.get(name, "")) not in known:
        raise Refused("bad_request", 400)
    return said


def numbers(values: list[str]) -> list[int]:
    """Ids of a form. Raises Refused for what is none, and for too many."""
    if len(values) > MANY or not all(value.isascii() and value.isdigit() and len(value) < 19 for value in values):
        raise Refused("bad_request", 400)
    return [int(value) for value in values]


def catalogued(sha256: str) -> Image:
    """The image of this digest, the live one if there is one."""
    found = Image.objects.filter(sha256=sha256).order_by("-withdrawn_at").select_related("supplier")
    return found.filter(withdrawn_at=None).first() or get_object_or_404(found[:1])


@moderator
@require_POST
def decide_held(request: HttpRequest) -> HttpResponse:
    """Let in what a page showed but for the marked ones, which are refused for one reason; or those marked alone."""
    bad = {pk: request.POST.get("reason", "") for pk in numbers(request.POST.getlist("bad"))}
    shown = [] if "only" in request.POST else numbers(request.POST.get("shown", "").split())
    done, rung = moderating.decide_held(shown, bad, visitor(request))
    ring(*rung)
    refused = len({*done} & {*bad})
    missed = len({*shown, *bad} - {*done})
    said = f"{len(done) - refused} let in, {refused} refused."
    return decided(request, "new", f"{said} {missed} left: decided meanwhile, or your own." if missed else said)


@moderator
@require_POST
def decide_reports(request: HttpRequest, sha256: str) -> HttpResponse:
    """The photo stays, whatever was reported of it."""
    ring(*moderating.keep_photo(catalogued(sha256), visitor(request)))
    return decided(request, "reports", "The photo stays.")


@moderator
@require_POST
def take_down(request: HttpRequest, sha256: str) -> HttpResponse:
    """A photo goes, for a reason its supplier is told."""
    given, queue = request.POST, request.POST.get("next", "")
    reason, note = given.get("reason", ""), given.get("note", "").replace("\0", "")
    ring(*moderating.take_down(catalogued(sha256), visitor(request), reason, note, queue=queue))
    return decided(request, "quality" if queue == "quality" else "reports", "The photo was taken down.")


@moderator
@require_POST
def find_fine(request: HttpRequest, sha256: str) -> HttpResponse:
    """Nothing is wrong with a flagged picture."""
    moderating.find_fine(catalogued(sha256), visitor(request))
    return decided(request, "quality", "Its flags are off.")


@moderator
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Which label a picture given under two of them shows."""
    right = one_of(request, "right", "first", "second", "both")
    settling.settle(get_object_or_404(Submission, pk=pk), visitor(request), right)
    return decided(request, "conflicts", "Settled.")


@moderator
@require_POST
def decide_doubt(request: HttpRequest, pk: int) -> HttpResponse:
    """A moderator looked at a doubted label: it is right, or comes off."""
    said = one_of(request, "right", "yes", "no", "instead")
    doubt, right = get_object_or_404(Doubt, pk=pk), said == "yes"
    ring(*doubts.decide(doubt, visitor(request), right=right, instead=said == "instead"))
    return decided(request, "doubts", "The label stays." if right else "The label is off.")


@moderator
@require_POST
def decide_claim(request: HttpRequest, sha256: str, slug: str) -> HttpResponse:
    """Whether a photo shows a label people differ about; if not, what it shows instead."""
    right, label = one_of(request, "right", "yes", "no") == "yes", get_object_or_404(Label, slug=slug)
    named = request.POST.get("instead", "").replace("\0", "?")
    instead = get_object_or_404(Label, slug=named) if named else None
    disputes.decide(catalogued(sha256), label, visitor(request), right=right, instead=None if right else instead)
    return decided(request, "claims", "The label stays." if right else "The label is off.")


@moderator
@require_POST
def decide_appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """The photo goes in after all, or the decision stays."""
    grant = one_of(request, "answer", "grant", "deny") == "grant"
    ring(*appeals.decide(get_object_or_404(Submission, pk=pk), visitor(request), grant=grant))
    return decided(request, "appeals", "It goes in." if grant else "The decision stays.")


@moderator
@require_POST
def decide_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or decline a proposed label."""
    proposal = get_object_or_404(LabelProposal, pk=pk)
    if not {"accept", "decline"} & set(request.POST):
        raise Refused("bad_request", 400)
    accept = "accept" in request.POST
    (labels.accept if accept else labels.decline)(proposal, visitor(request))
    return decided(request, "proposals", "The label is made." if accept else "Declined.")


@moderator
@require_POST
def decide_account(request: HttpRequest, pk: int) -> HttpResponse:
    """Trust an account, suspend it (with its photos, if so marked), let it back; or what concerns its reviewing."""
    account, act = get_object_or_404(Account, pk=pk, gone_at=None), one_of(request, "act", *ACTS)
    ring(*ACTS[act](account, visitor(request), request.POST))
    return decided(request, "people", f"Done: {account.username}.")


def _suspend(account: Account, moderator: Account, form: QueryDict) -> list[Job]:
    return standing.suspend(account, moderator, form.get("reason", ""), take_down_photos=form.get("photos", ""))


def _let_review(account: Account, moderator: Account, form: QueryDict) -> list[Job]:
    gold.lift(account, moderator)
    return []


def _set_aside(account: Account, moderator: Account, form: QueryDict) -> list[Job]:
    gold.set_aside(account, moderator)
    return []


ACTS: dict[str, Callable[[Account, Account, QueryDict], list[Job]]] = {
    "trust": lambda account, moderator, form: standing.trust(account, moderator),
    "suspend": _suspend,
    "lift": lambda account, moderator, form: standing.lift(account, moderator),
    "let_review": _let_review,
    "set_aside": _set_aside,
}
