"""Figures on held-out pictures say what the pictures carry, as scikit-learn reckons, and no more."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support, top_k_accuracy_score

from workers.backbones import measures

answers = st.integers(2, 8).flatmap(
    lambda k: st.tuples(
        st.just(k),
        st.lists(st.tuples(st.integers(0, k - 1), st.integers(0, k - 1)), min_size=1, max_size=60),
    )
)


def matrix_of(pairs, classes):
    truth, guess = np.array(pairs).T
    return measures.confusion(truth, guess, classes)


@settings(max_examples=30, deadline=None)
@given(answers)
def test_class_figures_are_those_of_scikit_learn_where_they_exist(drawn):
    classes, pairs = drawn
    truth, guess = np.array(pairs).T
    matrix = measures.confusion(truth, guess, classes)
    assert (matrix == confusion_matrix(truth, guess, labels=range(classes))).all()
    theirs = np.array(precision_recall_fscore_support(truth, guess, labels=range(classes), zero_division=0)).T
    for ours, (precision, recall, f1, support) in zip(measures.per_class(matrix), theirs, strict=True):
        assert ours["support"] == support
        if support:
            assert [ours["precision"] or 0, ours["recall"], ours["f1"]] == pytest.approx([precision, recall, f1])
    assert measures.macro_f1(matrix) == pytest.approx(
        f1_score(truth, guess, labels=np.unique(truth), average="macro", zero_division=0)
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(6, 12), st.integers(1, 40))
def test_top_five_is_that_of_scikit_learn(seed, classes, n):
    rng = np.random.default_rng(seed)
    chances, truth = rng.dirichlet(np.ones(classes), n), rng.integers(0, classes, n)
    assert measures.top(chances, truth) == pytest.approx(
        top_k_accuracy_score(truth, chances, k=5, labels=range(classes))
    )


def test_a_class_without_test_pictures_has_no_figures():
    assert measures.per_class(matrix_of([(0, 0), (1, 2)], 3))[2] == {
        "precision": None,
        "recall": None,
        "f1": None,
        "support": 0,
    }


def test_a_class_never_guessed_has_no_precision_but_a_recall():
    assert measures.per_class(matrix_of([(0, 0), (1, 0)], 2))[1] == {
        "precision": None,
        "recall": 0,
        "f1": 0,
        "support": 1,
    }


def test_five_classes_have_no_top_five():
    assert measures.top(np.full((3, 5), 0.2), np.zeros(3, int)) is None


def test_equal_answers_earn_no_place_among_the_top_five():
    assert measures.top(np.full((3, 10), 0.1), np.array([0, 4, 9])) == 0


def test_single_pictures_have_the_published_wilson_interval():
    low, high, method = measures.interval(np.arange(263) < 81, np.arange(263))
    assert method == "wilson"
    assert (low, high) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, table I


def test_pictures_that_stand_or_fall_together_widen_the_interval():
    right = np.random.default_rng(1).random(100) < 0.7
    alone = measures.interval(right, np.arange(100))
    together = measures.interval(np.repeat(right, 5), np.repeat(np.arange(100), 5))
    assert together[2] == "bootstrap_groups"
    assert together[1] - together[0] == pytest.approx(alone[1] - alone[0], rel=0.15)


def test_the_bootstrap_is_the_same_each_time_and_holds_the_accuracy():
    rng = np.random.default_rng(2)
    right, groups = rng.random(200) < 0.8, rng.integers(0, 60, 200)
    low, high, _ = measures.interval(right, groups, seed=3)
    assert (low, high) == measures.interval(right, groups, seed=3)[:2]
    assert low < right.mean() < high


@pytest.mark.parametrize("right", [np.ones(60, bool), np.zeros(60, bool)])
def test_all_right_or_all_wrong_is_not_taken_for_certain(right):
    low, high, method = measures.interval(right, np.arange(60) // 2)
    assert method == "wilson_groups"
    assert high - low > 0.1


def test_few_groups_are_not_bootstrapped():
    assert measures.interval(np.arange(30) % 3 > 0, np.arange(30) // 3)[2] == "wilson_groups"


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng, held = np.random.default_rng(4), 0
    for _ in range(200):
        share = rng.beta(8, 2, 40)  # of each group; the mean is 0.8
        right = rng.random((40, 4)) < share[:, None]
        low, high, _ = measures.interval(right.ravel(), np.repeat(np.arange(40), 4))
        held += low <= 0.8 <= high
    assert held >= 180


def test_the_majority_is_that_of_training_not_of_the_test():
    assert measures.majority(np.array([1, 1, 0]), np.array([0, 0, 0, 1])) == 0.25


def test_no_pictures_give_no_figures():
    with pytest.raises(ValueError, match="no pictures"):
        measures.interval(np.zeros(0, bool), np.zeros(0, int))
    with pytest.raises(ValueError, match="no pictures"):
        measures.macro_f1(np.zeros((2, 2), int))
