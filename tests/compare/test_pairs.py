"""Model against model: known answers, a peer written from the formulas, failed inputs, and coverage."""

import json

import numpy as np
import pandas
import pytest
from compare import pairs
from report import alike
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import pdist
from scipy.stats import ortho_group, spearmanr
from shared.graphs import nearest_neighbors
from shared.scores import HALVES

SCALED = {name: {"scale": "linear"} for name in ("f", "g", "h")}
SIMILARITIES = ("cka", "rsa", "overlap", "procrustes")


def factors_of(n, seed=0):
    """Factors of n sounds, drawn at random, as DataFrame of f, g, h."""
    return pandas.DataFrame(np.random.default_rng(seed).random((n, 3)), columns=list(SCALED))


def compared(embeddings, factors, K=8, seed=0):
    """The table of pairs, indexed by score, factor and the two models. embeddings: {name: (n, D)}."""
    lists = np.stack([nearest_neighbors(points, K, seed)[0] for points in embeddings.values()])
    drawn = np.empty((len(factors), 0)), HALVES, seed
    columns = {name: factors[name].to_numpy() for name in factors}
    table = pairs.compared(list(embeddings), embeddings.__getitem__, lists, columns, 4, drawn)
    return table.set_index(["score", "factor", "model_a", "model_b"]).sort_index()


def waves(factors, weights=(1, 1, 1)):
    """An embedding that bends along each factor: float (n, 6). weights: of the factors."""
    angle = 1.5 * factors.to_numpy()
    return np.concatenate([np.sin(angle) * weights, np.cos(angle) * weights], axis=1)


def test_what_is_the_same_is_1_and_what_is_independent_at_chance():
    factors, rng = factors_of(300), np.random.default_rng(1)
    one = waves(factors)
    embeddings = {
        "one": one,
        "twin": one,
        "turned": 7 * one @ ortho_group.rvs(6, random_state=0) + 3,
        "wider": np.concatenate([one, np.zeros((300, 100))], axis=1),
        "noise": rng.standard_normal((300, 400)),
    }
    table = compared(embeddings, factors)
    for other in ("twin", "turned", "wider"):
        for score in SIMILARITIES:
            row = table.loc[score, "", "one", other]
            assert row.value == pytest.approx(1, abs=2e-3), (score, other)
            assert row.high - row.low < 0.01
    for score in SIMILARITIES:
        row = table.loc[score, "", "one", "noise"]
        assert row.value == pytest.approx(row.chance, abs=0.03), score
        assert row.low - 0.01 < row.chance < row.high + 0.01


def test_cka_of_independent_embeddings_is_0_however_many_dimensions_they_have():
    """Plain CKA grows towards 1 where there are more dimensions than sounds."""
    rng = np.random.default_rng(7)
    a, b = rng.standard_normal((2, 64, 2048))
    value = compared({"a": a, "b": b}, factors_of(64)).loc["cka", "", "a", "b"].value
    assert value == pytest.approx(0, abs=0.05)
    grams = [(x - x.mean(axis=0)) @ (x - x.mean(axis=0)).T for x in (a, b)]
    plain = np.sum(grams[0] * grams[1]) / np.prod([np.linalg.norm(gram) for gram in grams])
    assert plain > 0.9


def hsic(K, L):
    """The unbiased HSIC of Song et al. 2012, their Eq. 5."""
    n = len(K)
    K, L = K - np.diag(np.diag(K)), L - np.diag(np.diag(L))
    ones = np.ones(n)
    first = np.trace(K @ L) + (ones @ K @ ones) * (ones @ L @ ones) / ((n - 1) * (n - 2))
    return (first - 2 / (n - 2) * ones @ K @ L @ ones) / (n * (n - 3))


def test_values_are_those_of_the_formulas():
    factors, rng = factors_of(60), np.random.default_rng(2)
    a = waves(factors)
    b = waves(factors, (1, 2, 0.3)) + 0.3 * rng.standard_normal((60, 6))
    table = compared({"a": a, "b": b}, factors, K=5)
    value = {score: table.loc[score, "", "a", "b"].value for score in SIMILARITIES}
    K, L = a @ a.T, b @ b.T
    assert value["cka"] == pytest.approx(hsic(K, L) / np.sqrt(hsic(K, K) * hsic(L, L)), abs=1e-4)
    assert value["rsa"] == pytest.approx(spearmanr(pdist(a), pdist(b)).statistic, abs=1e-4)
    near = [nearest_neighbors(x, 5)[0] for x in (a, b)]
    shared = [len({*x} & {*y}) / 5 for x, y in zip(*near, strict=True)]
    assert value["overlap"] == pytest.approx(np.mean(shared), abs=1e-6)
    a, b = ((x - x.mean(axis=0)) / np.linalg.norm(x - x.mean(axis=0)) for x in (a, b))
    turn, norm = orthogonal_procrustes(a, b)
    assert value["procrustes"] == pytest.approx(norm, abs=1e-5)
    assert value["procrustes"] == pytest.approx(1 - np.sum((a @ turn - b) ** 2) / 2, abs=1e-5)


