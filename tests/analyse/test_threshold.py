"""Thresholds on ladders: those of known observers come back, noise reaches none, the factors lie below."""

import json

import numpy as np
import pandas
import pytest
from analyse import observer, threshold
from compare import draw_threshold
from scipy.stats import ortho_group
from shared.ladders import plain_sounds
from shared.scales import span
from shared.scores import COLUMNS, bootstrap, interval
from synthesize import designs

JND = {"step": 1, "source": "nobody"}
FACTORS = {name: {"unit": "dB", "scale": "linear", "low": 0, "high": 40, "jnd": JND} for name in "abc"}
NAMES = list(FACTORS)


def make_ladder(points=32, steps=(0.25, 0.5, 1, 2, 4, 8, 16)):
    base = designs.sampled(FACTORS, "random", 0, points)
    return pandas.DataFrame(designs.ladder(FACTORS, base, list(steps)))


@pytest.fixture(scope="module")
def table():
    return make_ladder()


def noise(table, seed, D=1):
    return np.random.default_rng(seed).standard_normal((len(table), D))


def score(points, table, name="a", shuffles=0, repeats=300):
    base = len(plain_sounds(table))
    weights = bootstrap(lambda i: np.bincount(i, minlength=base), base, repeats, 0)
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(points)) for _ in range(shuffles)]
    rows, bins = threshold.score_factor(points, table, name, FACTORS[name], orders, weights)
    return {row["metric"]: row for row in rows}, pandas.DataFrame(bins)


def test_published_values_of_the_triangular_method():
    # Ennis (1993), Table of the triangular method: d' 1 is 41.8 % correct, 2 is 60.5 %, 3 is 78.1 %
    np.testing.assert_allclose(observer.triangular([0, 1, 2, 3]), [1 / 3, 0.418, 0.605, 0.781], atol=6e-4)
    assert observer.triangular(20.0) == pytest.approx(1)


@pytest.mark.parametrize("d_prime", [0.5, 1, 3])
def test_the_formula_is_the_observer(d_prime):
    n = 200_000
    points = np.random.default_rng(0).standard_normal((3 * n, 1))
    points[2 * n :] += d_prime
    correct = observer.judge(points, np.arange(2 * n).reshape(2, n).T, np.arange(2 * n, 3 * n))
    assert correct.mean() == pytest.approx(observer.triangular(d_prime), abs=0.004)


def test_the_observer_by_hand():
    points = np.array([[0.0], [1], [5], [0.4], [0], [2]])
    pairs, moved = np.array([[0, 1], [0, 1], [0, 4], [0, 0], [0, 1]]), np.array([2, 3, 2, 4, 5])
    np.testing.assert_allclose(observer.judge(points, pairs, moved), [1, 0, 1, 1 / 3, 1 / 2])


@pytest.mark.parametrize("known", [0.7, 3])
def test_the_threshold_of_a_gaussian_observer_and_its_interval(table, known):
    covered, logs, d_primes = 0, [], []
    for seed in range(40):
        rows, _ = score(table[["a"]].to_numpy() / known + noise(table, seed), table)
        row = rows["threshold_jnd"]
        low, high = interval(row["replicates"])
        covered += low / 1.05 <= known <= high * 1.05  # the grid is as fine as that
        logs.append(np.log2(row["value"] / known))
        d_primes.append(rows["d_prime"]["value"])
        assert low >= 0.25 or "low end below" in row["note"]
    assert covered >= 33
    assert abs(np.median(logs)) <= 0.3
    assert np.std(logs) < 0.8
    assert np.median(d_primes) == pytest.approx(1 / known, rel=0.35)


def test_noise_reaches_no_threshold(table):
    reached, d_primes = 0, []
    for seed in range(40):
        rows, _ = score(noise(table, seed, 8), table, repeats=200)
        reached += "value" in rows["threshold"]
        d_primes.append(rows["d_prime"]["value"])
    assert reached <= 4
    assert rows["threshold"]["state"] == rows["threshold_jnd"]["state"] == "not reached"
    assert rows["threshold"]["note"].startswith("not reached")
    assert np.median(d_primes) < 0.05


def test_a_missing_factor_is_not_reached_and_the_others_are(table):
    points = table[["a", "b"]].to_numpy() + 0.5 * noise(table, 0, 2)
    for name in "ab":
        row = score(points, table, name)[0]["threshold_jnd"]
        assert row["value"] < 2
        assert row["state"] == ""
    assert "value" not in score(points, table, "c")[0]["threshold_jnd"]


