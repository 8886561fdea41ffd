"""Scores: intervals cover what they should; of two models it is told whether they differ."""

import numpy as np
import pandas
import pytest
from compare import compare
from shared.scores import COLUMNS, REPLICATES, bootstrap, half_samples, interval, write_table


@pytest.mark.parametrize(
    "replicates",
    [
        lambda x, seed: bootstrap(lambda i: x[i].mean(keepdims=True), len(x), 300, seed),
        lambda x, seed: half_samples(lambda i: x[i].mean(keepdims=True), [x.mean()], len(x), 300, seed),
    ],
    ids=["bootstrap", "half_samples"],
)
def test_an_interval_covers_the_mean_95_times_in_100(replicates):
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        x = rng.standard_normal(100)
        low, high = interval(replicates(x, seed))
        covered += low[0] <= 0 <= high[0]
    assert 180 <= covered <= 198


def test_half_samples_measure_a_nearest_distance_that_copies_would_make_zero():
    x = np.sort(np.random.default_rng(0).random(200))

    def closest(i):
        return np.diff(np.sort(x[i])).mean(keepdims=True)

    assert (np.diff(np.sort(x[np.random.default_rng(1).integers(200, size=200)])) == 0).mean() > 0.3
    low, high = interval(half_samples(closest, closest(np.arange(200)), 200, 200, 0))
    assert 0 < low[0] < 1 / 200 < high[0] < 2 / 200


def test_replicates_lie_beside_the_table(tmp_path):
    row = {"model": "m", "analysis": "a", "metric": "x", "value": 1.0}
    drawn = np.random.default_rng(0).standard_normal(1000)
    write_table(tmp_path / "m.scores.csv", [row | {"replicates": drawn}, row | {"note": "none"}])
    table = pandas.read_csv(tmp_path / "m.scores.csv")
    assert table.columns.tolist() == COLUMNS
    np.testing.assert_allclose([table.low[0], table.high[0]], np.percentile(drawn, [2.5, 97.5]), rtol=1e-5)
    kept = np.load(tmp_path / "m.scores.npy")
    assert kept.shape == (2, REPLICATES)
    np.testing.assert_allclose(kept[0], drawn[:REPLICATES], rtol=1e-6)
    assert np.isnan(kept[1]).all()
    with pytest.raises(ValueError, match="unknown score columns"):
        write_table(tmp_path / "x.csv", [row | {"valeu": 1}])


def test_holm_by_hand():
    np.testing.assert_allclose(compare.holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    np.testing.assert_allclose(compare.holm(np.array([0.5, 0.9])), [1, 1])


def table_of(errors, seed, n=400):
    """Score rows and replicates of models whose score is the mean of their errors, float {model: (n,)}."""
    rows = [
        {"model": m, "analysis": "a", "metric": "x", "factor": "f", "other": "", "value": e.mean()}
        for m, e in errors.items()
    ]
    drawn = [bootstrap(lambda i, e=e: e[i].mean(), n, REPLICATES, seed) for e in errors.values()]
    return pandas.DataFrame(rows, columns=COLUMNS), np.array(drawn)


def test_a_small_difference_is_real_if_the_same_sounds_show_it():
    """Two models with the same hard sounds: their intervals overlap widely, yet one is always better."""
    rng = np.random.default_rng(0)
    hard = rng.standard_normal(400)
    scores, replicates = table_of({"one": hard, "two": hard + 0.05 + 0.05 * rng.standard_normal(400)}, 0)
    (_, one_high), (two_low, _) = (interval(r) for r in replicates)
    assert one_high > two_low
    found = compare.differences(scores, replicates)
    assert found.real.tolist() == ["yes"]
    assert found.difference[0] == pytest.approx(-0.05, abs=0.02)
    assert found.low[0] < found.difference[0] < found.high[0] < 0


def test_of_many_equal_models_rarely_one_differs():
    """The familywise error: in about 5 of 100 comparisons of 8 equal models is any pair called real."""
    rng = np.random.default_rng(0)
    wrong = 0
    for seed in range(60):
        errors = {f"m{k}": rng.standard_normal(400) for k in range(8)}
        wrong += (compare.differences(*table_of(errors, seed)).real == "yes").any()
    assert wrong <= 8  # 60 x 0.05 = 3, and three standard deviations


def test_controls_and_empty_scores_are_not_compared():
    rng = np.random.default_rng(0)
    names = ("one", "two", "chance", "reference")
    scores, replicates = table_of({name: rng.standard_normal(400) for name in names}, 0)
    assert len(compare.differences(scores, replicates)) == 1
    scores.loc[1, "value"] = np.nan
    assert not len(compare.differences(scores, replicates))


def test_reference_is_the_score_of_that_control():
    rows = [
        {"model": m, "analysis": "a", "metric": "x", "factor": f, "other": "", "value": v}
        for m, f, v in (("one", "f", "0.5"), ("one", "g", "0.4"), ("reference", "f", "0.9"))
    ]
    found = compare.with_reference(pandas.DataFrame(rows, columns=COLUMNS, dtype=str).fillna(""))
    assert found.reference.tolist() == ["0.9", "", "0.9"]
