"""What of an account goes into its export, table by table; nothing of anybody else's."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat

from hub.models import (
    Account,
    Acquisition,
    Annotation,
    Batch,
    Dataset,
    Decision,
    Doubt,
    Download,
    GoldAnswer,
    Image,
    LabelProposal,
    Notice,
    Report,
    Shortfall,
    Submission,
    Subscription,
    TrainingRequest,
    Watch,
)

README = """Deep Images Hub: what is kept of your account

account.json       name, addresses, credit line, plan, what was decided of the account, tokens without their secrets,
                   what was used of its quotas
datasets.json      your datasets: what you chose, and the ids of their versions
batches.csv        each act of giving: label, licence, the sentence you agreed to, place, what became of it
submissions.csv    each file you sent, and what became of it; your appeal, if you made one
photos.csv         each photo that went into the catalogue, as it is credited; when it was taken back, and why
verdicts.csv       what you said that photos show, or do not; photos of others are named by their SHA-256 alone
hidden.csv         what you answered when the right answer was known
reports.csv        photos you reported, and what came of it
doubts.csv         labels you doubted, and what came of it
wishes.csv         labels you watch, are subscribed to, or wanted more photos of
proposals.csv      labels you proposed
trainings.csv      models you asked for
models.csv         models you have
notices.csv        what you were told, by mail or by the bell
downloads.csv      versions of datasets you fetched, by their ids
decisions.csv      what was decided about you and your photos
decided.csv        what you decided as a moderator, about things
originals/         your photos that are in the catalogue, as you sent them, named by their SHA-256
originals/waiting/ those that still wait to be checked or looked at

Times are UTC, in ISO 8601. Tables are CSV in UTF-8; an apostrophe stands before text that a spreadsheet would compute.
"""

Rows = Callable[[Account], Iterator[tuple]]


def about(account: Account) -> dict[str, Any]:
    """The account itself."""
    names = "username email first_name last_name credit plan date_joined last_login trusted_at suspended_at paused_at"
    names += " allowance"
    kept = {name: getattr(account, name) for name in names.split()}
    tokens = account.tokens.order_by("id").values("name", "scopes", "hint", "created_at", "used_at")
    addresses = account.emailaddress_set.order_by("id").values("email", "verified", "primary")  # type: ignore[attr-defined]
    return kept | {
        "suspended_for": account.suspended_for,
        "no_mail_about": account.muted,
        "addresses": list(addresses),
        "tokens": list(tokens),
        "used": [(f"{one.day}", one.what, one.amount) for one in account.uses.order_by("day", "what")],
    }


def datasets(account: Account) -> list[dict[str, Any]]:
    """Its datasets with their versions."""
    return [
        {
            "name": one.name,
            "description": one.description,
            "public": one.public,
            "created_at": one.created_at,
            "selection": one.selection,
            "versions": list(
                one.versions.order_by("number").values("number", "digest", "state", "images", "frozen_at")
            ),
        }
        for one in Dataset.objects.filter(owner=account).order_by("id")
    ]


def _of(model: Any, owner: str, *columns: str) -> Rows:
    """The rows of a model that belong to an account, by rising id."""
    return lambda account: model.objects.filter(**{owner: account}).order_by("pk").values_list(*columns).iterator()


def _table(model: Any, owner: str, columns: dict[str, str]) -> tuple[tuple[str, ...], Rows]:
    return tuple(columns), _of(model, owner, *columns.values())


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _wishes(account: Account) -> Iterator[tuple]:
    yield from _of(Watch, "account", "label__slug", "wanted", "note", "created_at", "ready_at")(account)
    for slug, made in _of(Subscription, "account", "label__slug", "created_at")(account):
        yield slug, "", "subscribed", made, None
    for slug, wanted, made, met in _of(Shortfall, "account", "label__slug", "wanted", "refused_at", "met_at")(account):
        yield slug, wanted, "refused for want of photos", made, met


def _decisions(account: Account) -> Iterator[tuple]:
    """Decisions about the account, its photos and its files. Who decided is not told, nor what was noted for others."""
    photos = Image.objects.filter(supplier=account).annotate(named=Concat(Value("image:"), "sha256"))
    files = Submission.objects.filter(batch__supplier=account).annotate(
        named=Concat(Value("submission:"), Cast("pk", CharField()), output_field=CharField())
    )
    mine = Q(subject__in=photos.values("named")) | Q(subject__in=files.values("named"))
    mine |= Q(subject=f"account:{account.pk}")
    found = Decision.objects.filter(mine).order_by("id")
    yield from found.values_list("kind", "subject", "reason", "decided_at").iterator()


def _decided(account: Account) -> Iterator[tuple]:
    found = Decision.objects.filter(actor=account).exclude(subject__startswith="account:").order_by("id")
    yield from found.values_list("kind", "subject", "reason", "decided_at").iterator()


DECISION = ("decision", "about", "reason", "at")
TABLES: dict[str, tuple[tuple[str, ...], Rows]] = {
    "batches": _table(
        Batch,
        "supplier",
        {"batch": "pk", "label": "label__slug", **_same("licence", "credit", "agreement", "precision")}
        | {"use_photo_place": "use_photo_place", "place_typed": "place__query", "city": "place__city"}
        | {"country": "place__country", **_same("created_at", *Submission.State.values)},
    ),
    "submissions": _table(
        Submission,
        "batch__supplier",
        {"submission": "pk", "batch": "batch", "label": "label__slug"}
        | _same("filename", "sha256", "size", "state", "reason", "appeal", "appealed_at", "created_at", "decided_at"),
    ),
    "photos": _table(
        Image,
        "supplier",
        _same("sha256", "batch", "format", "size", "width", "height", "licence", "credit", "precision", "taken_on")
        | {"city": "place__city", "region": "place__region", "country": "place__country"}
        | _same("created_at", "withdrawn_at", "removed_for"),
    ),
    "verdicts": _table(
        Annotation,
        "account",
        {"photo": "image__sha256", "label": "label__slug", "verdict": "verdict", "instead": "instead__slug"}
        | _same("created_at"),
    ),
    "hidden": _table(
        GoldAnswer,
        "account",
        {"photo": "image__sha256", "label": "label__slug", **_same("verdict", "truth", "created_at")},
    ),
    "reports": _table(
        Report,
        "account",
        {"photo": "image__sha256", **_same("reason", "note", "state", "created_at", "decided_at")},
    ),
    "doubts": _table(
        Doubt,
        "account",
        {"photo": "image__sha256", "label": "label__slug", **_same("state", "created_at", "decided_at")},
    ),
    "wishes": (("label", "wanted", "note", "created_at", "met_at"), _wishes),
    "proposals": _table(LabelProposal, "proposer", _same("name", "why", "state", "created_at")),
    "trainings": _table(
        TrainingRequest,
        "owner",
        {"version": "version__digest", **_same("backbone", "method", "hyperparameters", "state", "reason", "model")}
        | _same("created_at", "finished_at"),
    ),
    "models": _table(Acquisition, "account", {"model": "model", "recipe": "model__recipe", "since": "created_at"}),
    "notices": _table(Notice, "account", _same("kind", "about", "created_at", "seen_at", "mailed_at")),
    "downloads": _table(Download, "account", {"version": "digest", **_same("created_at", "told_at")}),
    "decisions": (DECISION, _decisions),
    "decided": (DECISION, _decided),
}
