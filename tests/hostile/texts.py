"""Texts that mean harm, planted into every field a person can fill, and a reader that finds where one took effect."""

from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.db.models import CharField, TextField

TAG = "x0ss"
# A formula to spreadsheets; to pages the end of an attribute, an element and a handler; to templates a variable.
PLANT = f"""='"><{TAG} on{TAG}=1>{{{{{TAG}}}}}"""
# What people type, or name, or what other services answer.
TYPED = {
    "Account.credit", "Batch.agreement", "Batch.credit", "Dataset.description", "Dataset.name", "IdempotencyKey.key",
    "Image.credit", "Job.error", "Label.description", "Label.name", "LabelName.text", "LabelProposal.name",
    "LabelProposal.why",
    "Pause.why", "Place.city", "Place.country", "Place.query", "Place.region", "Report.note",
    "Submission.appeal", "Submission.filename", "Token.name", "Watch.note",
}  # fmt: skip
# Codes, digests, names of ours, and what a form checks letter by letter (names of accounts, addresses).
OURS = {
    "Account.email", "Account.first_name", "Account.last_name", "Account.password", "Account.suspended_for",
    "Account.username", "Archive.digest", "Archive.reason", "Archive.recipe", "Archive.sha256", "Archive.without",
    "Backbone.name", "Backbone.reason", "Backbone.title", "Backbone.weights_sha256", "Backup.name",
    "DatasetVersion.digest", "DatasetVersion.reason", "Decision.kind", "Decision.reason", "Decision.subject",
    "Download.digest", "Embedding.backbone", "Embedding.weights_sha256", "Feature.backbone", "Feature.key",
    "Feature.sha256", "GoldAnswer.verdict", "IdempotencyKey.request_sha256", "Image.format", "Image.pixels_sha256",
    "Image.removed_for", "Image.sha256", "Label.mid", "Label.slug", "LabelStat.facet", "LabelStat.value",
    "ModelFile.name", "ModelFile.sha256", "Notice.key", "Place.country_code", "Removal.pixels_sha256",
    "Removal.reason", "Removal.sha256", "Rendition.extension", "Rendition.sha256", "StorageUse.alias",
    "Submission.incoming",
    "Submission.preview_sha256", "Submission.reason", "Submission.sha256", "Token.hint", "Token.sha256",
    "TrainedModel.backbone", "TrainedModel.digest", "TrainedModel.method", "TrainedModel.recipe",
    "TrainingEpoch.phase", "TrainingRequest.backbone", "TrainingRequest.checkpoint", "TrainingRequest.phase",
    "TrainingRequest.reason",
}  # fmt: skip


def fields() -> dict[str, Any]:
    """Every text field of the database in which no choice is to be made, by its name."""
    return {
        f"{model.__name__}.{field.name}": (model, field)
        for model in apps.get_app_config("hub").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, CharField | TextField) and not field.choices
    }


def plant() -> None:
    """Put PLANT into every row of every field that people fill, as much of it as has room, and no two alike."""
    for name in sorted(TYPED):
        model, field = fields()[name]
        for row in model.objects.all():
            text = f"{PLANT}{row.pk}"[: field.max_length]
            model.objects.filter(pk=row.pk).update(**{field.name: text})


def told(about: Any) -> Any:
    """What a notice is told about, with PLANT for everything that people named."""
    if isinstance(about, dict):
        return {key: PLANT if key in ("name", "note", "filename") else told(value) for key, value in about.items()}
    return [told(one) for one in about] if isinstance(about, list) else about


class Reader(HTMLParser):
    """Reads a page as browsers do, and notes where PLANT became more than text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.data = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attributes}
        self.data = tag == "script" and names.get("type", "").endswith("json")
        self.found += [f"<{tag}>"] * (tag == TAG)
        self.found += [f"<{tag} {name}>" for name in names if TAG in name]
        self.found += [f"<{tag} {name}={value[:60]}>" for name, value in names.items() if _runs(value)]
        self.found += [f"<{tag} {name}>" for name, value in names.items() if name.startswith("on") and TAG in value]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in ("script", "style") and TAG in data and not self.data:
            self.found.append(f"<{self.cdata_elem}> has {data[:60]}")


def _runs(value: str) -> bool:
    return "".join(value.split()).lower().startswith(("javascript:", "data:text", "vbscript:"))
