"""`dih train`: a model from a folder of label folders, with no hub at all."""

import contextlib
import importlib
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dih.failures import OK, USAGE, Failure
from dih.said import Said

if TYPE_CHECKING:
    from dih.album import Album
    from dih.backbones.types import Recipe
    from dih.backbones.weights import Weights

KEPT = ".state"
NEEDED = ("numpy", "PIL", "keras", "tensorflow", "sklearn", "matplotlib", "ai_edge_litert")
INSTALL = "Install what it needs: pip install 'dih[train]'"
SCRATCH = "Try again with --backbone scratch, which needs none."
FEW = 50
WORDS = {
    "one_class": "All pictures have one label; there is nothing to tell apart.",
    "empty_split": "No picture is left for {split}.",
    "picture_gone": "A picture vanished meanwhile: {image}.",
    "picture_unreadable": "A picture no longer decodes: {image}.",
    "loss_not_finite": "The loss ceased to be a number in epoch {epoch}.",
    "out_of_memory": "The memory is too small for this.",
    "weights_missing": "There is no {file} in that folder.",
    "weights_damaged": "{file} is damaged, or not the file that Keras publishes.",
    "weights_unreachable": "The pretrained weights of {backbone} could not be fetched from {url}.",
    "artefacts_disagree": "{file} answers otherwise than the model, by {gap:.1e}; nothing was written.",
    "artefact_broken": "{file} does not answer: {why}; nothing was written.",
}


def train(said: Said, asked: Any) -> int:
    """`dih train`: 0 when the model's folder is there, every file of it checked. Raises Failure."""
    missing_packages(NEEDED, INSTALL)
    silent_start()
    from dih import album, going
    from dih.backbones.spec import BACKBONES
    from dih.backbones.types import Failure as Ended

    backbone = BACKBONES[asked.backbone]
    if asked.out.resolve().is_relative_to(asked.dir.resolve()):
        raise Failure(USAGE, "out_inside", f"{asked.out} would lie among the pictures.", "Name a folder beside them.")
    _check_room(asked.out)
    kept, listing = asked.out / KEPT, album.listed(asked.dir)
    with _in_words(Ended), contextlib.ExitStack() as held:
        weights = _weights(asked) if backbone.published else None
        held.enter_context(going.claimed(kept))
        found = album.opened(asked.dir, listing, kept / "pictures", backbone.side, asked.seed, said)
        _tell(said, found)
        settings = {"recipe": repr(_recipe(asked)), "weights": weights and weights.sha256, "data": album.digest(found)}
        if going.begin(kept, settings):
            said.line("Going on where it was broken off.")
        metrics = _made(said, asked, found, weights, kept)
        _delivered(kept, asked.out)
    low, high = metrics["interval"]
    said.line(f"accuracy {metrics['accuracy']:.1%} on held-out pictures (95 % interval {low:.1%} to {high:.1%})")
    said.line(f"{asked.out}: read its README.md, or try: dih predict {asked.out} PHOTO")
    said.result({"model": str(asked.out), "skipped": len(found.skipped), "metrics": metrics})
    return OK


def silent_start() -> None:
    """TensorFlow greets on standard error as it is imported, and cannot be asked not to."""
    import logging

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        importlib.import_module("tensorflow")
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def missing_packages(needed: tuple[str, ...], install: str) -> None:
    """Raise Failure, in words, when packages are not installed."""
    from importlib.util import find_spec

    if missing := [name for name in needed if not find_spec(name)]:
        raise Failure(USAGE, "missing_packages", f"{', '.join(missing)} is not installed.", install)


@contextlib.contextmanager
def _in_words(ended: type[Exception]) -> Iterator[None]:
    """What the core of training says in codes, as a failure of ours."""
    try:
        yield
    except ended as failure:
        code, detail = failure.code, failure.detail  # type: ignore[attr-defined]
        advice = SCRATCH if code.startswith("weights") else ""
        raise Failure(USAGE, code, WORDS.get(code, code).format(**detail), advice) from failure


def _check_room(out: Path) -> None:
    """Raises Failure for a folder that holds anything but an unfinished training."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / KEPT).is_dir())):
        raise Failure(USAGE, "out_exists", f"{out} is there already.", "Name another folder, or remove it.")


def _weights(asked: Any) -> "Weights":
    """Pretrained weights from --weights, or from Keras' own folder, fetched if need be. Raises the core's Failure."""
    from dih.backbones import weights
    from dih.backbones.spec import BACKBONES

    published = BACKBONES[asked.backbone].published
    assert published
    if asked.weights:
        return weights.locate(asked.backbone, asked.weights, {published.file: asked.weights_sha256})
    with contextlib.redirect_stdout(sys.stderr):  # Keras draws its bar where our results go
        return weights.fetch(asked.backbone, Path.home() / ".keras" / "models")


def _recipe(asked: Any) -> "Recipe":
    from dih.backbones.types import Recipe

    scratch = asked.backbone == "scratch"
    method, tuning = ("full", 0) if scratch else (asked.method, asked.epochs)
    return Recipe(asked.backbone, method, asked.seed, head_epochs=asked.epochs, tune_epochs=tuning)


def _tell(said: Said, found: "Album") -> None:
    """What was found, and what should be known of it."""
    for path, why in found.skipped:
        said.line(f"skipped  {path}: {why}")
    count = {split: sum(one.split == split for one in found.examples) for split in ("train", "validation", "test")}
    parts = ", ".join(f"{n} {split}" for split, n in count.items())
    said.line(f"{len(found.examples)} pictures of {len(found.labels)} labels ({parts}); {len(found.skipped)} skipped")
    if found.torn:
        said.line(f"{found.torn} groups of like pictures lie in more than one part: the figures will flatter.")
    distinct = Counter(label for label, _ in {(one.label, one.group) for one in found.examples})
    if few := [f"{name} {distinct[n]}" for n, name in enumerate(found.labels) if distinct[n] < FEW]:
        said.line(f"{FEW} distinct pictures of a label make a useful model; here are {', '.join(few)}.")


def _made(said: Said, asked: Any, found: "Album", weights: "Weights | None", kept: Path) -> dict[str, Any]:
    """Train, and write and check every file; the metrics."""
    from dih import going, written
    from dih.backbones.recipe import train as learn

    listener, recipe = going.Going(said, kept), _recipe(asked)
    try:
        store = going.Features(kept / "features")
        outcome = learn(found.examples, found.read, recipe, weights, store, listener, kept / "work")
        return written.write(outcome, recipe, found, weights, kept / "model", listener)
    finally:
        listener.close()


def _delivered(kept: Path, out: Path) -> None:
    """All files are written and checked: put them in their place, and keep no more."""
    for path in sorted((kept / "model").iterdir()):
        os.replace(path, out / path.name)
    shutil.rmtree(kept)
