"""manage.py load_labels and grant_premium."""

import json
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import Count, Q

from hub import label_files
from hub.models import Account, Label, LabelEdge, LabelName, LabelPath, LabelStat
from tests import factories
from tests.hub.test_labels import images_of

pytestmark = pytest.mark.django_db
OPEN_IMAGES = settings.SAMPLE_DATA / "openimages"
needs_samples = pytest.mark.skipif(not OPEN_IMAGES.is_dir(), reason=f"no sample data at {OPEN_IMAGES}")


def load(capsys, *args) -> str:
    call_command("load_labels", *args)
    return capsys.readouterr().out.strip()


def csv(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "labels.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return f"--csv={path}"


def parents(name: str) -> set[str]:
    return set(Label.objects.filter(down__child__name=name, down__kind="kind").values_list("name", flat=True))


def everything() -> list:
    return [list(model.objects.order_by("pk").values_list()) for model in (Label, LabelName, LabelEdge, LabelPath)]


def test_the_starter_set_holds_everyday_labels_some_with_two_parents(capsys):
    load(capsys)
    assert Label.objects.count() >= 150
    assert parents("Teddy bear") == {"Bear", "Toy"}
    assert parents("Gate valve") == {"Valve"}
    assert LabelName.objects.filter(label__name="Tap", text="Faucet").exists()
    assert max(LabelPath.objects.values_list("depth", flat=True)) <= 5


def test_loading_twice_changes_no_row(capsys):
    load(capsys)
    before = everything()
    assert load(capsys) == f"0 created, 0 updated, {Label.objects.count()} unchanged"
    assert everything() == before


@needs_samples
def test_open_images_has_602_labels_45_of_them_with_several_parents(capsys):
    started = time.monotonic()
    assert load(capsys, f"--open-images={OPEN_IMAGES}") == "602 created, 0 updated, 0 unchanged"
    assert time.monotonic() - started < 3
    several = Label.objects.annotate(n=Count("up", filter=Q(up__kind="kind"))).filter(n__gt=1)
    assert (Label.objects.count(), several.count(), LabelEdge.objects.filter(kind="part").count()) == (602, 45, 38)
    assert Label.objects.get(mid="/m/0bl9f").name == "Entity"
    before = everything()
    assert load(capsys, f"--open-images={OPEN_IMAGES}") == "0 created, 0 updated, 602 unchanged"
    assert everything() == before


@needs_samples
def test_open_images_over_the_starter_set_fills_ids_in_and_keeps_slugs(capsys):
    load(capsys)
    slugs = dict(Label.objects.values_list("name", "slug"))
    load(capsys, f"--open-images={OPEN_IMAGES}")
    assert Label.objects.filter(name__iexact="teddy bear").count() == 1
    assert Label.objects.get(name="Teddy bear").mid == "/m/0kmg4"
    assert slugs.items() <= dict(Label.objects.values_list("name", "slug")).items()


@needs_samples
def test_an_eye_is_part_of_a_body_and_not_a_kind_of_one(capsys):
    load(capsys, f"--open-images={OPEN_IMAGES}")
    eye, body = Label.objects.get(name="Human eye"), Label.objects.get(name="Human body")
    assert LabelEdge.objects.filter(child=eye, parent=body, kind="part").exists()
    assert not LabelPath.objects.filter(descendant=eye, ancestor=body).exists()


def test_a_plain_csv_needs_no_header(capsys, tmp_path):
    plain = csv(tmp_path, "\ufeffToy\nBear\n\nTeddy bear,Bear,Toy\n")
    assert load(capsys, plain) == "3 created, 0 updated, 0 unchanged"
    assert parents("Teddy bear") == {"Bear", "Toy"}


def test_a_header_names_columns(capsys, tmp_path):
    load(capsys, csv(tmp_path, 'name,synonyms,parent\nPlumbing\nTap,"Faucet | Spigot",Plumbing\n'))
    assert set(LabelName.objects.filter(label__name="Tap").values_list("text", flat=True)) == {
        "Tap",
        "Faucet",
        "Spigot",
    }


def test_a_label_that_is_here_is_met_by_its_name_whatever_its_case(capsys, tmp_path):
    valve = factories.label("Valve", slug="the-valve")
    load(capsys, csv(tmp_path, "VALVE\nGate valve,vAlVe\n"))
    assert list(Label.objects.filter(name__iexact="valve").values_list("pk", "slug")) == [(valve.pk, "the-valve")]
    assert parents("Gate valve") == {"Valve"}


def test_a_parent_may_be_in_the_database_alone(capsys, tmp_path):
    factories.label("Valve")
    assert load(capsys, csv(tmp_path, "Gate valve,Valve\n")) == "1 created, 0 updated, 0 unchanged"


def test_names_that_make_the_same_slug_get_different_ones(capsys, tmp_path):
    load(capsys, csv(tmp_path, "C\nC+\nC++\n北\n京\n"))
    assert sorted(Label.objects.values_list("slug", flat=True)) == ["c", "c-2", "c-3", "label", "label-2"]


def test_a_new_parent_counts_the_images_that_are_there(capsys, tmp_path):
    images_of(factories.label("Valve"), 2)
    load(capsys, csv(tmp_path, "Plumbing\nValve,Plumbing\n"))
    assert LabelStat.objects.get(label__name="Plumbing", facet="images").n == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no labels in it"),
        ("name,parent\n", "no labels in it"),
        ("Valve,Plumbin\n", "“Valve” stands below “plumbin”, which is neither in the file nor here"),
        ("A1,B1\nB1,C1\nC1,A1\n", "cannot stand below"),
        ("A1,A1\n", "“A1” cannot stand below “A1”"),
        (" ,Valve\n", "line 1: the name is empty"),
        ("x" * 101, "longer than 100 characters"),
        ("Valve\nPump\nvalve\n", "line 3: “valve” was on line 1 already"),
        ("name,colour\nValve,red\n", "a column “colour”"),
        ("name,parent\nValve,,Pump\n", "more cells than columns"),
        ("Val\x00ve\n", "characters that cannot be shown"),
        (b"Valve\xff\n", "not a CSV file in UTF-8"),
        ('"Valve\n', "not a CSV file"),
    ],
)
def test_a_csv_that_is_wrong_is_refused_in_words_and_whole(tmp_path, text, why):
    with pytest.raises(CommandError, match=why):
        call_command("load_labels", csv(tmp_path, text))
    assert not Label.objects.exists()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.csv cannot be read: No such file"):
        call_command("load_labels", f"--csv={tmp_path / 'nowhere.csv'}")
    with pytest.raises(CommandError, match=r"class-descriptions\.csv cannot be read"):
        call_command("load_labels", f"--open-images={tmp_path}")