def test_the_share_of_a_factor_is_its_own_part_of_r2():
    """The share is R2 of a regression of the difference on all factors minus R2 without this one."""
    factors = factors_of(80, 3)
    embeddings = {"a": waves(factors), "b": waves(factors, (1, 2, 0.2))}
    table = compared(embeddings, factors)
    ranked = [pandas.Series(pdist(x)).rank() for x in embeddings.values()]
    gap = np.subtract(*[(r - r.mean()) / r.std() for r in ranked]).to_numpy()
    own = np.stack([pandas.Series(pdist(factors[[name]])).rank() for name in factors], axis=1)

    def explained(columns):
        design = np.column_stack([np.ones(len(gap)), columns])
        rest = gap - design @ np.linalg.lstsq(design, gap, rcond=None)[0]
        return 1 - rest @ rest / (gap @ gap)

    for j, name in enumerate(factors):
        alone = explained(own) - explained(np.delete(own, j, axis=1))
        assert table.loc["parted", name, "a", "b"].value == pytest.approx(alone, abs=1e-4), name


@pytest.mark.parametrize("lacking", range(3))
def test_a_factor_that_one_of_two_copies_lacks_is_named(lacking, tmp_path):
    factors = factors_of(300, 4)
    weights = [0 if j == lacking else 1 for j in range(3)]
    table = compared({"whole": waves(factors), "without": waves(factors, weights)}, factors)
    table.reset_index().to_csv(tmp_path / "models.csv", index=False)
    said = json.loads(alike.alike(tmp_path / "models.csv")["json"])["whole|without"]
    factor, share, low, high, model = said["parted"]
    assert (factor, model) == (list(SCALED)[lacking], "whole")
    assert low < share < high
    assert share > 0.3


def test_constant_embeddings_and_factors_have_a_reason_and_no_value(tmp_path):
    factors = factors_of(40, 5).assign(h=0.5)
    embeddings = {"a": waves(factors), "flat": np.full((40, 3), 2.0), "b": waves(factors, (1, 0.2, 1))}
    table = compared(embeddings, factors)
    for score in ("cka", "rsa", "procrustes"):
        row = table.loc[score, "", "a", "flat"]
        assert np.isnan(row[["value", "low", "high", "chance"]].astype(float)).all()
        assert row.note == "one of the two embeddings is constant"
    assert table.loc["parted", "h", "a", "b"].note.startswith("the factor does not vary")
    assert np.isnan(table.loc["parted", "h", "a", "b"].value)
    assert table.loc["parted", "g", "a", "b"].value > 0.05
    assert table.loc["cka", "", "a", "b"].value > 0.3
    table.reset_index().to_csv(tmp_path / "models.csv", index=False)
    assert json.loads(alike.alike(tmp_path / "models.csv")["json"])["a|flat"]["cka"] is None


def test_intervals_hold_the_truth():
    """Of 40 draws of 120 sounds about 38 intervals hold the mean over draws, the truth for so many sounds."""

    def drawn(seed):
        factors = factors_of(120, seed)
        noise = 0.2 * np.random.default_rng(seed).standard_normal((120, 6))
        embeddings = {"a": waves(factors), "b": waves(factors, (1, 0.4, 1)) + noise}
        table = compared(embeddings, factors, seed=seed)
        return table.loc[[(s, "g" if s == "parted" else "", "a", "b") for s in (*SIMILARITIES, "parted")]]

    low, value, high = np.array([drawn(seed)[["low", "value", "high"]].to_numpy() for seed in range(40)]).T
    held = ((low <= value.mean(axis=1)[:, None]) & (value.mean(axis=1)[:, None] <= high)).sum(axis=1)
    ratio = (high - low).mean(axis=1) / (2 * 1.96 * value.std(axis=1))
    assert (held >= 31).all(), (held, ratio)
    assert ratio.max() < 1.4, (held, ratio)
    assert ratio.min() > 0.65, (held, ratio)


def test_places_on_a_map_are_those_of_points_in_a_plane():
    points = np.random.default_rng(0).standard_normal((7, 2))
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    places, kept = alike.places_of(distances)
    np.testing.assert_allclose(np.linalg.norm(places[:, None] - places, axis=2), distances, atol=1e-9)
    assert kept == pytest.approx(1)
