"""Sensitivity on ladders: known gains and angles come back at any level of nuisance, noise does not."""

import json

import numpy as np
import pandas
import pytest
from analyse import sensitivity
from scipy.stats import ortho_group
from shared.graphs import features
from shared.scores import COLUMNS, interval
from synthesize import designs

FACTORS = {name: {"unit": "", "scale": "linear", "low": 0, "high": 40, "jnd": {"step": 1}} for name in "abc"}
NAMES = list(FACTORS)
STEPS = [0.25, 0.5, 1, 2, 4, 8, 16]


def make_ladder(points=32, steps=STEPS):
    base = designs.sampled(FACTORS, "random", 0, points)
    return pandas.DataFrame(designs.ladder(FACTORS, base, steps))


@pytest.fixture(scope="module")
def table():
    return make_ladder()


def jacobian(degrees=60, gains=(1, 1, 1), D=16):
    """Directions of a and b at an angle, c perpendicular to both, turned at random, float (3, D)."""
    angle = np.deg2rad(degrees)
    directions = np.array([[1, 0, 0], [np.cos(angle), np.sin(angle), 0], [0, 0, 1]])
    return directions * np.array(gains)[:, None] @ ortho_group.rvs(D, random_state=0)[:3]


def noise(table, seed, D=16):
    return np.random.default_rng(seed).standard_normal((len(table), D))


def score(points, table, repeats=200, shuffles=2):
    rows = sensitivity.score_rows(features(points, False), table, NAMES, shuffles, repeats, 0)
    return {(row["metric"], row.get("factor", ""), row.get("other", "")): row for row in rows}


def test_both_estimates_are_slopes_from_sounds_of_their_own(table):
    wanted = [(name, reach) for name in NAMES for reach in sensitivity.REACHES]
    sounds_of_points, weights, information, borrowed = sensitivity.contrasts(table, wanted)
    assert (information > 0).all()
    assert not borrowed.any()
    for sounds, weight in zip(sounds_of_points, weights, strict=True):
        assert not ((weight[0] != 0) & (weight[1] != 0)).any()
        np.testing.assert_allclose(weight.sum(axis=2), 0, atol=1e-12)
        np.testing.assert_allclose(weight @ table.ladder_step.to_numpy()[sounds], 1)
        for k, (name, reach) in enumerate(wanted):
            used = sounds[(weight[:, k] != 0).any(axis=0)]
            assert (table.ladder_factor[used] == name).all()
            assert table.ladder_step[used].abs().max() <= reach


def test_few_moves_borrow_the_plain_sounds():
    _, weights, information, borrowed = sensitivity.contrasts(make_ladder(3, [0.5, 4]), [("a", 1)])
    assert borrowed.all()
    assert (information > 0).all()
    assert all((w != 0).sum() == 4 for w in weights)


@pytest.mark.parametrize("degrees", [0, 30, 60, 90])
def test_known_gains_and_angle_without_noise(table, degrees):
    J = jacobian(degrees, gains=(3, 1, 0.5))
    rows = score(table[NAMES].to_numpy() @ J, table)
    gains = np.array([rows["sensitivity", name, ""]["value"] for name in NAMES])
    np.testing.assert_allclose(gains / gains[0], [1, 1 / 3, 1 / 6], rtol=1e-6)
    places = table[table.ladder_factor == ""].drop_duplicates("ladder_point")[NAMES].to_numpy() @ J
    squares = ((places[:, None] - places) ** 2).sum(axis=2)
    typical = np.sqrt(squares.sum() / (len(places) * (len(places) - 1)))
    assert gains[0] == pytest.approx(3 / typical)
    assert rows["anisotropy", "", ""]["value"] == pytest.approx(6)
    assert rows["angle", "a", "b"]["value"] == pytest.approx(degrees, abs=1e-3)
    assert rows["angle", "a", "c"]["value"] == pytest.approx(90, abs=1e-3)


def test_opposite_signs_at_two_points_do_not_cancel(table):
    x = table[NAMES].to_numpy().copy()
    sign = np.where(table.ladder_point % 2, -1, 1)
    points = np.stack([x[:, 0] + 0.5 * sign * x[:, 1], np.sqrt(0.75) * x[:, 1], x[:, 2]], axis=1)
    assert score(points, table)["angle", "a", "b"]["value"] == pytest.approx(60, abs=1e-3)


def test_nuisances_bring_no_bias_though_they_drown_a_squared_difference(table):
    clean = table[NAMES].to_numpy() @ jacobian()
    rows, weights, information, borrowed = sensitivity.contrasts(table, [(name, 1) for name in NAMES])
    metric, naive, cosines = [], [], []
    for seed in range(100):
        gram = sensitivity.products(clean + 0.5 * noise(table, seed), rows, weights)
        metric.append(sensitivity.diagonal(gram).mean(axis=0))
        naive.append(np.einsum("pkk->pk", gram[:, 0, :, 0]).mean(axis=0))
        squares, norms = sensitivity.squared_cosines(gram, information, borrowed).sum(axis=1)
        cosines.append((squares - np.array([0.25, 0, 0]) * norms) / (information**2).sum(axis=0)[0])
    error = np.std(metric, axis=0) / 10
    assert (np.abs(np.mean(metric, axis=0) - 1) < 4 * error).all()
    assert (error < 0.05).all()
    assert (np.mean(naive, axis=0) > 4).all()  # 0.5^2 x 16 dimensions x 2 and more
    error = np.std(cosines, axis=0) / 10
    assert (np.abs(np.mean(cosines, axis=0)) < 4 * error).all()
    assert (error < 0.1).all()


