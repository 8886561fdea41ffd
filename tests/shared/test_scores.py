"""Scores: intervals cover what they should; a table keeps values, replicates and states."""

import numpy as np
import pandas
import pytest
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


def test_halves_of_an_even_design_are_even():
    """The mean of one point in each of 100 cells errs far less than that of points at random."""
    rng = np.random.default_rng(0)
    covered, widths = 0, []
    for seed in range(100):
        x = (rng.permutation(100) + rng.random(100)) / 100
        drawn = [
            half_samples(lambda i, x=x: x[i].mean(keepdims=True), [x.mean()], len(x), 100, seed, places)
            for places in (x[:, None], None)
        ]
        (low, high), apart = interval(drawn[0]), np.ptp(interval(drawn[1]))
        covered += low[0] <= 0.5 <= high[0]
        widths.append((high[0] - low[0]) / apart)
    assert covered >= 90
    assert np.mean(widths) < 0.1


def test_half_samples_measure_a_nearest_distance_that_copies_would_make_zero():
    x = np.sort(np.random.default_rng(0).random(200))

    def closest(i):
        return np.diff(np.sort(x[i])).mean(keepdims=True)

    assert (np.diff(np.sort(x[np.random.default_rng(1).integers(200, size=200)])) == 0).mean() > 0.3
    low, high = interval(half_samples(closest, closest(np.arange(200)), 200, 200, 0))
    assert 0 < low[0] < 1 / 200 < high[0] < 2 / 200


@pytest.mark.parametrize("count", [40, 100, 1000])
def test_an_interval_of_few_replicates_is_as_wide_as_one_of_many(count):
    """Its ends are on average those of the distribution that the replicates are drawn from, uniform here."""
    drawn = np.random.default_rng(2).random((count, 20_000))
    low, high = interval(drawn)
    np.testing.assert_allclose([np.median(low), np.median(high)], [0.025, 0.975], atol=0.004)


def test_replicates_lie_beside_the_table(tmp_path):
    row = {"model": "m", "analysis": "a", "metric": "x", "value": 1.0}
    drawn = np.random.default_rng(0).standard_normal(1000)
    write_table(tmp_path / "m.scores.csv", [row | {"replicates": drawn}, row | {"note": "none"}])
    table = pandas.read_csv(tmp_path / "m.scores.csv")
    assert table.columns.tolist() == COLUMNS
    np.testing.assert_allclose([table.low[0], table.high[0]], interval(drawn), rtol=1e-5)
    kept = np.load(tmp_path / "m.scores.npy")
    assert kept.shape == (2, REPLICATES)
    np.testing.assert_allclose(kept[0], drawn[:REPLICATES], rtol=1e-6)
    assert np.isnan(kept[1]).all()
    with pytest.raises(ValueError, match="unknown score columns"):
        write_table(tmp_path / "x.csv", [row | {"valeu": 1}])


def test_a_row_says_in_what_state_its_value_is(tmp_path):
    row = {"model": "m", "analysis": "a", "metric": "x"}
    rows = [row | {"value": 1.0}, row | {"note": "does not vary"}, row | {"value": 2.0, "state": "below"}]
    write_table(tmp_path / "m.csv", rows)
    table = pandas.read_csv(tmp_path / "m.csv", keep_default_na=False)
    assert table.state.tolist() == ["", "undefined", "below"]
    with pytest.raises(ValueError, match="unknown state 'low'"):
        write_table(tmp_path / "m.csv", [row | {"state": "low"}])
