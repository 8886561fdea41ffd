"""Nearest neighbours: exact, without the sound itself, blind to rotation and to the order of the rows."""

import numpy as np
import pytest
from analyse import knn, neighbors
from scipy.stats import ortho_group
from shared.graphs import features, nearest_neighbors, ties_with_next

N = 256
CODES = {  # embeddings in which more sounds coincide, or are equally far, than a neighbourhood holds
    "quantised": np.random.default_rng(0).standard_normal((4, 64))[
        np.random.default_rng(1).integers(0, 4, N)
    ],
    "constant": np.ones((N, 8)),
    "one-hot": np.eye(N),
    "all but one": np.eye(N)[np.repeat([0, 1], [N - 1, 1])],
}


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


@pytest.mark.parametrize("name", CODES)
def test_equally_far_neighbours_do_not_follow_the_rows(name):
    points = CODES[name]
    indices, distances = nearest_neighbors(features(points, False), 16)
    again, _ = nearest_neighbors(features(points, False), 16)
    np.testing.assert_array_equal(indices, again)
    assert (indices != nearest_neighbors(features(points, False), 16, seed=1)[0]).any()
    assert not (indices == np.arange(N)[:, None]).any()
    assert all(len(set(row)) == 16 for row in indices.tolist())
    exact = np.sort(np.linalg.norm(points[:, None] - points, axis=2), axis=1)[:, 1:17]
    np.testing.assert_allclose(distances, exact, atol=1e-6)
    counts = np.bincount(indices.ravel(), minlength=N)  # each is drawn about equally often
    assert counts.max() < 50
    # a factor that rises with the rows is as unknown as one that does not
    factor = np.stack([np.arange(N), np.random.default_rng(2).permutation(N)], axis=1).astype(float)
    rising, shuffled = knn.r2(knn.estimate(factor, indices, ["linear", "linear"]), factor)
    assert rising == pytest.approx(shuffled, abs=0.1)
    assert rising == pytest.approx(-1 / 16, abs=0.1)


def test_one_bit_of_a_grid_is_told_whatever_the_order_of_its_rows():
    factor = np.tile(np.arange(16.0), 16)[:, None]
    shuffled = np.random.default_rng(0).permutation(N)
    for order in (np.arange(N), shuffled):
        bit = (factor[order] > 7.5).astype(float)
        indices, _ = nearest_neighbors(features(bit, False), 16)
        found = knn.r2(knn.estimate(factor[order], indices, ["linear"]), factor[order])
        # the means of the halves tell 3/4 of the variance; 1/16 of the rest is error of the mean
        assert found == pytest.approx(0.75 - 0.25 / 16, abs=0.04)


def test_without_ties_the_seed_changes_nothing():
    points = np.random.default_rng(0).standard_normal((100, 5))
    one, two = (nearest_neighbors(points, 99, seed) for seed in (0, 1))
    np.testing.assert_array_equal(one, two)
    assert not ties_with_next(points, *one).any()


def test_the_file_says_which_neighbours_are_drawn(tmp_path):
    line = np.array([[-1.0], [0], [1], [3]])  # the second is as far from the first as from the third
    np.save(tmp_path / "e.npy", line)
    for K, expected in ((1, [0, 1, 0, 0]), (3, [0, 0, 0, 0])):
        words = ["--embeddings", f"{tmp_path}/e.npy", "--K", str(K), "--output", f"{tmp_path}/n.npz"]
        neighbors.main(words)
        lists = np.load(tmp_path / "n.npz")
        assert lists["ties"].shape == lists["indices"].shape == lists["distances"].shape == (4, K)
        np.testing.assert_array_equal(lists["ties"][:, -1], expected)
    assert lists["ties"][:, 0].tolist() == [False, True, False, False]
