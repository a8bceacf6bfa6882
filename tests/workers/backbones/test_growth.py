"""The learning curve counts groups, keeps to the honest test, and is silent where it knows nothing."""

import time

import numpy as np
import pytest

from workers.backbones import growth, powerlaw
from workers.backbones.types import Example


def drawn(n=600, classes=4, d=32, gap=0.4, twins=1, seed=1, split=(0.7, 0.1, 0.2)):
    """Features of `n` pictures, `twins` to a group, around one middle per class; and the examples."""
    rng = np.random.default_rng(seed)
    groups, middles = np.arange(n) // twins, rng.normal(size=(classes, d))
    splits = rng.choice(["train", "validation", "test"], n // twins + 1, p=split)
    seen = middles[groups % classes] * gap + rng.normal(size=(n // twins + 1, d))[groups]
    features = (seen + 0.05 * rng.normal(size=(n, d))).astype(np.float32)
    return features, [Example(str(i), int(g) % classes, str(splits[g]), int(g)) for i, g in enumerate(groups)]


def draws(figures, n=20):
    return np.tile(figures, (n, 1))


def law(sizes, a=0.9, b=1.0, c=0.5):
    return a - b * np.array(sizes, float) ** -c


def test_the_curve_rises_over_five_sizes_to_all_groups():
    features, examples = drawn()
    found = growth.curve(features, examples, 4)
    assert len(found["sizes"]) == 5
    assert found["sizes"][-1] == len({e.group for e in examples if e.split == "train"})
    assert found["accuracy"][-1] > found["accuracy"][0] + 0.05
    assert all(
        low <= mean <= high for low, mean, high in zip(*map(found.get, ("low", "accuracy", "high")), strict=True)
    )


def test_the_same_pictures_give_the_same_curve():
    features, examples = drawn()
    assert growth.curve(features, examples, 4, [1], seed=3) == growth.curve(features, examples, 4, [1], seed=3)


def test_the_head_at_full_size_is_as_good_as_a_plain_logistic_regression():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features, examples = drawn()
    train, test = (np.array([e.split == split for e in examples]) for split in ("train", "test"))
    labels = np.array([e.label for e in examples])
    head = make_pipeline(StandardScaler(), LogisticRegression(C=growth.STRENGTH, class_weight="balanced"))
    theirs = head.fit(features[train], labels[train]).score(features[test], labels[test])
    assert growth.curve(features, examples, 4)["accuracy"][-1] == pytest.approx(theirs, abs=0.02)


def test_copies_count_as_one_group():
    features, examples = drawn(n=600, twins=6)
    assert growth.curve(features, examples, 4)["sizes"][-1] == len({e.group for e in examples if e.split == "train"})


def test_only_the_groups_of_the_weak_label_are_varied():
    ground, _ = growth.prepare(*drawn(), 4, seed=1)
    counts = np.bincount(ground.labels)
    few, more = (
        growth._chosen(ground, growth._ranks(ground.labels, np.random.default_rng(1)), counts, share, 2)
        for share in (0.2, 0.6)
    )
    assert few[ground.labels != 2].all()
    assert few[ground.labels == 2].sum() == round(0.2 * counts[2])
    assert not (few & ~more).any()  # nested


def test_under_twenty_groups_of_a_label_nothing_is_foretold():
    features, examples = drawn(n=100)
    label = growth.curve(features, examples, 4, [1])["advice"][1]
    assert label == {"label": 1, "metric": "f1", "refused": "few_groups"}


def test_too_few_test_groups_foretell_nothing():
    features, examples = drawn(split=(0.96, 0.02, 0.02))
    assert [part["refused"] for part in growth.curve(features, examples, 4, [1])["advice"]] == ["few_tests"] * 2


def test_what_is_already_learnt_is_called_flat():
    features, examples = drawn(gap=9)
    assert growth.curve(features, examples, 4)["advice"][0]["refused"] == "flat"


def test_guessing_that_never_gets_better_foretells_nothing():
    features, examples = drawn(gap=0)
    assert growth.curve(features, examples, 4)["advice"][0]["refused"] in ("flat", "not_rising", "poor_fit")


def test_photos_to_give_count_those_that_will_fall_to_validation_and_test():
    law_sizes = [20, 36, 63, 112, 200]
    figures = law(law_sizes)
    told = growth._advise(law_sizes, np.vstack([figures, draws(figures)]), growth.Stock(400, 200, 100))
    asked = powerlaw.reach((0.9, 1.0, 0.5), 200)
    assert told["more"] == powerlaw.about(2 * asked)


def test_more_pictures_than_the_bound_are_drawn_by_whole_groups(monkeypatch):
    monkeypatch.setattr(growth, "MOST", 100)
    features, examples = drawn(n=600, twins=3)
    ground, sampled = growth.prepare(features, examples, 4, seed=1)
    assert sampled
    assert (np.bincount(ground.group) == 3).all()
    assert 90 < len(ground.truth) <= 100


def test_a_power_law_is_found_again():
    sizes = [20, 36, 63, 112, 200]
    assert powerlaw.fit(sizes, law(sizes)) == pytest.approx((0.9, 1.0, 0.5), rel=1e-2)


def test_what_the_law_asks_for_brings_three_points():
    sizes = [20, 36, 63, 112, 200]
    _, asked = powerlaw.extrapolate(sizes, law(sizes), draws(law(sizes)), 200)
    assert law(200 + asked.most) - law(200) == pytest.approx(0.03, abs=1e-3)


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ([0.6, 0.65, 0.62, 0.7, 0.72], "not_rising"),
        ([0.700, 0.705, 0.71, 0.71, 0.715], "flat"),
        ([0.5, 0.5, 0.5, 0.5, 0.9], "poor_fit"),
        ([0.4, 0.6, 0.68, 0.69, 0.69], "ceiling"),
        ([0.500, 0.506, 0.512, 0.518, 0.524], "too_far"),
    ],
)
def test_a_curve_that_says_nothing_is_refused_with_its_code(figures, code):
    sizes, figures = [20, 36, 63, 112, 200], np.array(figures)
    assert powerlaw.extrapolate(sizes, figures, draws(figures), 200)[1] == code
    assert code in powerlaw.REFUSALS


def test_a_number_that_hangs_on_a_few_test_pictures_is_not_told():
    sizes = [20, 36, 63, 112, 200]
    figures = law(sizes)
    others = figures + np.random.default_rng(1).normal(0, 0.03, (60, 5))
    assert powerlaw.extrapolate(sizes, figures, others, 200)[1] == "poor_fit"


def test_numbers_are_told_to_two_figures():
    assert [powerlaw.about(n) for n in (0.2, 7, 437.2, 1288)] == [1, 7, 440, 1300]


def test_a_thousand_pictures_take_seconds():
    features, examples = drawn(n=1000, classes=10, d=512, gap=0.2)
    began = time.process_time()
    growth.curve(features, examples, 10, [0, 1])
    assert time.process_time() - began < 8
