"""How to cite a version: in words, and as CITATION.cff 1.2."""

from .plan import Plan
from .types import quoted

AUTHOR = "Contributors of Deep Images Hub"


def sentence(plan: Plan) -> str:
    """The citation of a version. No date: the same version says the same for ever."""
    return f"{AUTHOR}. {plan.title}. Version sha256:{plan.digest}."


def text(plan: Plan) -> str:
    """CITATION.cff."""
    lines = [
        "cff-version: 1.2.0",
        f"message: {quoted('Please cite this dataset by its version.')}",
        "type: dataset",
        f"title: {quoted(plan.title)}",
        "authors:",
        f"  - name: {quoted(AUTHOR)}",
        f"version: {quoted(plan.digest)}",
        "identifiers:",
        f"  - type: other\n    value: {quoted(f'sha256:{plan.digest}')}",
        f"    description: {quoted('SHA-256 of manifest.jsonl')}",
        "keywords:",
        *(f"  - {quoted(name)}" for name in dict.fromkeys(label["name"] for label in plan.header["labels"])),
    ]
    # Two licences would read as a choice between them.
    lines += [f"license: {spdx}" for spdx in plan.licences if len(plan.licences) == 1]
    return "\n".join(lines) + "\n"
