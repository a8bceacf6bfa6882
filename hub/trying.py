"""Pictures somebody tries a model on: put aside for the worker that answers, and never kept."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import IO, Any

from django.conf import settings

from hub import reasons, storage
from hub.models import Account, TrainedModel
from hub.operations import pauses
from hub.problems import Refused
from hub.trained import visible_to

MOST, TOP = 16, 5
# What answers: smallest of those that answer as the model does.
FILE = "model-float16.tflite"


def find(account: Account | None, pk: int) -> TrainedModel:
    """A model this visitor may see. Raises Refused."""
    if model := visible_to(account).filter(pk=pk).first():
        return model
    raise Refused("not_found", 404)


def check(pictures: Sequence[Any]) -> None:
    """Raises Refused for no picture at all, too many at once, or while trying is paused."""
    pauses.must_run("predict")
    if not pictures:
        raise Refused("no_file", 400)
    if len(pictures) > MOST:
        raise Refused("too_many_pictures", limit=MOST)


def put(pictures: Iterable[bytes | IO[bytes]]) -> list[str]:
    """Put pictures aside, all or none, under names nobody can guess. Raises storage.Away."""
    names: list[str] = []
    try:
        for picture in pictures:
            names.append(storage.one_time_name())
            storage.put("incoming", names[-1], picture)
    except BaseException:
        forget(names)
        raise
    return names


def forget(names: Iterable[str]) -> None:
    """Remove pictures that were put aside. What a store that is away keeps of them is cleared with its orphans."""
    with suppress(storage.Away):
        for name in names:
            storage.delete("incoming", name)


def take(name: str) -> bytes:
    """The bytes of a picture put aside, of one that is too large a byte too many. Raises Refused, storage.Away."""
    try:
        with storage.opened("incoming", name) as file:
            return file.read(settings.MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise Refused("never_arrived") from None


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """What a worker said of a picture ({top} or {code, detail}), in words too."""
    if not answer.get("code"):
        top = [{"label": label, "probability": share} for label, share in answer["top"]]
        return {"answers": top, "code": "", "words": "", "advice": ""}
    code, detail = answer["code"], answer.get("detail")
    return {"answers": [], "code": code, "words": reasons.words(code, detail), "advice": reasons.advice(code, detail)}