def test_the_factors_themselves_are_below_the_smallest_step(table):
    rows, bins = score(table[NAMES].to_numpy(), table, shuffles=20)
    row = rows["threshold_jnd"]
    assert row["state"] == "below"
    assert row["note"].startswith("below the smallest step, 0.25 JND")
    assert row["value"] == 0.25
    assert rows["d_prime"]["value"] == observer.CEILING
    assert rows["d_prime"]["state"] == "ceiling"
    assert rows["d_prime"]["note"].startswith("at the ceiling")
    assert rows["d_prime"]["chance"] < 0.1
    assert (bins.correct == 1).all()
    assert bins.trials.sum() == (table.ladder_factor == "a").sum()


def jnd_rows(points_of, table, seeds):
    """Rows of threshold_jnd of a model on several draws of its noise. points_of: function of a Generator."""
    draws = (points_of(np.random.default_rng(seed)) for seed in range(seeds))
    return [score(points, table, repeats=100)[0]["threshold_jnd"] for points in draws]


def noted(rows, words):
    return np.mean([words in row["note"] for row in rows])


def test_a_model_that_is_deaf_to_half_of_the_range_has_not_one_threshold(table):
    heard = np.minimum(table["a"].to_numpy(), 20)  # of 0 to 40
    rows = jnd_rows(lambda rng: (heard + rng.standard_normal(len(table)))[:, None], table, 12)
    assert noted(rows, "not one threshold") >= 0.8
    places = table["a"].to_numpy()
    whole = jnd_rows(lambda rng: (places + rng.standard_normal(len(table)))[:, None], table, 25)
    assert noted(whole, "not one threshold") <= 0.1  # 0.025
    assert noted(whole, "does not fit") <= 0.1


def test_a_quantiser_does_not_follow_the_curve():
    """Of levels of 4 JND some steps of 1 JND are certain and the others unheard: no d' grows like that."""
    table = make_ladder(256)
    levels = np.floor(table["a"].to_numpy() / 4)
    rows = jnd_rows(lambda rng: (levels + 0.01 * rng.standard_normal(len(table)))[:, None], table, 3)
    assert noted(rows, "the curve does not fit the steps") == 1
    exact = score(levels[:, None], table, repeats=50)[0]["threshold_jnd"]
    assert "% of trials sounds are equally far: guessed" in exact["note"]


def test_a_shallow_curve_is_told(table):
    """Of a slope of 0.3, the usual slope of the prior makes another threshold than the answers alone."""
    steps = np.where(table.ladder_factor == "a", table.ladder_step.abs(), 0)
    rows = jnd_rows(lambda rng: (steps**0.3 + rng.standard_normal(len(table)))[:, None], table, 12)
    assert noted(rows, "JND without a prior on the slope") >= 0.5
    usual = jnd_rows(lambda rng: (steps + rng.standard_normal(len(table)))[:, None], table, 12)
    assert noted(usual, "JND without a prior on the slope") <= 0.1


def test_the_difference_that_can_be_told_is_told_in_four_of_five_cases(table):
    places = table["a"].to_numpy()

    def model(known):
        return jnd_rows(lambda rng: (places / known + rng.standard_normal(len(table)))[:, None], table, 20)

    one = model(1)
    ratio = np.median([float(row["note"].split("told from a threshold ")[1].split()[0]) for row in one])
    assert 1.5 < ratio < 5
    other = model(ratio)[::-1]  # with noise of its own
    told = 0
    for rows in zip(one, other, strict=True):
        logs = [np.log(row["replicates"]) for row in rows]
        told += abs(np.log(rows[0]["value"] / rows[1]["value"])) > 1.96 * (logs[0] - logs[1]).std()
    assert 0.6 <= told / 20 <= 0.95


def test_a_threshold_that_is_not_reached_keeps_what_is_known_of_it(table):
    row = score(table[["a"]].to_numpy() / 200 + noise(table, 0), table)[0]["threshold_jnd"]
    largest = table.ladder_step[table.ladder_factor == "a"].abs().max()
    assert "value" not in row
    assert row["replicates"].max() == pytest.approx(largest)
    assert row["note"].split("; ")[1].startswith("above ")


