"""Models: who sees them, who has them, and what is left when their photos or versions go."""

import pytest

from hub import trained
from hub.models import Dataset, TrainedModel
from tests import factories
from tests import trained as models

pytestmark = pytest.mark.django_db


def test_a_private_model_is_seen_by_whoever_has_it_and_all_who_have_it_count():
    model = models.model()
    others = [factories.account() for _ in range(3)]
    for other in others[:2]:
        trained.acquire(model, other)
    seen = [trained.visible_to(one).filter(pk=model.pk).exists() for one in others]
    assert seen == [True, True, False]
    assert not trained.visible_to(None).exists()
    assert trained.shelf(trained.visible_to(others[0])).get().acquired == 2


def test_a_model_is_forgotten_once_its_versions_are_gone_and_nobody_has_it():
    first, second = models.model(), models.model()
    assert first != second
    trained.acquire(second, factories.account())
    assert trained.forget() == 0
    Dataset.objects.all().delete()
    trained.forget()
    assert set(TrainedModel.objects.all()) == {second}
