"""The points between which distances are measured: cosine, correlation, fewer dimensions, whitening."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import ortho_group, spearmanr
from shared.graphs import features, nearest_neighbors
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

N, D = 120, 12
ANGULAR = ("cosine", "correlation")
METRICS = ("euclidean", *ANGULAR)


@pytest.fixture
def embedding():
    """Correlated features far from the origin, as of a network that ends in a rectifier."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((N, D)) @ rng.standard_normal((D, D)) + rng.uniform(2, 4, D)


def test_by_default_only_the_mean_is_taken_off(embedding):
    np.testing.assert_array_equal(features(embedding), embedding - embedding.mean(axis=0))
    one, other = features(embedding, True), features(embedding, True, None, "euclidean")
    np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(one.std(axis=0), 1)


@pytest.mark.parametrize("metric", ANGULAR)
def test_distances_are_chords_of_the_angles_that_scipy_gives(embedding, metric):
    chords = pdist(features(embedding, metric=metric))
    np.testing.assert_allclose(chords**2 / 2, pdist(embedding, metric), atol=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_neighbours_are_those_of_scikit_learn(embedding, metric):
    search = NearestNeighbors(n_neighbors=9, metric=metric, algorithm="brute").fit(embedding)
    expected = search.kneighbors(embedding, return_distance=False)[:, 1:]
    np.testing.assert_array_equal(nearest_neighbors(features(embedding, metric=metric), 8)[0], expected)


@pytest.mark.parametrize("metric", ANGULAR)
def test_the_scale_of_a_sound_changes_no_angle_and_a_shift_no_correlation(embedding, metric):
    rng = np.random.default_rng(1)
    points = features(embedding, metric=metric)
    scaled = features(embedding * rng.uniform(0.1, 10, (N, 1)), metric=metric)
    np.testing.assert_allclose(scaled, points, atol=1e-12)
    shifted = features(embedding + rng.uniform(-5, 5, (N, 1)), metric=metric)
    assert np.allclose(shifted, points, atol=1e-12) == (metric == "correlation")


@pytest.mark.parametrize("metric", METRICS)
def test_standardised_features_have_no_unit(embedding, metric):
    units = 10.0 ** np.arange(-3, D - 3)
    points, scaled = (features(e, True, metric=metric) for e in (embedding, embedding * units))
    np.testing.assert_allclose(points, scaled, atol=1e-9)


def test_all_principal_components_change_no_distance(embedding):
    distances = pdist(features(embedding))
    np.testing.assert_allclose(pdist(features(embedding, reduce={"pca": D})), distances, rtol=1e-9)
    wide = np.hstack([embedding, np.zeros((N, 3 * N))])  # more features than sounds
    np.testing.assert_allclose(pdist(features(wide, reduce={"pca": D})), distances, rtol=1e-9)


@pytest.mark.parametrize("copies", [1, 20])
def test_components_are_those_of_scikit_learn(embedding, copies):
    points = np.tile(embedding, copies) + 0.1 * np.random.default_rng(2).standard_normal((N, copies * D))
    expected = PCA(4).fit_transform(points)
    whitened = PCA(4, whiten=True).fit_transform(points) * np.sqrt(N / (N - 1))  # by N, not by N - 1
    for kind, components in {"pca": expected, "whiten": whitened}.items():
        found = features(points, reduce={kind: 4})
        np.testing.assert_allclose(found * np.sign(found[0]), components * np.sign(components[0]), atol=1e-8)


def test_whitening_makes_the_covariance_the_identity(embedding):
    points = features(embedding, reduce={"whiten": 7})
    np.testing.assert_allclose(points.T @ points / N, np.eye(7), atol=1e-9)


def test_whitening_does_not_blow_up_rounding(embedding):
    flat = np.hstack([embedding[:, :3], embedding[:, :3] @ np.ones((3, 5))]).astype(np.float32)
    points = features(flat, reduce={"whiten": 6})
    np.testing.assert_allclose(points.var(axis=0), [1, 1, 1, 0, 0, 0], atol=1e-9)


@pytest.mark.parametrize("reduce", [{"pca": 5}, {"whiten": 5}])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_turning_the_embedding_changes_no_distance(embedding, reduce, metric):
    turned = embedding @ ortho_group.rvs(D, random_state=0)
    one, other = (pdist(features(e, reduce=reduce, metric=metric)) for e in (embedding, turned))
    np.testing.assert_allclose(one, other, rtol=1e-8)


def test_the_angle_of_reduced_points_is_seen_from_their_mean(embedding):
    centred = embedding - embedding.mean(axis=0)
    found = pdist(features(embedding, reduce={"pca": D}, metric="cosine")) ** 2 / 2
    np.testing.assert_allclose(found, pdist(centred, "cosine"), atol=1e-10)
    rows = centred - centred.mean(axis=1, keepdims=True)  # own means are taken off before the components
    found = pdist(features(embedding, reduce={"pca": D}, metric="correlation")) ** 2 / 2
    np.testing.assert_allclose(found, pdist(rows, "cosine"), atol=1e-10)


def test_noise_in_many_small_directions_is_left_out():
    rng = np.random.default_rng(3)
    plane = rng.standard_normal((N, 2)) * [6, 4]
    noisy = np.hstack([plane, rng.standard_normal((N, 300))]) @ ortho_group.rvs(302, random_state=0)
    told = [
        spearmanr(pdist(features(noisy, reduce=reduce)), pdist(plane)).statistic
        for reduce in (None, {"pca": 2})
    ]
    assert told[0] < 0.9 < told[1]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("reduce", [None, {"pca": 6}, {"whiten": 6}])
def test_sounds_that_coincide_still_do(embedding, metric, reduce):
    twins = np.repeat(embedding[:40], 3, axis=0)
    points = features(twins, False, reduce, metric).reshape(40, 3, -1)
    assert (points == points[:, :1]).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("reduce", [None, {"pca": 2}, {"whiten": 2}])
@pytest.mark.parametrize("value", [0, 0.1])
def test_a_collapsed_embedding_stays_one_point(metric, reduce, value):
    points = features(np.full((9, 4), value, np.float32), True, reduce, metric)
    assert not np.ptp(points, axis=0).any()
    assert np.abs(points).max() < 1e-6


@pytest.mark.parametrize(("metric", "row"), [("cosine", 0), ("correlation", 0), ("correlation", 0.1)])
def test_a_sound_without_direction_is_refused_in_one_sentence(embedding, metric, row):
    embedding[[3, 8]] = row
    with pytest.raises(ValueError, match=f"^2 of {N} sounds have no direction.*\nTake `metric: euclidean`"):
        features(embedding, metric=metric)
    assert np.isfinite(features(embedding)).all()


def test_too_few_dimensions_or_sounds_are_refused_in_one_sentence(embedding):
    with pytest.raises(ValueError, match=f"has {D} dimensions, but .* 64\\.\nAsk for {D} or fewer"):
        features(embedding, reduce={"pca": 64})
    with pytest.raises(ValueError, match=r"8 sounds span 7 dimensions, but .* 8\. Ask for fewer\."):
        features(embedding[:8], reduce={"whiten": 8})


def test_sounds_that_are_all_equally_far_have_components():
    points = features(np.eye(40), reduce={"pca": 5})  # which of equal axes come first is not said
    assert points.shape == (40, 5)
    np.testing.assert_allclose(points.T @ points, np.eye(5), atol=1e-9)


def test_cosine_tells_what_the_level_of_sounds_hides():
    rng = np.random.default_rng(4)
    angle = rng.uniform(0, np.pi / 2, N)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.uniform(0.01, 100, (N, 1))
    errors = {}
    for metric in ("euclidean", "cosine"):
        near, _ = nearest_neighbors(features(points, metric=metric), 4)
        errors[metric] = np.mean((angle[near].mean(axis=1) - angle) ** 2) / angle.var()
    assert errors["euclidean"] > 0.05
    assert errors["cosine"] < 0.005