def test_rotation_and_scale_change_nothing(table):
    points = table[NAMES].to_numpy() @ ortho_group.rvs(16, random_state=0)[:3] + noise(table, 0, 16)
    turned = 7 * points @ ortho_group.rvs(16, random_state=1) - 3
    one, two = score(points, table, shuffles=2), score(turned, table, shuffles=2)
    pandas.testing.assert_frame_equal(one[1], two[1])
    for metric, row in one[0].items():
        assert {k: v for k, v in row.items() if k != "replicates"} == {
            k: v for k, v in two[0][metric].items() if k != "replicates"
        }
        np.testing.assert_array_equal(row["replicates"], two[0][metric]["replicates"])


def test_sizes_in_human_units():
    semitone = {"scale": "erb", "unit": "Hz", "jnd": {"percent": 100 * (2 ** (1 / 12) - 1)}}
    assert threshold.in_units(3, semitone) == (pytest.approx(300), "cents")
    fifth = {"scale": "log", "unit": "Hz", "jnd": {"percent": 5}}
    assert threshold.in_units(2, fifth) == (pytest.approx(10.25), "percent")
    assert threshold.in_words(2, {"scale": "linear", "unit": "dB", "jnd": {"step": 3}}) == "6 dB"


def test_sizes_of_a_jnd_that_varies_are_the_mean_over_the_range():
    """The JND is a tenth of the value plus 1 dB: ln(2) / 0.1 of them from 0 to 10 dB."""
    entry = {"scale": "linear", "unit": "dB", "low": 0, "high": 10, "jnd": {"step": [[0, 1], [10, 2]]}}
    assert threshold.in_units(3, entry) == (pytest.approx(3 * 10 * 0.1 / np.log(2)), "dB")
    assert threshold.listeners(entry) == "1.44 dB on average, 1 to 2 dB over the range"
    wider = entry | {"high": 20}
    assert threshold.listeners(wider).endswith("1 to 2 dB over the range, held above 10 dB")
    flat = entry | {"jnd": {"step": [[0, 1], [10, 1]]}}
    assert threshold.listeners(flat) == "1 dB everywhere"
    pitch = {"scale": "erb", "unit": "Hz", "low": 100, "high": 400, "jnd": {"percent": [[100, 2], [400, 1]]}}
    size, unit = threshold.in_units(1, pitch)
    assert unit == "cents"
    assert 2400 / size == pytest.approx(span(100, 400, pitch["jnd"]))
    assert threshold.listeners(pitch).endswith("17.2 to 34.3 cents over the range")


def test_wilson_by_hand():
    np.testing.assert_allclose(threshold.wilson(0.5, 32), (0.3364, 0.6636), atol=1e-3)
    assert threshold.wilson(1.0, 32)[1] == pytest.approx(1)


@pytest.mark.parametrize("D", [1, 3])
def test_tables_and_figure_of_small_constant_and_one_dimensional(tmp_path, D):
    table = make_ladder(2, [0.5, 4])
    table.to_csv(tmp_path / "parameters.csv", index_label="sound")
    models = {"constant": np.full((len(table), D), 0.1), "m": table[NAMES].to_numpy()[:, :D]}
    models["noise"] = noise(table, 0, D)
    for name, points in models.items():
        np.save(tmp_path / f"{name}.npy", points.astype(np.float32))
        threshold.main(
            [
                *("--parameters", f"{tmp_path}/parameters.csv", "--factors", json.dumps(FACTORS)),
                *("--embeddings", f"{tmp_path}/{name}.npy", "--model", name, "--bootstrap", "50"),
                *("--scores", f"{tmp_path}/{name}.csv", "--estimates", f"{tmp_path}/{name}.estimates.csv"),
            ]
        )
    constant, scores = (pandas.read_csv(tmp_path / f"{name}.csv") for name in ("constant", "m"))
    assert scores.columns.tolist() == COLUMNS
    assert scores.metric.tolist() == ["threshold", "threshold_jnd", "d_prime"] * 3
    assert constant.value.isna().all()
    assert constant.note.notna().all()
    assert (constant.state == "undefined").all()
    assert constant.unit.tolist() == ["dB", "JND", "d'"] * 3
    assert scores.note.str.contains("listeners: 1 dB (nobody)", regex=False).sum() == 6
    assert scores.value[0] == 0.5
    paths = [[f"{tmp_path}/{name}{kind}" for name in models] for kind in (".csv", ".estimates.csv")]
    output = [tmp_path / "figure.png", tmp_path / "figure.pdf"]
    draw_threshold.main(
        [
            *("--scores", *paths[0], "--estimates", *paths[1], "--factors", json.dumps(FACTORS)),
            *("--output", *map(str, output)),
        ]
    )
    assert all(path.stat().st_size > 5000 for path in output)
