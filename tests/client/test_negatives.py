"""What images were judged not to show, as the client tells it."""

from dih.look import told
from dih.said import Said

from tests import factories
from tests.parts import committed
from tests.stock import also, stock, verified

pytestmark = committed


def test_images_verified_not_to_show_a_label_are_listed(dih):
    valve, photo = factories.label("Valve"), stock(factories.label("Tap"), 1)[0]
    also(valve, photo)
    verified(valve, photo, yes=0, no=2)
    listed = dih("negatives", "valve", account=None).told["items"]
    assert [(one["sha256"], one["labels"]) for one in listed] == [(photo.sha256, [{"slug": "tap", "name": "Tap"}])]
    assert dih("negatives", "tap", account=None).told["items"] == []


def test_a_frozen_version_says_how_many_it_has(capsys):
    header = {"labels": [{"id": 1, "name": "Valve"}], "negatives": [{"label": 1, "images": 3}]}
    told(Said(), {"id": "ab" * 32, "header": header}, "version 1: 40 images")
    assert "3 of them verified not to show Valve" in capsys.readouterr().out
