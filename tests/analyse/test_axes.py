"""Scores along axes: blind to scale, beside those of random rotations, as their definitions say."""

import numpy as np
import pytest
from analyse import axes
from analyse.disentanglement import turned
from analyse.information import bins, modularity, mutual_information
from analyse.trees import LEAF, TREES, estimated, grown
from sklearn.ensemble import ExtraTreesRegressor

N = 400


@pytest.fixture(scope="module")
def factors():
    return np.random.default_rng(0).random((N, 3))


def scores(points, factors):
    return axes.analyse(points - points.mean(axis=0), factors, 3, 5, 0)


@pytest.mark.parametrize("scale", [1e-30, 1e-8, 1e8])
def test_scale_changes_nothing(factors, scale):
    points = np.column_stack([factors, factors.sum(axis=1), np.full(N, 0.1)])
    one, two = scores(points, factors), scores(scale * points, factors)
    for metric in one:
        np.testing.assert_allclose(two[metric].value, one[metric].value, rtol=1e-6, atol=1e-9)
    assert (one["informativeness"].value > 0.9).all()


def test_chance_of_the_axes_is_that_of_a_turned_embedding(factors):
    """The factors themselves are far above chance, a turned copy of them is not."""
    own = scores(np.column_stack([factors, np.zeros((N, 9))]), factors)
    other = scores(turned(np.column_stack([factors, np.zeros((N, 9))]), np.random.default_rng(1)), factors)
    for metric in axes.OF_ROTATIONS:
        chance = own[metric].shuffled
        assert len(chance) == axes.ROTATIONS
        assert (own[metric].value > chance.max(axis=0)).all()
        # the copy is one of the rotations: within their spread
        spread = np.ptp(np.concatenate([chance, other[metric].shuffled]), axis=0)
        assert (np.abs(other[metric].value - chance.mean(axis=0)) < spread + 0.02).all()
    rows = axes.score_rows("abc", 12, 12, own)
    assert rows[0]["note"] == "12 of 12 axes, those that follow the factors most"
    assert all(("random rotations" in row["note"]) == (row["metric"] in axes.OF_ROTATIONS) for row in rows)


@pytest.mark.parametrize("D", [3, 64, 1000])
def test_turning_is_a_rotation_in_all_directions(D):
    rotation = turned(np.eye(D), np.random.default_rng(0))
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(D), atol=1e-12)
    # an entry of a random rotation has mean 0, variance 1 / D and, in many dimensions, a normal distribution
    kurtosis = (rotation**4).mean() * D**2
    assert kurtosis == pytest.approx(3 * D / (D + 2), rel=0.25 if D > 3 else 1)


def test_modularity_is_that_of_ridgeway_and_mozer(factors):
    """Their definition, by hand on given information, and with disentanglement_lib's bins on many sounds.

    That library counts in 20 bins of equal width without a correction: of hundreds of sounds, every axis then
    seems to know 0.3 nat of every factor. With many sounds the two must agree.
    """
    information = np.array([[2.0, 1, 0], [0, 0, 3], [0, 0, 0]])  # the last axis carries nothing
    template = np.where(information == information.max(axis=1, keepdims=True), information, 0)[:2]
    deviation = ((information[:2] - template) ** 2).sum(axis=1) / (2 * template.max(axis=1) ** 2)
    assert modularity(information) == pytest.approx((1 - deviation).mean())
    rng = np.random.default_rng(0)
    many = rng.random((100_000, 3))
    mixed = many @ [[1, 0.5, 0], [0, 1, 0.3], [0.2, 0, 1]]
    own = modularity(mutual_information(bins(mixed), bins(many)))

    def in_width(column):
        return np.digitize(column, np.histogram(column, 20)[1][:-1]) - 1

    plug_in = np.zeros((3, 3))
    for i, axis in enumerate(mixed.T):
        for j, factor in enumerate(many.T):
            joint = np.histogram2d(in_width(axis), in_width(factor), bins=20)[0] / len(many)
            product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
            plug_in[i, j] = (joint[joint > 0] * np.log(joint[joint > 0] / product[joint > 0])).sum()
    assert own == pytest.approx(modularity(plug_in), abs=0.02)
    few = slice(512)
    assert modularity(mutual_information(bins(mixed[few]), bins(many[few]))) == pytest.approx(own, abs=0.02)


def test_the_trees_are_those_of_scikit_learns_forest(factors):
    points = np.column_stack([factors, np.random.default_rng(1).random((N, 5))])
    held = np.random.default_rng(2).random((50, 8))
    for trees, factor in zip(grown(points, factors, 7), factors.T, strict=True):
        forest = ExtraTreesRegressor(TREES, min_samples_leaf=LEAF, random_state=7).fit(points, factor)
        np.testing.assert_allclose(estimated(trees, held), forest.predict(held), rtol=1e-12)
