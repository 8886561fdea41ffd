"""Agreement of distances with listeners: simulated ones, whose weights and noise are known."""

import numpy as np
import pytest
from shared import ratings as R
from shared.scores import interval

WEIGHTS = np.array([3.0, 2.0, 1.0])  # of the listeners on the three dimensions of the sounds


def distances(points):
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


def rate(rng, points, listeners, noise):
    """Ratings of simulated listeners: weighted distances and noise of each pair, (listeners, n, n)."""
    n = len(points)
    drawn = np.triu(rng.standard_normal((listeners, n, n)), 1) * noise
    told = distances(points * WEIGHTS) + drawn + drawn.transpose(0, 2, 1)
    told[:, np.arange(n), np.arange(n)] = np.nan
    return R.spread_to_one(told)


def test_listeners_without_noise_agree_fully_with_what_they_hear():
    points = np.random.default_rng(0).standard_normal((12, 3))
    told = rate(np.random.default_rng(1), points, 3, 0)
    heard = distances(points * WEIGHTS)
    np.testing.assert_allclose(R.mean_agreement(heard, told), 1)
    np.testing.assert_allclose(R.noise_ceiling(told), 1)
    np.testing.assert_allclose(R.mean_agreement(heard**3, told), 1)  # only the order counts
    worst = R.mean_agreement(-heard, told)
    np.testing.assert_allclose(worst[:5], [-1, -1, -1, -1, 0])
    assert 0.3 < worst[5] < 0.9  # NDCG has no fixed lowest value


def test_scores_by_hand():
    far, told = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 0.5, 0.45, 1.0])
    assert R.spearman(far, told) == pytest.approx(0.8)
    assert R.kendall(far, told) == pytest.approx(4 / 6)
    assert R.triplets(far, told) == 1  # 0.45 and 0.5 are no order
    assert R.triplets(far, told, margin=0.01) == pytest.approx(5 / 6)
    assert R.triplets(np.ones(4), told) == 0
    assert np.isnan(R.triplets(far, np.full(4, 0.5)))
    gains = 1 - told
    discounts = 1 / np.log2([2, 3, 4, 5])
    assert R.ndcg(far, told) == pytest.approx(gains @ discounts / (gains[[0, 2, 1, 3]] @ discounts))
    assert R.ndcg(np.ones(4), told) == pytest.approx(
        gains.sum() * discounts.mean() / (gains[[0, 2, 1, 3]] @ discounts)
    )


def test_ndcg_is_that_of_a_kept_library():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    for _ in range(20):
        far, told = rng.integers(5, size=9).astype(float), rng.random(9)
        assert R.ndcg(far, told) == pytest.approx(metrics.ndcg_score([1 - told], [-far]))


def test_a_distance_that_tells_nothing_has_no_correlation():
    told = rate(np.random.default_rng(1), np.random.default_rng(0).standard_normal((8, 3)), 1, 0)
    scores = dict(zip(R.STATISTICS, R.mean_agreement(np.ones((8, 8)), told), strict=True))
    assert all(np.isnan(scores[name]) for name in R.STATISTICS if name.startswith(("spearman", "kendall")))


def test_pairs_that_nobody_rated_do_not_count():
    points = np.random.default_rng(0).standard_normal((12, 3))
    told, heard = rate(np.random.default_rng(1), points, 3, 0), distances(points * WEIGHTS)
    wrong = heard.copy()
    for i, j in ((0, 1), (3, 7), (5, 2)):
        told[:, [i, j], [j, i]] = np.nan
        wrong[[i, j], [j, i]] = 99
    np.testing.assert_allclose(R.mean_agreement(wrong, told), 1)
    np.testing.assert_allclose(R.noise_ceiling(told), 1)


def test_shuffled_ratings_give_what_chance_gives():
    points = np.random.default_rng(0).standard_normal((16, 3))
    told, heard = rate(np.random.default_rng(1), points, 2, 0.5), distances(points * WEIGHTS)
    chance = R.shuffled_agreement(heard, told, 100, 0).mean(axis=0)
    np.testing.assert_allclose(chance[:4], 0, atol=0.05)
    assert chance[4] == pytest.approx(0.5, abs=0.05)


def test_one_listener_alone_has_no_ceiling():
    told = rate(np.random.default_rng(1), np.random.default_rng(0).standard_normal((8, 3)), 1, 1)
    assert np.isnan(R.noise_ceiling(told)).all()


