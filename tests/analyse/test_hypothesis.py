"""The hypothesis where an angle is not known: it counts as 0, or leaves no score if it would decide."""

import numpy as np
import pytest
from analyse.gradients import angles, held_out, make_cloud
from analyse.hypothesis import FEWEST_FOR_ANGLES, score_hypothesis, scores_of, split_scores, summary
from shared.factors import FactorScores, r2, standardized


def score(smoothness, degrees, are_smooth):
    """The hypothesis of smoothness (F,) and angles (pairs,), whose replicates are all alike."""
    smoothness, degrees = np.array(smoothness), np.array(degrees, dtype=float)
    smooth = FactorScores(smoothness, np.tile(smoothness, (20, 1)), np.zeros((2, len(smoothness))))
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


def smoothness(coordinates, factors):
    """Smoothness of factors (N, F) in a cloud of coordinates (N, 3)."""
    cloud = make_cloud(coordinates, np.ones(len(coordinates), bool))
    targets = standardized(factors)
    return r2(held_out(cloud.terms, targets, cloud.inside, 0), targets)


@pytest.mark.parametrize("thin", [1, 0.01, 1e-4])
def test_a_box_shows_its_factors_however_thin_it_is(thin):
    box = np.random.default_rng(0).random((400, 3))
    assert smoothness(box * [1, thin, thin], box) == pytest.approx(1, abs=1e-3)


def test_no_estimate_leaves_the_range_of_its_factor():
    rng = np.random.default_rng(0)
    heavy = rng.standard_t(1.5, (256, 3))
    assert (smoothness(heavy, rng.random((256, 3))) > -0.5).all()


def test_too_few_sounds_tell_no_angle():
    box = np.random.default_rng(0).random((64, 3))
    cloud = make_cloud(box, np.ones(64, bool))
    targets = standardized(box)
    values = scores_of(cloud, targets, 0)
    halves = np.tile(values, (5, 1))
    _, few = split_scores(values, halves, np.zeros((2, 3)), FEWEST_FOR_ANGLES <= 64)
    _, enough = split_scores(values, halves, np.zeros((2, 3)), True)
    assert np.isnan(few.value).all()
    assert np.isfinite(enough.value).all()


@pytest.mark.parametrize("N", [256, 1024])
def test_factors_that_are_perpendicular_on_a_bent_surface_are_perpendicular(N):
    place = np.random.default_rng(0).random((N, 2))
    longitude, latitude = 0.8 * np.pi * place[:, 0], 0.6 * np.pi * (place[:, 1] - 0.5)
    east, north = np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude)
    sphere = np.stack([east, north, np.sin(latitude)], axis=1)
    degrees = angles(make_cloud(sphere, np.ones(N, bool)), standardized(place), 0)
    assert degrees[0] > 80
