"""Try a model on a picture: what it says, and nothing of the picture stays."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from hub import trying
from hub.problems import wants_json
from hub.views.datasets import who
from hub.views.decorators import costly
from workers import predict


@require_POST
@costly
def try_model(request: HttpRequest, pk: int) -> HttpResponse:
    """The five likeliest labels of each picture: as JSON for the page's script, as a page for everybody else."""
    model = trying.find(who(request), pk)
    files = request.FILES.getlist("file")
    trying.check(files)
    said = predict.ask(model, files)
    rows = [{"name": file.name} | answer for file, answer in zip(files, said["pictures"], strict=True)]
    if wants_json(request):
        return JsonResponse({"pictures": rows, "seconds": said["seconds"]})
    return render(request, "models/tried.html", {"model": model, "tried": rows, "seconds": said["seconds"]})