@pytest.mark.parametrize("noise", [0.7, 2.0])
def test_the_ceiling_holds_what_the_right_model_reaches(noise):
    """The listeners' own weighted distances are the best model: with noise they stay below 1, within the
    ceiling, which many listeners make narrow."""
    widths = []
    for listeners in (4, 12):
        inside, gaps = [], []
        for draw in range(6):
            rng = np.random.default_rng(draw)
            points = rng.standard_normal((12, 3))
            told = rate(rng, points, listeners, noise)
            best = R.mean_agreement(distances(points * WEIGHTS), told)
            lower, upper = R.noise_ceiling(told)
            inside.append((lower - 0.02 < best) & (best < upper + 0.02))
            gaps.append(upper - lower)
            assert best[0] < 0.97
        assert np.mean(inside) > 0.9
        widths.append(np.mean(gaps, axis=0))
    assert (widths[1] < widths[0] / 1.8).all()


def test_noise_lowers_the_agreement_by_as_much_as_it_must():
    """Over all pairs, ratings are distances and independent noise, whose correlation is known."""
    rng = np.random.default_rng(0)
    points = rng.standard_normal((150, 3))
    heard = distances(points * WEIGHTS)
    spread = heard[np.triu_indices(150, 1)].std()
    for noise in (0.5, 1.0, 2.0):
        r = spread / np.hypot(spread, noise)
        found = R.of_pairs(R.spearman, heard, rate(rng, points, 1, noise)[0])
        assert found == pytest.approx(6 / np.pi * np.arcsin(r / 2), abs=0.02)  # as of a normal distribution


def scored(seed, n):
    """n sounds and a listener drawn anew, heard by a model that weighs the dimensions alike: a function of
    some of the sounds that gives the Spearman correlation of anchors and of pairs, and the triplets."""
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((n, 3))
    told, far = rate(rng, points, 1, 1.0)[0], distances(points)

    def of_some(rows):
        of_rows = far[np.ix_(rows, rows)], told[np.ix_(rows, rows)]
        pairs = R.of_pairs(R.spearman, *of_rows)
        return np.array([R.of_anchors(R.spearman, *of_rows), pairs, R.of_anchors(R.triplets, *of_rows)])

    return of_some


@pytest.mark.long
@pytest.mark.parametrize("n", [11, 20])
def test_intervals_hold_what_other_sounds_give(n):
    """As often as they should, with as few sounds as experiments have."""
    truth = np.mean([scored(seed, n)(np.arange(n)) for seed in range(1000, 1200)], axis=0)
    held = []
    for seed in range(120):
        statistic = scored(seed, n)
        low, high = interval(R.left_out(statistic, statistic(np.arange(n)), n, 200, seed))
        held.append((low <= truth) & (truth <= high))
    assert (np.mean(held, axis=0) > 0.87).all()
    assert (np.mean(held, axis=0) < 1).any()  # no wider than they must be


def test_many_sounds_are_left_out_in_groups():
    """The error of a mean is known: of sounds, however many are left out at once."""
    values = np.random.default_rng(0).standard_normal(350)
    drawn = R.left_out(
        lambda rows: values[rows].mean(keepdims=True), values.mean(keepdims=True), 350, 2000, 0
    )
    assert drawn.std() == pytest.approx(values.std() / np.sqrt(350), rel=0.2)
    assert drawn.mean() == pytest.approx(values.mean(), abs=0.01)


def test_what_a_model_lacks_explains_the_rest():
    """A model that hears the second and third dimension only: the first explains what is left, the second
    does not, and it explains nothing of what a whole model leaves."""
    points = np.random.default_rng(0).standard_normal((40, 3))
    told = rate(np.random.default_rng(1), points, 2, 0.2)
    differences = np.stack([distances(column[:, None]) for column in points.T])
    first, second, _ = R.explained_rest(distances((points * WEIGHTS)[:, 1:]), told, differences)
    assert first > 0.8
    assert abs(second) < 0.35
    whole = R.explained_rest(distances(points * WEIGHTS), told, differences)
    assert (abs(whole) < 0.25).all()
    assert np.isnan(R.explained_rest(distances(points), told, np.ones((1, 40, 40)))).all()
