"""Ten people at once do anything at random: afterwards every count is what a recount says, and the audit is clean."""

import pytest

from hub.models import Annotation, Dataset, DatasetVersion, Image, Wanted
from tests.crowd import Crowd
from tests.parts import broken, committed, empty_storage
from tests.people import ACTS
from tests.recount import differences

pytestmark = committed


@pytest.mark.parametrize("acts", [200, pytest.param(10_000, marks=pytest.mark.slow)])
def test_counts_equal_a_recount_after_ten_people_did_anything_at_once(acts, settings, tmp_path):
    empty_storage(settings, tmp_path)
    settings.NEW_ACCOUNT_PHOTOS = 3
    crowd = Crowd(pictures=max(60, acts // 8))
    crowd.run(acts)
    assert (broken(), differences(), crowd.wrong) == ({}, {}, [])
    assert sum(crowd.done.values()) + sum(crowd.refused.values()) == acts
    # They did something: what never happens counts right.
    assert len(crowd.done) >= len(ACTS) - 3
    # Few acts may by chance freeze or want nothing, or take back what they did.
    lasting = (Dataset, DatasetVersion, Wanted) if acts > 1000 else ()
    for model in (Image, Annotation, *lasting):
        assert model.objects.exists()
