"""Drawn pictures must be pictures the hub takes, each unlike all others but the planted copies."""

import io
from itertools import combinations

import pytest
from PIL import Image

from workers import drawings
from workers.imaging import Rejected, distance, process

COPIES = {("apple-1.jpg", "apple-copy.jpg"), ("cat-1.jpg", "cat-resaved.jpg"), ("cup-1.jpg", "cup-mirrored.jpg")}


def test_the_same_picture_is_drawn_every_time():
    first = drawings.pictures()[0]
    assert first.draw() == drawings.pictures()[0].draw()


def test_pictures_have_names_of_their_own_and_a_dozen_labels():
    made = drawings.pictures()
    assert len({picture.filename for picture in made}) == len(made) == 133
    assert len({picture.label for picture in made}) == 12


def test_a_drawing_is_large_enough_and_colourful():
    picture = Image.open(io.BytesIO(drawings.pictures()[3].draw()))
    assert sorted(picture.size) == [720, 960]
    assert len(picture.resize((64, 48)).getcolors(10_000)) > 200


def test_the_thumbnail_is_refused():
    with pytest.raises(Rejected, match="side_too_small"):
        process(drawings.pictures()[-1].draw())


@pytest.mark.slow
def test_no_two_drawings_are_taken_for_each_other():
    made = [(picture.filename, process(picture.draw())) for picture in drawings.pictures()[:-1]]
    near = {
        (a, b)
        for (a, one), (b, other) in combinations(made, 2)
        if min(distance(one.fingerprint, other.fingerprint), distance(one.fingerprint, other.mirrored)) <= 48
    }
    assert near == COPIES
