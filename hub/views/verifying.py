"""Review: one picture and its candidates, a grid of one label, and how one's own verdicts did."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import reasons, storage
from hub.models import Image, Label, Rendition
from hub.problems import Refused, problem
from hub.reviewing import questions, verification
from hub.reviewing.questions import Question
from hub.reviewing.sealing import unseal
from hub.views.decorators import member, visitor
from hub.views.uploads import body, parsed
from workers.celery import ring

AHEAD, MOST = 12, 100
GRID = 24


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """One picture: which of these labels does it show? Scripts go on from here; without them, each answer is a form."""
    if request.method == "POST":
        return _answered(request)
    account = visitor(request)
    if account.paused_at:
        return render(request, "review/paused.html", {"why": reasons.advice("reviewing_paused")})
    found = questions.ask(account, 1)
    return _page(request, found[0] if found else None)


def _page(request: HttpRequest, question: Question | None, **context: Any) -> HttpResponse:
    waiting = questions.waiting(visitor(request))
    return render(request, "review/review.html", {"question": question, "waiting": waiting, **context})


def _answered(request: HttpRequest) -> HttpResponse:
    """A form without scripts: an answer, a skip, or taking back; then the next question."""
    account, said = visitor(request), request.POST
    if "undo" in said:
        found = verification.undo(account)
        return _page(request, found[0]) if found else redirect("review")
    if "skip" in said:
        return redirect("review")
    kept = _kept(request, said.get("token", ""), said.get("pick", ""), said.get("shows", ""))
    if kept and kept.ask:
        picked = Label.objects.get(slug=said["pick"])
        return _page(request, None, straight=kept.ask, picked=picked, token=said["token"])
    return redirect("review")


def _kept(request: HttpRequest, token: str, pick: str, shows: str) -> verification.Kept | None:
    """Keep one answer and tell what there is to tell; None where it came too late."""
    try:
        kept = verification.answer(visitor(request), token, pick, shows)
    except Refused as refused:
        if refused.status not in (409, 410):
            raise
        messages.warning(request, reasons.words(refused.code))
        return None
    ring(*kept.jobs)
    for code in kept.late:
        messages.info(request, reasons.words(code))
    return kept


@member
@require_POST
def review_questions(request: HttpRequest) -> HttpResponse:
    """More questions for a page that holds some: JSON {"held": [token]}."""
    held = body(request).get("held")
    if not isinstance(held, list) or len(held) > MOST or not all(isinstance(token, str) for token in held):
        raise Refused("bad_request", 400)
    found = questions.ask(visitor(request), AHEAD, held)
    return JsonResponse({"questions": [as_json(one) for one in found], "waiting": questions.waiting(visitor(request))})


def as_json(question: Question) -> dict[str, Any]:
    """A question as the page's script needs it."""
    return {
        "token": question.token,
        "picture": reverse("review_picture", args=[question.token, 1024]),
        "candidates": [{"slug": label.slug, "name": label.name} for label in question.candidates],
    }


@member
@require_POST
def review_answers(request: HttpRequest) -> HttpResponse:
    """Answers in the order they were given: a form, for a page that is being left can send nothing else.

    `answers` is JSON [{token, pick, shows}]; `results` says of each what became of it.
    """
    found = _list(request.POST.get("answers", ""))
    questions.may(visitor(request))
    return JsonResponse({"results": [_result(request, one) for one in found]})


def _list(text: str) -> list[dict[str, str]]:
    found = parsed(text)
    if not isinstance(found, list) or len(found) > MOST or not all(isinstance(one, dict) for one in found):
        raise Refused("bad_request", 400)
    return found


def _result(request: HttpRequest, said: dict[str, str]) -> dict[str, Any]:
    """What became of one answer. A refused one keeps no other waiting."""
    token, pick, shows = (str(said.get(name) or "")[:200] for name in ("token", "pick", "shows"))
    try:
        kept = verification.answer(visitor(request), token, pick, shows)
    except Refused as refused:
        return {"kept": False, "words": reasons.words(refused.code)}
    ring(*kept.jobs)
    new = bool(kept.kept) and "judged_before" not in kept.late
    words = " ".join(reasons.words(code) for code in kept.late if code != "judged_before")
    return {"kept": new, "words": words, "ask": kept.ask and {"slug": kept.ask.slug, "name": kept.ask.name}}


@member
@require_POST
def review_undo(request: HttpRequest) -> HttpResponse:
    """Take back the last verdict: its question, to be asked again, or null for a photo that is gone."""
    found = verification.undo(visitor(request))
    return JsonResponse({"question": as_json(found[0]) if found else None})


@login_required
@require_safe
def review_picture(request: HttpRequest, token: str, side: str) -> HttpResponseBase:
    """The picture of a question, under an address that does not say which photo it is."""
    asked = unseal(visitor(request), token)
    found = Rendition.objects.filter(image=asked.image, side=int(side), image__withdrawn_at=None).first()
    if found is None:
        gone = Image.objects.filter(pk=asked.image).exists()
        return problem(request, 410, "gone") if gone else problem(request, 404, "not_found")
    response = storage.response("renditions", storage.rendition_key(found.sha256), "image/jpeg")
    response["Cache-Control"] = "private, max-age=600"
    del response["Content-Disposition"]  # it names the file
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_grid(request: HttpRequest) -> HttpResponse:
    """Up to 24 photos of one label: those marked do not show it, the others do."""
    account, slug = visitor(request), request.GET.get("label", "").replace("\0", "?")
    if request.method == "POST":
        return _grid_answered(request)
    if account.paused_at:
        return render(request, "review/paused.html", {"why": reasons.advice("reviewing_paused")})
    label = Label.objects.filter(slug=slug).first() if slug else None
    context = {
        "label": label,
        "unknown": slug if slug and not label else "",
        "asked": questions.grid(account, label, GRID) if label else [],
        "waiting": questions.waiting(account, label),
        "labels": [] if label else questions.asked_labels(account),
        "given": request.session.get("grid", 0),
    }
    return render(request, "review/grid.html", context)


def _grid_answered(request: HttpRequest) -> HttpResponse:
    account, said = visitor(request), request.POST
    if "undo" in said:
        number = len(verification.undo(account, min(GRID, request.session.pop("grid", 0)) or 1))
        messages.success(request, f"{number} taken back.")
        return redirect(request.get_full_path())
    kept = verification.answer_all(account, said.getlist("token")[:GRID], said.getlist("wrong"))
    ring(*kept.jobs)
    request.session["grid"] = kept.kept
    lost = sum(code in ("gone", "already_decided") for code in kept.late)
    messages.success(request, f"{kept.kept} kept. Thank you.")
    if lost:
        messages.info(request, f"{lost} were decided or taken back meanwhile.")
    return redirect(request.get_full_path())


@login_required
@require_safe
def my_reviewing(request: HttpRequest) -> HttpResponse:
    """How many verdicts one gave, how many agreed with what came of them, and the measure by hidden questions."""
    found = verification.reviewed(visitor(request))
    share = found["measure"].share
    # In tens: a number that moves with each answer would tell which questions are the hidden ones.
    return render(request, "review/mine.html", found | {"about": share and round(10 * share) * 10})
