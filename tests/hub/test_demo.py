"""The first crowd of an empty hub: marked as drawn, and gone again without a trace."""

import io

import pytest
from django.core.management import CommandError, call_command

from hub import audit, farewell
from hub.management.commands import demo, simulate
from hub.models import Account, Annotation, Batch, Claim, Image, Job, Label, Submission, TrainedModel, Wanted
from tests import factories, images, trained
from tests.parts import empty_storage
from workers import drawings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _hub(settings, tmp_path, monkeypatch):
    """Storage of its own, and a worker that answers every bell at once."""
    empty_storage(settings, tmp_path / "files")
    for command in (demo, simulate):
        monkeypatch.setattr(command, "ring", lambda *jobs: factories.work_off())


def states() -> list[str]:
    return sorted(Submission.objects.values_list("state", flat=True))


def test_the_demo_comes_marked_as_drawn_and_leaves_without_a_trace(monkeypatch):
    some = [picture for picture in drawings.pictures() if picture.number in (0, 1, *range(84, 88))]
    monkeypatch.setattr(drawings, "pictures", lambda: some)
    person = factories.checked(images.photo(seed=1))
    call_command("demo", stdout=io.StringIO())
    assert states().count("accepted") == 5
    assert Submission.objects.get(filename="leaf-thumbnail.jpg").reason == "side_too_small"
    assert Submission.objects.get(filename="apple-copy.jpg").state == "duplicate"
    assert not Batch.objects.filter(supplier__invented=True, drawn=False).exists()
    assert (
        Annotation.objects.filter(account__invented=True, verdict="yes").exclude(image__batch__drawn=True).count() == 0
    )
    assert Claim.objects.filter(yes=2, state="verified").exists()
    assert {wanted.label.name for wanted in Wanted.objects.all()} == {"Cat", "Leaf"}
    copy = factories.checked(some[0].draw(), factories.batch(under=Label.objects.get(name="Apple")))
    assert copy.state == "duplicate"
    call_command("demo", clean=True, stdout=io.StringIO())
    copy.refresh_from_db()
    assert copy.state == "accepted"
    assert set(Image.objects.all()) == {person.image, copy.image}
    assert not Account.objects.filter(invented=True).exists()
    assert not Job.objects.filter(state="queued").exists()
    assert [finding for finding in audit.run(deep=True) if finding.count] == []
    assert farewell.clean()[0]["photos"] == 0


def test_models_that_learnt_from_drawings_go_with_them():
    made = trained.model()
    Batch.objects.filter(images__predictions__model=made).update(drawn=True)
    farewell.clean()
    assert not TrainedModel.objects.exists()


def test_photos_of_ones_own_may_take_the_place_of_drawings(tmp_path):
    (tmp_path / "photos" / "valve").mkdir(parents=True)
    (tmp_path / "photos" / "valve" / "1.jpg").write_bytes(images.photo(seed=1))
    call_command("demo", photos=str(tmp_path / "photos"), stdout=io.StringIO())
    assert not Batch.objects.get().drawn
    call_command("demo", clean=True, stdout=io.StringIO())
    assert not Image.objects.exists()


def test_cleaning_and_giving_at_once_makes_no_sense():
    with pytest.raises(CommandError, match="Either"):
        call_command("demo", photos="somewhere", clean=True)
