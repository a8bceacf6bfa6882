"""A simulated crowd gives what a folder or a bucket holds, through the path the website uses, and goes again."""

import io

import boto3
import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import CommandError as Usage

from hub import crowd, sources
from hub.management.commands import simulate
from hub.models import Account, Batch, LabelEdge, Place, Submission
from tests import factories, images
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db
SMALL = (320, 240)


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    empty_storage(settings, tmp_path / "files")


@pytest.fixture(autouse=True)
def _worker_at_once(monkeypatch):
    """Whoever rings finds a worker that does the job at once."""

    monkeypatch.setattr(simulate, "ring", lambda *jobs: factories.work_off())


@pytest.fixture
def photos(tmp_path):
    """Seven photos of two labels: one a copy, one mirrored, one broken."""
    root = tmp_path / "photos"
    files = {
        "normal_valve/01.jpg": images.photo(seed=1, size=SMALL),
        "normal_valve/02.jpg": images.photo(seed=2, size=SMALL),
        "normal_valve/02 copy.jpg": images.photo(seed=2, size=SMALL),
        "normal_valve/broken.jpg": images.truncated(images.photo(seed=3, size=SMALL)),
        "garden_gnome/a.jpg": images.photo(seed=4, size=SMALL),
        "garden_gnome/b.jpg": images.mirrored(seed=4, size=SMALL),
        "garden_gnome/.hidden": b"not given",
        "garden_gnome/empty.jpg": b"",
    }
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def simulated(*args: str, **named) -> str:
    out = io.StringIO()
    call_command("simulate", *args, "--around=52.5,13.4", stdout=out, **named)
    return out.getvalue()


def states() -> list[str]:
    return sorted(Submission.objects.values_list("state", flat=True))


def test_a_folder_of_folders_is_given_and_answered_for(photos):
    valve = factories.label("Normal valve")
    said = simulated(str(photos))
    assert states() == ["accepted"] * 3 + ["duplicate"] * 2 + ["rejected"]
    assert "New labels: Garden gnome" in said
    assert "not given: garden_gnome/empty.jpg: empty" in said
    assert "6 given, 0 given before, 1 refused at the door, 0 unreadable" in said
    assert valve.batches.exists()


def test_suppliers_are_invented_live_nearby_and_cannot_log_in(photos):
    simulated(str(photos), suppliers=3)
    for account in Account.objects.all():
        assert account.invented
        assert not account.has_usable_password()
    for place in Place.objects.all():
        assert abs(place.centre[0] - 52.5) < 0.8
        assert abs(place.centre[1] - 13.4) < 0.8


def test_giving_again_gives_nothing_twice(photos):
    simulated(str(photos))
    before = list(Submission.objects.values_list("pk", "state"))
    said = simulated(str(photos), suppliers=2)
    assert "0 given, 6 given before" in said
    assert list(Submission.objects.values_list("pk", "state")) == before


def test_a_crowd_that_was_interrupted_goes_on_where_it_stopped(photos, monkeypatch):
    given = []

    def killed(self, photo, label):
        if len(given) == 3:
            raise KeyboardInterrupt
        given.append(photo)
        return give(self, photo, label)

    give = crowd.Crowd.give
    monkeypatch.setattr(crowd.Crowd, "give", killed)
    with pytest.raises(KeyboardInterrupt):
        simulated(str(photos))
    monkeypatch.setattr(crowd.Crowd, "give", give)
    simulated(str(photos))
    assert Submission.objects.count() == 6
    assert states() == ["accepted"] * 3 + ["duplicate"] * 2 + ["rejected"]


def test_a_limit_takes_from_all_folders_alike(photos):
    simulated(str(photos), limit=2)
    assert set(Submission.objects.values_list("label__name", flat=True)) == {"Normal valve", "Garden gnome"}


def test_unknown_labels_are_made_below_the_one_asked_for(photos):
    factories.label("Thing")
    simulated(str(photos), under="thing")
    assert set(LabelEdge.objects.values_list("child__name", "parent__name")) == {
        ("Garden gnome", "Thing"),
        ("Normal valve", "Thing"),
    }


def test_folders_find_labels_whatever_their_case_and_marks():
    made = [factories.label("Lincoln's sparrow"), factories.label("Black-footed albatross")]
    found, new = crowd.labels_for(["lincoln's_Sparrow", "Black_footed_Albatross"])
    assert (set(found.values()), new) == (set(made), [])


def test_a_batch_holds_fifty_files(settings):
    settings.MAX_BATCH_FILES = 2
    givers, label = crowd.Crowd(crowd.suppliers(1), (0.0, 0.0)), factories.label()
    for n in range(5):
        givers.give(sources.Photo("valve", f"{n}.jpg", lambda n=n: f"file {n}".encode()), label)
    assert sorted(batch.total for batch in Batch.objects.all()) == [1, 2, 2]


def test_a_name_a_person_took_is_left_to_them():
    name = next(crowd.usernames())
    person = factories.account(username=name)
    assert person not in crowd.suppliers(2)
    assert len({account.username for account in crowd.suppliers(400)}) == 400


@pytest.mark.parametrize(
    ("path", "words"),
    [("nowhere", "There is no"), ("photos/normal_valve/01.jpg", "is a file"), ("photos/normal_valve", "no photos in")],
)
def test_a_wrong_path_is_answered_in_words(photos, path, words):
    with pytest.raises(CommandError, match=words):
        simulated(str(photos.parent / path))


@pytest.mark.parametrize("around", ["here", "95,10", "10,190"])
def test_a_wrong_point_is_answered_in_words(photos, around):
    with pytest.raises(Usage, match="is not LAT,LON"):
        call_command("simulate", str(photos), f"--around={around}")


def test_a_point_in_the_south_is_a_point(photos):
    call_command("simulate", str(photos), "--around", "-1.29,36.82", "--limit", "1", stdout=io.StringIO())
    assert Place.objects.get().centre[0] < 0


def test_one_unreadable_file_does_not_stop_the_rest():
    def unreadable():
        raise sources.Unreadable("Permission denied")

    givers, label = crowd.Crowd(crowd.suppliers(1), (0.0, 0.0)), factories.label()
    assert givers.give(sources.Photo("valve", "locked.jpg", unreadable), label) is None
    assert givers.troubles == ["valve/locked.jpg: Permission denied"]


def test_without_a_worker_it_says_so(monkeypatch):
    submission, said = factories.given(b"some bytes"), []
    assert not simulate.wait_for_verdicts([submission.pk], said.append, patience=0.3)
    assert "is a worker running? 1 photos wait" in said[0]


def test_a_bucket_is_given_like_a_folder(photos, s3, settings):
    store = boto3.client(
        "s3", endpoint_url=s3.endpoint_url, aws_access_key_id=s3.access_key, aws_secret_access_key=s3.secret_key
    )
    for path in photos.rglob("*.jpg"):
        store.upload_file(str(path), s3.name, f"crowd/{path.relative_to(photos)}")
    settings.S3 = {**settings.S3, "endpoint_url": s3.endpoint_url, "access_key": s3.access_key}
    settings.S3["secret_key"] = s3.secret_key
    simulated(f"s3://{s3.name}/crowd")
    assert states() == ["accepted"] * 3 + ["duplicate"] * 2 + ["rejected"]
    with pytest.raises(CommandError, match="no photos in"):
        simulated(f"s3://{s3.name}/nothing")
    with pytest.raises(CommandError, match="cannot be listed"):
        simulated("s3://no-such-bucket/crowd")
