"""Nearest neighbours: exact, without the sound itself, blind to rotation."""

import numpy as np
from scipy.stats import ortho_group
from shared.graphs import features, nearest_neighbors


def test_points_on_a_line():
    indices, distances = nearest_neighbors(np.array([[0.0], [1], [3], [7]]), 2)
    np.testing.assert_array_equal(indices, [[1, 2], [0, 2], [1, 0], [2, 1]])
    np.testing.assert_allclose(distances, [[1, 3], [1, 2], [2, 3], [4, 6]])


def test_rotation_and_shift_change_nothing():
    points = np.random.default_rng(0).standard_normal((60, 12))
    moved = points @ ortho_group.rvs(12, random_state=0) + 1000
    indices, distances = nearest_neighbors(features(points, False), 10)
    again, distances_again = nearest_neighbors(features(moved, False), 10)
    np.testing.assert_array_equal(indices, again)
    np.testing.assert_allclose(distances, distances_again, rtol=1e-6)


def test_twins_are_neighbours_of_each_other_but_not_of_themselves():
    points = np.repeat(np.random.default_rng(0).standard_normal((4, 3)), 5, axis=0)
    indices, distances = nearest_neighbors(points, 3)
    assert indices.shape == (20, 3)
    assert not (indices == np.arange(20)[:, None]).any()
    np.testing.assert_allclose(distances, 0, atol=1e-7)


def test_standardising_makes_units_irrelevant():
    points = np.random.default_rng(0).standard_normal((60, 4))
    scaled = points * [1, 1000, 0.001, 5] + 3
    first, second = (nearest_neighbors(features(p, True), 5)[0] for p in (points, scaled))
    np.testing.assert_array_equal(first, second)
    assert np.isfinite(features(np.ones((5, 2)), True)).all()
