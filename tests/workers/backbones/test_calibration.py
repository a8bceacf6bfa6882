"""A temperature brings confidence to what is right, and nothing is sure because a few were."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.backbones import calibration


def drawn(n=4000, classes=5, seed=1):
    """Logits, and classes drawn from exactly the probabilities they say."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, classes))
    chances = calibration.softmax(logits)
    return logits, (chances.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)


@pytest.mark.parametrize("heat", [0.4, 1.0, 3.0])
def test_the_temperature_that_spoilt_the_logits_is_found(heat):
    logits, truth = drawn()
    assert calibration.temperature(logits * heat, truth) == pytest.approx(heat, rel=0.06)


def test_dividing_by_the_temperature_lowers_the_error_on_other_pictures():
    logits, truth = drawn()
    heated, other = logits * 3, drawn(seed=2)
    found = calibration.temperature(heated, truth)
    before = calibration.ece(calibration.reliability(calibration.softmax(other[0] * 3), other[1]))
    after = calibration.ece(calibration.reliability(calibration.softmax(other[0] * 3, found), other[1]))
    assert before > 0.15
    assert after < 0.03


def test_a_few_pictures_that_are_all_right_do_not_ask_for_certainty():
    logits = np.tile([[1.0, 0.0]], (6, 1))
    found = calibration.temperature(logits, np.zeros(6, int))
    assert calibration.softmax(logits, found).max() < 0.99


def test_without_validation_pictures_nothing_is_changed():
    assert calibration.temperature(np.zeros((0, 3)), np.zeros(0, int)) == 1


def test_logits_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        calibration.temperature(np.array([[np.nan, 0.0]]), np.array([0]))


def test_huge_logits_do_not_overflow():
    assert calibration.softmax(np.array([[1e5, -1e5]])).tolist() == [[1, 0]]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(1, 50), st.sampled_from([10, 15]))
def test_bins_hold_every_picture_and_the_error_is_the_mean_over_pictures(seed, classes, n, bins):
    rng = np.random.default_rng(seed)
    chances, truth = rng.dirichlet(np.ones(classes), n), rng.integers(0, classes, n)
    rows = calibration.reliability(chances, truth, bins)
    assert sum(row["n"] for row in rows) == n
    # Per bin |sum of (confidence - right)| / n, each picture put where its confidence rounds up to.
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == truth
    where = np.ceil(sure * bins)
    assert calibration.ece(rows) == pytest.approx(
        sum(abs((sure - right)[where == b].sum()) for b in np.unique(where)) / n
    )


def test_an_empty_bin_claims_nothing():
    first = calibration.reliability(np.array([[0.9, 0.1]]), np.array([0]))[0]
    assert (first["n"], first["confidence"], first["accuracy"]) == (0, None, None)
