"""A trained model's folder: figures, files, charts, every model file checked, papers last."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dih.album import Album, credits
from dih.backbones import card, charts, checking, export, golden, predictor, report
from dih.backbones.spec import BACKBONES
from dih.backbones.types import Example, Outcome, Recipe
from dih.backbones.weights import Weights
from dih.going import Going

GOLDEN, REPRESENTATIVE = 10, 40


def write(
    outcome: Outcome, recipe: Recipe, found: Album, weights: Weights | None, folder: Path, listener: Going
) -> dict[str, Any]:
    """Write every file of a model into an empty folder; its metrics. Raises the core's Failure when one is wrong."""
    metrics = report.build(outcome, found.examples, found.labels, recipe.seed)
    listener.phase("export", len(export.MAKERS))
    files = export.artefacts(outcome, _material(found), folder, listener.step)
    files += [*charts.write(outcome, metrics, folder), _listed(found, folder)]
    listener.phase("check", len(export.MODELS))
    metrics["checked"] = checking.check(folder, listener.step)
    facts = _facts(recipe, found, weights, outcome)
    export.papers(folder, metrics, card.card(facts, metrics, files, metrics["checked"]))
    return metrics


def _material(found: Album) -> export.Material:
    files = credits(found.folder).files
    given = dict(zip((one.id for one in found.examples), map(found.name, found.files), strict=True))
    test, training = ([one for one in found.examples if one.split == split] for split in ("test", "train"))
    pictures = [
        golden.Picture(one.id, found.read(one), *files.get(given[one.id], ("", ""))) for one in spread(test, GOLDEN)
    ]
    return export.Material(found.labels, test, [found.read(one) for one in spread(training, REPRESENTATIVE)], pictures)


def spread(examples: Sequence[Example], most: int) -> list[Example]:
    """At most so many, spread over all of them."""
    return [examples[round(place)] for place in np.linspace(0, len(examples) - 1, min(most, len(examples)))]


def _listed(found: Album, folder: Path) -> export.Artefact:
    """files.csv: which file was which picture, where it went, and what was left out."""
    with (folder / "files.csv").open("w", encoding="utf-8", newline="") as file:
        write = predictor.table(file, ("file", "image", "label", "split", "group", "skipped"))
        for path, one in zip(found.files, found.examples, strict=True):
            write((found.name(path), one.id, found.labels[one.label], one.split, one.group, ""))
        for path, why in found.skipped:
            write((found.name(path), "", "", "", "", why))
    return export.artefact(folder / "files.csv")


def _facts(recipe: Recipe, found: Album, weights: Weights | None, outcome: Outcome) -> card.Facts:
    credit = credits(found.folder)
    name = found.folder.resolve().name
    return card.Facts(
        title=f"{name}: {recipe.backbone}",
        labels=found.labels,
        backbone=recipe.backbone,
        method=recipe.method,
        seed=recipe.seed,
        data=f"The pictures of a folder, {name}.",
        split=found.split,
        weights=_origin(weights, BACKBONES[recipe.backbone].published),
        weights_sha256=weights.sha256 if weights else "",
        version=credit.version,
        licences=Counter(licence for licence, _ in credit.files.values()),
        credits=len({who for _, who in credit.files.values()}),
        made={key: outcome.facts[key] for key in ("precision", "device", "versions") if key in outcome.facts},
    )


def _origin(weights: Weights | None, published: Any) -> str:
    if weights is None:
        return "scratch"
    with weights.path.open("rb") as file:
        md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return "published" if md5 == published.md5 else "other"
