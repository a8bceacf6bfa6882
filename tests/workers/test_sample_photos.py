"""The main job on real photos: given by suppliers, processed by workers, with the answers known beforehand."""

import os
from pathlib import Path

import pytest

from hub import audit
from hub.models import Submission
from tests import factories
from tests.parts import empty_storage

DATA = Path(os.environ.get("HUB_SAMPLE_DATA", Path(__file__).parents[3] / "shared" / "data"))
COPIES = {
    "normal_valve_12.jpg": "normal_valve_09.jpg",
    "normal_valve_07.jpg": "normal_valve_01.jpg",
    "abnormal_valve_32.jpg": "abnormal_valve_04.jpg",
    "abnormal_valve_33.jpg": "abnormal_valve_06.jpg",
    "abnormal_valve_24.jpg": "abnormal_valve_08.jpg",
    "abnormal_valve_47.jpg": "abnormal_valve_12.jpg",
    "abnormal_valve_35.jpg": "abnormal_valve_14.jpg",
    "abnormal_valve_44.jpg": "abnormal_valve_15.jpg",
    "abnormal_valve_48.jpg": "abnormal_valve_26.jpg",
    "abnormal_valve_50.jpg": "abnormal_valve_46.jpg",
}


def give(folder: str) -> None:
    """Every label's photos as a batch of its own supplier, checked as workers would."""
    for label in sorted(path for path in (DATA / folder).iterdir() if path.is_dir()):
        batch = factories.batch(under=factories.label(label.name.replace("_", " ")))
        for photo in sorted(label.iterdir()):
            factories.given(photo.read_bytes(), batch, filename=photo.name)
    factories.work_off()


@pytest.mark.django_db
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no sample photos at {DATA}: set HUB_SAMPLE_DATA")
def test_the_sample_photos_get_the_answers_we_know(settings, tmp_path):
    empty_storage(settings, tmp_path)
    give("valves")
    refused = Submission.objects.exclude(state="accepted").select_related("twin__submission")
    assert {row.filename: row.twin.submission.filename for row in refused if row.state == "duplicate"} == COPIES
    assert refused.count() == len(COPIES)
    give("birds")
    doubtful = refused.exclude(filename__in=COPIES).order_by("reason")
    assert [(row.state, row.reason, row.label.name) for row in doubtful] == [
        ("review", "conflicting_label", "Green Jay"),
        ("review", "near_duplicate", "Lincoln Sparrow"),
    ]
    assert not [finding.first for finding in audit.run() if finding.count]
