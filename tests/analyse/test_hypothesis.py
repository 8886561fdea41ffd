"""The hypothesis where an angle is not known: it counts as 0, or leaves no score if it would decide."""

import numpy as np
import pytest
from analyse.hypothesis import score_hypothesis, summary
from shared.factors import FactorScores


def score(smoothness, degrees, are_smooth):
    """The hypothesis of smoothness (F,) and angles (pairs,), whose replicates are all alike."""
    smoothness, degrees = np.array(smoothness), np.array(degrees, dtype=float)
    smooth = FactorScores(smoothness, np.tile(smoothness, (40, 1)), np.zeros((2, len(smoothness))))
    turned = FactorScores(degrees, np.tile(degrees, (20, 1)))
    return score_hypothesis(smooth, turned, np.array(are_smooth))


def test_perpendicular_smooth_factors_have_their_smoothness():
    scores = score([0.9, 0.9, 0.9], [90, 90, 90], [True, True, True])
    assert scores.value[0] == pytest.approx(0.9)
    assert scores.replicates.shape == (20, 1)
    np.testing.assert_allclose(scores.replicates, 0.9)
    assert scores.cells(0, "")["chance"] == 0


def test_an_unknown_angle_of_a_factor_that_is_not_smooth_counts_as_0_degrees():
    scores = score([0.9, 0.9, 0.001], [90, np.nan, np.nan], [True, False, False])
    assert scores.value[0] == pytest.approx(summary(np.array([0.9, 0.9, 0.001]), np.array([90, 0, 0])))
    assert scores.value[0] < 0.04


def test_an_unknown_angle_of_two_smooth_factors_leaves_no_score():
    assert np.isnan(score([0.9, 0.9, 0.9], [90, np.nan, 90], [True, True, True]).value[0])


def test_a_factor_that_is_not_smooth_at_all_decides_whatever_the_angles():
    assert score([0.9, 0.9, -0.1], [np.nan, 90, 90], [True, False, False]).value[0] == 0


def test_a_factor_that_does_not_vary_leaves_no_score():
    assert np.isnan(score([0.9, 0.9, np.nan], [90, 90, 90], [True, False, False]).value[0])