def test_intervals_cover_gain_and_angle(table):
    clean = table[NAMES].to_numpy() @ jacobian()
    gains, turned = 0, 0
    for seed in range(40):
        rows = score(clean + 0.1 * noise(table, seed), table, shuffles=1)
        ratio = rows["anisotropy", "", ""]["replicates"]
        low, high = interval(rows["angle", "a", "b"]["replicates"])
        turned += low <= 60 <= high
        draws = [rows["sensitivity", name, ""]["replicates"] for name in "ac"]
        low, high = interval(draws[0] / draws[1])  # the typical distance, which noise raises, drops out
        gains += low <= 1 <= high
        assert (ratio >= 1).all()
    assert gains >= 33
    assert turned >= 33
    assert high - low < 0.2


def test_nuisances_lengthen_the_reach(table):
    clean = table[NAMES].to_numpy() @ jacobian()
    for level, reach in ((0.1, 1), (0.4, 1), (1.6, 4)):
        row = score(clean + level * noise(table, 0), table)["sensitivity", "a", ""]
        assert row["note"] == f"over {reach} JND"


def test_distances_of_points_by_brute_force(table):
    points, plain = noise(table, 0, 3), sensitivity.plain_sounds(table)
    squares = sensitivity.point_distances(points, plain)
    for p, q in ((0, 1), (5, 30)):
        pairs = [((points[a] - points[b]) ** 2).sum() for a in plain[p] for b in plain[q]]
        assert squares[p, q] == pytest.approx(np.mean(pairs))
    assert (np.diag(squares) == 0).all()


def test_rotation_and_scale_change_nothing(table):
    points = table[NAMES].to_numpy() @ jacobian() + 0.3 * noise(table, 0)
    one, two = score(points, table), score(7 * points @ ortho_group.rvs(16, random_state=1) - 3, table)
    assert one.keys() == two.keys()
    for key in one:
        assert one[key]["value"] == pytest.approx(two[key]["value"], rel=1e-6)
        assert one[key]["note"] == two[key]["note"]


def test_noise_is_not_above_the_floor(table):
    found, values = 0, []
    for seed in range(30):
        rows = score(noise(table, seed), table, repeats=2)
        found += sum(sensitivity.SUNK not in rows["sensitivity", name, ""]["note"] for name in NAMES)
        values.append(rows["sensitivity", "a", ""]["value"])
    assert found <= 7  # of 90
    assert abs(np.median(values)) < 0.03
    assert "value" not in rows["anisotropy", "", ""]
    assert "value" not in rows["angle", "a", "b"]


def test_a_missing_factor_is_named(table):
    points = table[NAMES].to_numpy() @ jacobian(gains=(1, 1, 0)) + 0.1 * noise(table, 0)
    rows = score(points, table)
    assert sensitivity.SUNK in rows["sensitivity", "c", ""]["note"]
    low, high = interval(rows["sensitivity", "c", ""]["replicates"])
    assert low < 0 < high
    assert rows["anisotropy", "", ""]["note"] == f"{sensitivity.SUNK}: c"
    assert "value" not in rows["angle", "b", "c"]
    assert rows["angle", "a", "b"]["value"] == pytest.approx(60, abs=3)


@pytest.mark.parametrize("D", [1, 3])
def test_small_constant_and_one_dimensional(tmp_path, D):
    table = make_ladder(2, [0.5, 4])
    table.to_csv(tmp_path / "parameters.csv", index_label="sound")
    models = {"constant": np.tile(noise(table, 0, 64)[0], (len(table), 1))}
    models["m"] = table[NAMES].to_numpy()[:, :D]
    for name, points in models.items():
        np.save(tmp_path / f"{name}.npy", points.astype(np.float32))
        sensitivity.main(
            [
                *("--parameters", f"{tmp_path}/parameters.csv", "--factors", json.dumps(FACTORS)),
                *("--embeddings", f"{tmp_path}/{name}.npy", "--model", name, "--bootstrap", "50"),
                *("--scores", f"{tmp_path}/{name}.csv"),
            ]
        )
    constant, scores = (pandas.read_csv(tmp_path / f"{name}.csv") for name in ("constant", "m"))
    assert scores.columns.tolist() == COLUMNS
    assert constant.value.isna().all()
    assert constant.note.notna().all()
    assert (constant.state == "undefined").all()
    assert len(scores) == 3 + 1 + 3
    # two factors that both borrow the plain sounds share their nuisances
    assert scores.note[scores.metric == "angle"].str.contains("too few|not above").all()
    first = scores[scores.metric == "sensitivity"].iloc[0]
    assert first.low <= first.value <= first.high
    assert first.value > 0
