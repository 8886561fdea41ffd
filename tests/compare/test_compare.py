"""The comparison: of two models it says whether they really differ."""

import numpy as np
import pandas
import pytest
from compare import compare
from shared.scores import COLUMNS, REPLICATES, bootstrap, interval, write_table


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


def test_a_threshold_that_was_not_reached_is_at_least_the_largest_step(tmp_path):
    rng = np.random.default_rng(0)
    drawn = np.exp(0.3 * rng.standard_normal((4, REPLICATES)))
    replicates = np.minimum(drawn * np.array([[2], [3], [500], [900]]), 64)
    same = {"analysis": "threshold", "metric": "threshold_jnd", "factor": "f"}
    values = [{"value": 2.0, "state": ""}, {"value": 3.0, "state": ""}, *[{"state": "not reached"}] * 2]
    rows = [same | {"model": m} | cells for m, cells in zip("abcd", values, strict=True)]
    write_table(
        tmp_path / "t.csv", [row | {"replicates": r} for row, r in zip(rows, replicates, strict=True)]
    )
    table = pandas.read_csv(tmp_path / "t.csv", dtype=str, keep_default_na=False)
    assert table.low.tolist()[2:] == ["", ""]
    found = compare.differences(table, np.load(tmp_path / "t.npy")).set_index(["model", "other_model"])
    assert ("c", "d") not in found.index  # two thresholds that are not known
    assert found.loc[("a", "c")].difference == 2 - 64
    assert found.censored.to_dict() == {
        pair: "" if pair == ("a", "b") else "yes" for pair in [("a", "b"), *found.index[1:]]
    }
    assert found.real.tolist() == ["", "yes", "yes", "yes", "yes"]


def test_reference_is_the_score_of_that_control():
    rows = [
        {"model": m, "analysis": "a", "metric": "x", "factor": f, "other": "", "value": v}
        for m, f, v in (("one", "f", "0.5"), ("one", "g", "0.4"), ("reference", "f", "0.9"))
    ]
    found = compare.with_reference(pandas.DataFrame(rows, columns=COLUMNS, dtype=str).fillna(""))
    assert found.reference.tolist() == ["0.9", "", "0.9"]
