"""Two tabs, two scripts: what one does to a dataset while the other looks away."""

import time
from contextlib import contextmanager, suppress
from threading import Event
from types import SimpleNamespace

import pytest
from django.db import IntegrityError

from hub import datasets, freezing, jobs
from hub.api import idempotency
from hub.models import Dataset, DatasetMember
from hub.problems import Refused
from hub.selections import read
from tests import factories, shelves
from tests.parts import committed, in_threads
from tests.stock import stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> Dataset:
    """A private dataset, as a tab saw it a while ago."""
    labels = [factories.label(name) for name in ("Valve", "Tap")]
    for label in labels:
        stock(label, 20)
    chosen = read({"labels": [label.pk for label in labels]})
    return datasets.create(owner=factories.account(), name="Things", selection=chosen)


def refused(act, *args) -> tuple[str, int]:
    with pytest.raises(Refused) as found:
        act(*args)
    return found.value.code, found.value.status


def test_a_dataset_made_public_meanwhile_is_not_deleted(dataset):
    Dataset.objects.update(public=True)
    assert refused(datasets.delete, dataset) == ("dataset_is_public", 409)
    assert Dataset.objects.filter(pk=dataset.pk).exists()


def test_a_dataset_deleted_meanwhile_is_not_there(dataset):
    Dataset.objects.all().delete()
    assert refused(datasets.order_version, dataset) == ("not_found", 404)
    assert refused(datasets.delete, dataset) == ("not_found", 404)


def test_a_key_given_back_by_a_refused_request_can_be_tried_again(monkeypatch):
    account = factories.account()

    @contextmanager
    def taken():
        raise IntegrityError("taken by another request, which is refused before we look")
        yield

    monkeypatch.setattr("hub.api.idempotency.transaction", SimpleNamespace(atomic=taken))
    assert refused(idempotency.take, account, "k", "0" * 64) == ("key_in_use", 409)
    monkeypatch.undo()
    assert idempotency.take(account, "k", "0" * 64).status is None


@committed
def test_a_dataset_deleted_while_a_worker_freezes_it_goes_whole():
    made = shelves.named()
    version, job = datasets.order_version(made)
    begun = Event()

    def slowly(version):
        begun.set()
        time.sleep(0.5)
        return {}

    def act(number):
        if number:
            assert begun.wait(20)
            datasets.delete(made)
        else:
            with suppress(IntegrityError, jobs.Superseded):  # the worker finds nothing there when it looks again
                freezing.freeze(jobs.claim(job.pk), version, slowly)

    in_threads(2, act)
    assert not Dataset.objects.exists()
    assert not DatasetMember.objects.exists()