@pytest.mark.parametrize(
    ("hierarchy_json", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "a node without a LabelName"),
        (json.dumps({"LabelName": "/m/0bl9f", "Subcategory": [{"LabelName": "/m/xyz"}]}), "/m/xyz has no name"),
        (json.dumps({"LabelName": "/m/1", "Subcategory": [{"LabelName": "/m/1"}]}), "cannot stand below"),
        (json.dumps({"LabelName": "/m/1", "Subcategory": 5}), "not a list"),
    ],
)
def test_open_images_files_that_are_wrong_are_refused_in_words(tmp_path, hierarchy_json, why):
    (tmp_path / label_files.DESCRIPTIONS).write_text("/m/1,One\n")
    (tmp_path / label_files.HIERARCHY).write_text(hierarchy_json)
    with pytest.raises(CommandError, match=why):
        call_command("load_labels", f"--open-images={tmp_path}")
    assert not Label.objects.exists()


def test_two_open_images_ids_for_one_name_are_refused(tmp_path):
    factories.label("One", mid="/m/2")
    (tmp_path / label_files.DESCRIPTIONS).write_text("/m/1,One\n")
    (tmp_path / label_files.HIERARCHY).write_text(json.dumps({"LabelName": "/m/1"}))
    with pytest.raises(CommandError, match="“One” is here already, with the Open Images id /m/2"):
        call_command("load_labels", f"--open-images={tmp_path}")


def test_premium_is_granted_and_revoked(capsys):
    factories.account(username="ada")
    call_command("grant_premium", "ada")
    assert Account.objects.get().is_premium
    call_command("grant_premium", "ada", "--revoke")
    assert not Account.objects.get().is_premium
    with pytest.raises(CommandError, match="no account “bob”"):
        call_command("grant_premium", "bob")
