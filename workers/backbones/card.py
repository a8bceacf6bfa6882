"""README.md of a model: the card that people read, and under whose head model hubs find their way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any

from . import export, golden, snippets
from .figures import counts, escaped, figures, per_class, quoted, table
from .spec import BACKBONES

METHODS = {
    "probe": "a linear classifier (logistic regression) on the deep features of the frozen base",
    "transfer": "a new head on the frozen base",
    "finetune": "a new head on the frozen base, then the base's last convolution block with it",
    "full": "all layers",
}
# Whose terms the published weights stand under.
TERMS = {
    "vgg16": "CC-BY-4.0 (Visual Geometry Group, Oxford)",
    "vgg19": "CC-BY-4.0 (Visual Geometry Group, Oxford)",
    "inceptionv3": "Apache-2.0 (Keras)",
    "xception": "MIT (François Chollet, Keras)",
}
BODY = Template("""
# $title

Says which of $classes labels a photo shows: $labels.
$warning
## What it is for

A baseline: a first answer to how well these labels can be told apart, and a start for something better. It knows its
labels and no others, and names one of them for every picture, whatever it shows. Nothing that matters to somebody's
health, safety, money or rights should hang on it.

## What it was trained on

$data

$split

$counts

## How well it does

$figures

$per_class

metrics.json has all figures, predictions.csv the answer to every test picture.

## Limits

$limits

## How it was made

$made

## Files

$files

$checked

## Use it

$use

## Licences

$licences
""")
SCRATCH = "\n> **Trained from scratch.** It started from random weights and has seen no other pictures than its own.\n"
FOREIGN = """
> **Not the published weights.** The base it started from is a file of weights of the operator's own, which are not the
> ones Keras publishes for $backbone. Where they were not trained on photos, the figures below say only that the parts
> work together, and nothing of how well $backbone does.
"""
LIMITS = (
    "It was tried on held-out pictures of the same origin. Of other cameras, places and people, expect less.",
    "The whole picture is squeezed to a square of $side pixels: what is small in it may be lost.",
    "Its probabilities were calibrated on the validation pictures, and hold for pictures like them.",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a card tells that no figure and no file does.

    `data` says in words what it was trained on and `split` how that was divided; `version` is the id of the dataset's
    version, if it is one. `weights`: published, other (an operator's own) or scratch, with their SHA-256. `licences`
    counts the pictures under each licence (SPDX), `credits` the people to be named.
    """

    title: str
    labels: Sequence[str]
    backbone: str
    method: str
    seed: int
    data: str
    split: str
    weights: str
    weights_sha256: str = ""
    version: str = ""
    address: str = ""
    licences: Mapping[str, int] = field(default_factory=dict)
    credits: int = 0
    made: Mapping[str, Any] = field(default_factory=dict)  # more of how it was made: versions, precision, minutes


def card(
    facts: Facts,
    metrics: Mapping[str, Any],
    files: Sequence[export.Artefact],
    gaps: Mapping[str, Mapping[str, float]],
) -> str:
    """The whole card, from metrics.json, the files as they are, and what the self-check found (`checking.check`)."""
    parts = {
        "title": escaped(facts.title),
        "classes": len(facts.labels),
        "labels": ", ".join(map(escaped, facts.labels)),
        "warning": _warning(facts),
        "data": escaped(facts.data) + (f"\n\nVersion `{facts.version}`." if facts.version else ""),
        "split": escaped(facts.split),
        "counts": counts(metrics),
        "figures": "\n".join(f"- {line}" for line in figures(metrics)),
        "per_class": per_class(metrics),
        "limits": "\n".join(f"- {line}" for line in LIMITS).replace("$side", str(_side(facts))),
        "made": _listed(_made(facts)),
        "files": table([("file", "bytes", "SHA-256"), *((one.name, f"{one.size:,}", one.sha256) for one in files)]),
        "checked": _checked(files, gaps),
        "use": snippets.text([one.name for one in files]),
        "licences": _licences(facts),
    }
    return head(facts, metrics) + BODY.substitute(parts)


