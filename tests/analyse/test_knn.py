"""Nearest-neighbour regression: the factors themselves score 1, noise scores chance."""

import json

import numpy as np
import pandas
import pytest
from analyse import knn
from embed.control import chance, reference
from shared.graphs import nearest_neighbors
from shared.scores import COLUMNS

N, K = 400, 10
LINEAR = ["linear", "linear"]


@pytest.fixture(scope="module")
def factors():
    return np.random.default_rng(0).uniform(1, 3, (N, 2))


def around(embedding, include_self=False):
    return knn.neighborhoods(nearest_neighbors(embedding, K)[0], K, include_self)


def test_equation_2_by_hand():
    factors = np.array([[1.0], [2], [4], [8]])
    indices = np.array([[1, 2, 3], [0, 2, 3], [1, 3, 0], [2, 1, 0]])
    others, with_self = (knn.neighborhoods(indices, 2, own) for own in (False, True))
    np.testing.assert_allclose(knn.estimate(factors, others, ["linear"])[:, 0], [3, 2.5, 5, 3])
    np.testing.assert_allclose(knn.estimate(factors, with_self, ["linear"])[:, 0], [1.5, 1.5, 3, 6])
    np.testing.assert_allclose(knn.estimate(factors, others, ["log"])[0, 0], np.sqrt(8))


def test_the_factors_themselves_score_one_and_noise_scores_chance(factors):
    noise = np.random.default_rng(1).standard_normal((N, 64))
    good, bad = (knn.r2(knn.estimate(factors, around(e), LINEAR), factors) for e in (factors, noise))
    level = knn.chance_level("r2", around(factors), factors, LINEAR, 50, 0)
    assert (good > 0.97).all()
    # the mean of K independent draws has variance 1 / K: an R2 of -1 / K
    np.testing.assert_allclose(level, -1 / K, atol=0.03)
    np.testing.assert_allclose(bad, -1 / K, atol=0.1)


def test_including_the_sound_itself_flatters_noise(factors):
    noise = np.random.default_rng(1).standard_normal((N, 64))
    flattered = knn.r2(knn.estimate(factors, around(noise, True), LINEAR), factors)
    np.testing.assert_allclose(flattered, 2 / K - 1 / K, atol=0.1)


def test_an_embedding_of_one_factor_scores_on_that_factor_only(factors):
    scores = knn.r2(knn.estimate(factors, around(factors[:, :1]), LINEAR), factors)
    assert scores[0] > 0.999
    assert scores[1] < 0.1


def test_log_ratio_is_zero_for_exact_estimates_and_absent_at_zero():
    factors = np.array([[1.0, 0], [2, 1], [4, 2]])
    exact = knn.median_abs_log_ratio(factors, factors)
    assert exact[0] == 0
    assert np.isnan(exact[1])
    doubled = knn.median_abs_log_ratio(2 * factors[:, :1], factors[:, :1])
    assert doubled[0] == pytest.approx(np.log(2))


def test_a_constant_factor_has_no_r2():
    for value in (1.0, 0.1, 1.7):  # whose mean is not the value itself, by rounding
        constant = np.full((2500, 1), value)
        assert np.isnan(knn.r2(constant, constant)).all()


def test_controls():
    table = pandas.DataFrame({"f1": [100.0, 200, 400], "r": [0.0, 1, 2], "same": [3.0, 3, 3]})
    known = reference(table, {"f1": {"scale": "log"}, "r": {"scale": "linear"}, "same": {"scale": "linear"}})
    np.testing.assert_allclose(known[:, 0], known[:, 1], rtol=1e-6)
    np.testing.assert_allclose(known.std(axis=0), [1, 1, 0], atol=1e-6)
    assert chance(10, 0).shape == (10, 64)
    np.testing.assert_array_equal(chance(10, 0), chance(10, 0))


def test_tables(tmp_path, factors):
    names = {"f1": {"scale": "linear"}, "r": {"scale": "linear"}}
    data = pandas.DataFrame(factors - [0, 1], columns=list(names))
    data.loc[0, "r"] = 0.0  # not always positive
    data.to_csv(tmp_path / "parameters.csv", index_label="sound")
    indices, distances = nearest_neighbors(chance(N, 0), K)
    ties = np.zeros(indices.shape, dtype=bool)
    ties[: N // 4, K - 1] = True  # but for the sound itself, K - 1 neighbours count
    np.savez(tmp_path / "model.npz", indices=indices, distances=distances, ties=ties)
    knn.main(
        [
            *("--parameters", f"{tmp_path}/parameters.csv", "--factors", json.dumps(names)),
            *("--neighbors", f"{tmp_path}/model.npz", "--model", "m", "--K", str(K)),
            *("--include-self", "--bootstrap", "200"),
            *("--estimates", f"{tmp_path}/estimates.csv", "--scores", f"{tmp_path}/scores.csv"),
        ]
    )
    estimates = pandas.read_csv(tmp_path / "estimates.csv")
    assert estimates.columns.tolist() == ["sound", "f1", "r", "f1_log_ratio"]
    np.testing.assert_allclose(estimates.f1_log_ratio, np.log(estimates.f1 / data.f1), atol=1e-5)
    scores = pandas.read_csv(tmp_path / "scores.csv")
    assert scores.columns.tolist() == COLUMNS
    rows = scores.set_index(["metric", "factor"])
    assert set(scores.metric) == set(knn.ANALYSIS["metrics"])
    assert rows.note["median_abs_log_ratio", "r"] == "no log-ratio: not always positive"
    assert np.isnan(rows.value["median_abs_log_ratio", "r"])
    f1 = rows.loc[("r2", "f1")]
    assert f1.note == "25% of sounds: last neighbours drawn among equally far ones"
    assert rows.note.isna()["r2_with_self", "f1"]
    assert f1.low < f1.value < f1.high
    assert f1.chance == pytest.approx(-1 / K, abs=0.05)
