"""Queue `predict`: what a model says of pictures somebody tries. The web asks and waits; a warm worker answers."""

import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any

import structlog
from celery.exceptions import TimeoutError as NoAnswer
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from hub import storage, trained, trying
from hub.models import ModelFile, TrainedModel
from hub.problems import Refused
from workers.celery import app

if TYPE_CHECKING:
    from workers.backbones.predictor import Model

# Views import this module to ask, so what decodes pictures is imported by the task itself.
log = structlog.get_logger("workers.predict")
WAIT, EACH = 10, 2  # seconds a visitor waits for the first picture, and for each other
# So many visitors may wait at once: the web's other threads go on with pages.
WAITING = threading.BoundedSemaphore(4)
KEPT = 2
# Celery gives up on a Redis that is away with a RuntimeError.
AWAY = (OperationalError, RedisError, RuntimeError)
_loaded: "OrderedDict[tuple[str, ...], Model]" = OrderedDict()


def ask(model: TrainedModel, pictures: Iterable[bytes | IO[bytes]]) -> dict[str, Any]:
    """What a model says of each picture: {pictures: [{answers, code, words, advice}], seconds}. None is kept.

    Raises Refused: away, no_predict_worker, model_file_gone; storage.Away.
    """
    begun = time.monotonic()
    if not WAITING.acquire(blocking=False):
        raise Refused("no_predict_worker", 503)
    try:
        answer = _asked(model, trying.put(pictures))
    finally:
        WAITING.release()
    if code := answer.get("code"):
        raise Refused(code, 503)
    said = [trying.told(one) for one in answer["pictures"]]
    return {"pictures": said, "seconds": round(time.monotonic() - begun, 3)}


def _asked(model: TrainedModel, names: list[str]) -> dict[str, Any]:
    """The worker's answer, which keeps no picture; where none comes, they are removed here."""
    wait = WAIT + EACH * (len(names) - 1)
    try:
        # What takes longer than anybody waits is given up, its process with it.
        limits = {"expires": wait, "soft_time_limit": wait + 5, "time_limit": wait + 10}
        result = predict.apply_async([model.pk, names], **limits)
        answer = result.get(timeout=wait, propagate=False)
        result.forget()
    except (NoAnswer, *AWAY) as error:
        answer = error
    if isinstance(answer, dict):
        return answer
    trying.forget(names)
    log.error("no answer", model=model.pk, error=repr(answer))
    raise Refused("away" if isinstance(answer, AWAY) else "no_predict_worker", 503)


@app.task(ignore_result=False)
def predict(model: int, names: list[str]) -> dict[str, Any]:
    """The five likeliest labels of each picture put aside, or a code why there are none."""
    try:
        found = _model(TrainedModel.objects.get(pk=model))
        return {"pictures": [_answer(found, name) for name in names]}
    except (Refused, TrainedModel.DoesNotExist) as refused:
        log.error("model not loaded", model=model, error=repr(refused))
        return {"code": "model_file_gone"}
    except storage.Away as away:
        log.error("storage away", error=str(away))
        return {"code": "away"}
    finally:
        trying.forget(names)


def _answer(model: "Model", name: str) -> dict[str, Any]:
    from workers.backbones.predictor import Unreadable
    from workers.imaging import Rejected

    try:
        data = trying.take(name)
        _check(data)
        return {"top": model.predict(data)[: trying.TOP]}
    except (Rejected, Refused) as refused:
        return {"code": refused.code, "detail": refused.detail}
    except Unreadable as error:
        return {"code": "too_complex" if isinstance(error.__cause__, MemoryError) else "damaged"}


def _check(data: bytes) -> None:
    """Raises Rejected by what a file's container says. Shape and smallness are no matter where nothing is kept."""
    from dataclasses import replace

    from workers.imaging import formats
    from workers.ingest import limits

    formats.read(data, replace(limits(), min_side=1, max_aspect=float("inf")))


def _model(model: TrainedModel) -> "Model":
    """A model ready to answer; the last two asked for are kept. Raises Refused when its file is gone or damaged."""
    file = trained.file(model, trying.FILE)
    key = (file.sha256, *model.labels)
    if key not in _loaded:
        while len(_loaded) >= KEPT:  # first, for each takes a fifth of the memory the process may have
            _loaded.popitem(last=False)
        _loaded[key] = _load(file, model.labels)
    _loaded.move_to_end(key)
    return _loaded[key]


def _load(file: ModelFile, labels: list[str]) -> "Model":
    """Load what was checked, and nothing else: from a copy nobody can change meanwhile."""
    from workers.backbones import predictor

    try:
        data = storage.get("artifacts", trained.key(file.sha256))
    except FileNotFoundError:
        raise Refused("model_file_gone") from None
    if storage.digest_of(data) != file.sha256:
        raise Refused("model_file_gone")
    with tempfile.NamedTemporaryFile(suffix=".tflite") as copy:
        copy.write(data)
        copy.flush()
        try:
            return predictor.load(copy.name, labels)
        except (ValueError, RuntimeError):
            raise Refused("model_file_gone") from None