def head(facts: Facts, metrics: Mapping[str, Any]) -> str:
    """The YAML between the dashes: https://huggingface.co/docs/hub/model-cards."""
    lines = [
        "license: other",
        f"license_name: {quoted(', '.join(sorted(facts.licences)) or 'not stated')}",
        "license_link: README.md",
        "library_name: keras",
        "pipeline_tag: image-classification",
        "tags:\n- deep-images-hub\n- image-classification",
    ]
    if facts.weights == "published":
        lines.append(f"base_model: {quoted(f'keras-applications/{facts.backbone}')}")
    if facts.version:
        lines.append(f"datasets:\n- {quoted(f'deep-images-hub/{facts.version}')}")
    return "\n".join(("---", *lines, "metrics:\n- accuracy\n- f1", *_index(facts, metrics), "---", ""))


def _index(facts: Facts, metrics: Mapping[str, Any]) -> Iterable[str]:
    """The figures as model hubs list them."""
    named = (("accuracy", metrics.get("accuracy")), ("f1", metrics.get("macro_f1")))
    found = [(kind, value) for kind, value in named if value is not None]
    if not found:
        return
    data = facts.version or "a folder of pictures"
    yield f"model-index:\n- name: {quoted(facts.title)}\n  results:\n  - task:\n      type: image-classification"
    yield f"    dataset:\n      name: {quoted(facts.data)}\n      type: {quoted(data)}\n      split: test\n    metrics:"
    for kind, value in found:
        yield f"    - type: {kind}\n      value: {value:.4f}"


def _warning(facts: Facts) -> str:
    known = {"published": "", "scratch": SCRATCH, "other": FOREIGN.replace("$backbone", facts.backbone)}
    return known[facts.weights]


def _made(facts: Facts) -> Mapping[str, Any]:
    origin = {
        "published": "ImageNet weights as Keras publishes them",
        "other": "the operator's own, not the published ones",
        "scratch": "none: trained from scratch",
    }
    told = {"backbone": facts.backbone, "method": METHODS[facts.method], "base weights": origin[facts.weights]}
    told |= {"SHA-256 of the base weights": facts.weights_sha256} if facts.weights_sha256 else {}
    return told | {"seed": facts.seed, **facts.made} | ({"page": facts.address} if facts.address else {})


def _checked(files: Sequence[export.Artefact], gaps: Mapping[str, Mapping[str, float]]) -> str:
    """What the self-check found, and what could not be made."""
    rows = [(name, f"{one['gap']:.1e}", f"{one['agree']} of {one['pictures']}") for name, one in gaps.items()]
    said = f"Each was run in a process of its own on the pictures of {golden.FILE}, against what the model says:\n\n"
    said += table([("file", "largest difference of a probability", "same label"), *rows])
    missing = [name for name in export.MODELS if name not in {one.name for one in files}]
    return said + "".join(f"\n\n{name} was not made: its exporter is not installed there." for name in missing)


def _licences(facts: Facts) -> str:
    """Whose terms stand behind the weights; nobody here decides what they add up to."""
    rows = [(spdx, f"{number:,}") for spdx, number in sorted(facts.licences.items())]
    said = (
        table([("licence of the pictures", "pictures"), *rows])
        if rows
        else "The licences of the pictures are not known."
    )
    if facts.credits:
        said += f"\n\n{facts.credits:,} people are to be credited: the dataset's ATTRIBUTION.csv names them."
    if facts.weights == "published":
        said += f"\n\nThe base weights: {TERMS.get(facts.backbone, 'see Keras')}; they were trained on ImageNet."
    return said


def _side(facts: Facts) -> int:
    return BACKBONES[facts.backbone].side


def _listed(told: Mapping[str, Any]) -> str:
    return "\n".join(f"- {escaped(str(name))}: {escaped(_flat(value))}" for name, value in told.items())


def _flat(value: Any) -> str:
    return ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, Mapping) else str(value)
