"""Every address of the URLconf by its name, and one house to fill them from: something of everything, of one owner."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import admin
from django.urls import URLPattern, get_resolver
from django.utils.regex_helper import normalize

from hub import archives, maps, tokens
from hub.models import Account, Audit, LabelProposal, Place, Removal
from hub.moderation import decisions, doubts, reporting
from hub.people import notices
from hub.reviewing.sealing import Sealed, seal
from tests import factories, images, shelves, trained

# What an address is asked with, where it wants something; `%(…)s` as in paths.
WITH = {
    "labels_json": {"q": "va"},
    "diff": {"old": "1", "new": "1"},
    "order_archive": {"format": "coco", "size": "224"},
    "model_cell": {"truth": "0", "guess": "0"},
    "take_down": {"reason": "private"},
    "settle": {"right": "both"},
    "decide_doubt": {"right": "yes"},
    "decide_claim": {"right": "yes"},
    "decide_appeal": {"answer": "deny"},
    "decide_proposal": {"decline": ""},
    "decide_held": {"shown": "%(submissions/pk)s"},
    "decide_account": {"act": "trust"},
    "subscribe": {"do": "hear"},
    "relabel": {"label": "valve"},
    "appeal": {"text": "It is mine."},
    "report": {"reason": "private"},
    "withdraw_batch": {},
    "decide_failed": {"kind": "ingest", "act": "again"},
    "set_pause": {"what": "mail", "act": "pause", "why": "The mail server moves."},
    "doubt": {"image": "%(heat/sha256)s"},
    "admin:autocomplete": {"app_label": "hub", "model_name": "labeledge", "field_name": "parent"},
}
PARTS = re.compile(r"([^/%]+)/|%\((\w+)\)s")


class Address(NamedTuple):
    """One address: its name with its namespace, and its path with `%(parameter)s` in it."""

    name: str
    template: str

    def path(self, house: dict[str, Any]) -> str:
        """The path in a house, which says what fills a parameter by what stands before it ("batches/pk"), or alone."""
        filled, before = {}, ""
        for word, parameter in PARTS.findall(self.template):
            before = word or before
            if parameter:
                filled[parameter] = house.get(f"{before}/{parameter}", house.get(parameter, 1))
        return f"/{self.template % filled}"

    def asked_with(self, house: dict[str, Any]) -> dict[str, str]:
        """What GET and POST carry along."""
        return {name: value % house for name, value in WITH.get(self.name, {}).items()}


def addresses() -> list[Address]:
    """Every address the hub answers, those of the API aside; what the admin has for each model bears a star."""
    return list(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns, namespace: str, before: str) -> Iterator[Address]:
    for one in patterns:
        template = before + normalize(one.pattern.regex.pattern)[0][0]
        if isinstance(one, URLPattern):
            name = re.sub("^hub_[a-z]+_", "hub_*_", one.name or ("hub_*" if "object_id" in template else "*"))
            yield Address(namespace + name, template)
        elif one.namespace != "api":
            yield from _walk(one.url_patterns, f"{one.namespace}:" if one.namespace else namespace, template)


def house(owner: Account) -> dict[str, Any]:
    """One of everything of an owner's: a photo under "Valve", a token, a private dataset and a model of it."""
    given = factories.checked(images.photo(seed=1), factories.batch(owner))
    proposal = LabelProposal.objects.create(name="Ball valve", proposer=owner)
    somebody = factories.account()
    doubt = doubts.raise_doubt(somebody, given.image, given.label)
    reporting.report(given.image, somebody, "private", "", None)
    notices.tell(owner, "labels_ready", "valve", {"labels": [{"name": "Valve", "slug": "valve", "images": 1}]})
    Place.objects.create(query="0,0", source="offline")
    Removal.objects.create(sha256="0" * 64, pixels_sha256="0" * 64, reason="private")
    decisions.log(somebody, "kept_label", "image:0")
    Audit.objects.create()
    return (
        _of_a_dataset(owner)
        | _rows_of_the_admin()
        | {
            "slug": "valve",
            "username": owner.username,
            "moderation/name": "new",
            "operations/name": "failed",
            "r/object_id": 10**9,  # the admin's way to the page of any row: of none
            "people/pk": somebody.pk,
            "stop/token": notices.stop_token(notices.of(owner)[0]),
            "images/sha256": given.sha256,
            "images/side": 224,
            "batches/pk": given.batch_id,
            "submissions/pk": given.pk,
            "proposals/pk": proposal.pk,
            "doubts/pk": doubt.pk,
            "tokens/pk": tokens.make(owner, "key", ["read"])[0].pk,
            "files/token": "forged",
            "review/token": seal(owner, Sealed(given.image_id, given.label_id, gold=False)),
            "review/side": 1024,
            "confirm-email/key": "forged",
            "uidb36": "1",
            "key/key": "set-password",
            "app_label": "hub",
            "account/id": owner.pk,
            "url": "elsewhere",
            "version": maps.version(),
        }
    )


def _rows_of_the_admin() -> dict[str, Any]:
    """The first row of each model that the admin shows."""
    return {
        f"{model._meta.model_name}/object_id": model._base_manager.values_list("pk", flat=True).first() or 1
        for model in admin.site._registry
    }


def _of_a_dataset(owner: Account) -> dict[str, Any]:
    version = shelves.frozen(owner)
    archive, model = shelves.packed(version), trained.model(version)
    running = trained.asked(model, owner, state="queued", model=None, finished_at=None)
    return {
        "datasets/pk": version.dataset_id,
        "versions/number": version.number,
        "archives/archive": archive.pk,
        "versions/digest": version.digest,
        "fetch/token": archives.link(archive, owner),
        "models/pk": model.pk,
        "files/name": "labels.txt",
        "heat/sha256": trained.heated(model).image.sha256,
        "trainings/pk": running.pk,
    }
