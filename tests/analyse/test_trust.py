"""The trust stamp: right pictures keep it whatever is varied, wrong ones lose it, with the reason."""

import json
from types import SimpleNamespace

import known
import numpy as np
import pandas
import pytest
from analyse import faithfulness, trust
from scipy.stats import ortho_group
from shared.graphs import features, nearest_neighbors
from sklearn.datasets import make_swiss_roll


def stamp(points, K, bridge=True, **factors):
    """{metric: (value, note)} of points float (N, D), and the sweep. factors: {name: (N,)}."""
    points = features(points, False)
    lists = nearest_neighbors(points, 2 * K)
    swept = trust.sweep(points, *lists, K, bridge)
    disparities = trust.sample_disparities(points, *lists, K, bridge, swept, 0, count=4)
    comparison = faithfulness.compare(points, *swept.picture, K, 0)
    settings = SimpleNamespace(K=K, bridge=bridge, factors=factors)
    values = np.column_stack([np.empty((len(points), 0)), *factors.values()])
    scores = trust.score_rows((points, *lists), values, swept, disparities, comparison, settings)
    return {row["metric"]: (row.get("value", np.nan), row["note"]) for row in scores}, swept.table


def shape(name, N=400):
    """The first sounds of a known embedding, which lie as evenly as all: float (N, D)."""
    return known.embeddings()[name][:N]


def roll(N=700):
    """A swiss roll whose sheets are far apart: float (N, 3)."""
    return make_swiss_roll(N, noise=0.02, random_state=0)[0] * [1, 0.5, 1]


@pytest.mark.parametrize("name", ["identity", "missing", "noisy", "circle"])
def test_a_shape_that_three_dimensions_hold_is_trusted(name):
    scores, _ = stamp(shape(name), known.K)
    assert scores["stamp"] == (1, "trusted")
    assert scores["trustworthiness"][0] > 0.99
    assert scores["continuity"][0] > 0.99


def test_a_curved_sheet_is_confirmed_by_both_local_methods():
    scores, _ = stamp(roll(), 12)
    assert scores["stamp"] == (1, "trusted")
    assert scores["hessian_agreement"][0] > 0.9
    assert scores["ltsa_agreement"][0] > 0.9


def test_shortcuts_between_the_sheets_of_a_roll_cost_the_stamp():
    scores, table = stamp(roll(), 48)
    assert "changes with K" in scores["stamp"][1]
    unrolled = table[table.K == 12].iloc[0]
    assert unrolled.disparity > 0.3  # below the shortcuts lies another picture


def test_noise_in_many_dimensions_is_fragile_in_every_way():
    scores, table = stamp(shape("noise"), known.K)
    for words in ("three dimensions do not hold it", "changes with K", "changes with the sounds drawn"):
        assert words in scores["stamp"][1]
    assert "local methods see another shape" in scores["stamp"][1]
    assert table.residual_variance.min() > 0.8


def test_pieces_are_told_whether_bridged_or_not():
    clusters = shape("clusters")
    scores, table = stamp(clusters, known.K, bridge=True)
    assert "in pieces, held together by 6 bridges" in scores["stamp"][1]
    assert (table.components == 4).all()
    scores, _ = stamp(clusters, known.K, bridge=False)
    assert "in pieces, 25% shown" in scores["stamp"][1]


def test_a_factor_that_neighbours_tell_and_three_dimensions_hide_is_named():
    rng = np.random.default_rng(0)
    turn, far, near, tilt = rng.random((4, 800))
    turns = 2 * np.pi * turn
    points = np.stack([np.cos(turns), np.sin(turns), 4 * far, 1.6 * near], axis=1)
    scores, _ = stamp(points, 24, pitch=turn, far=far, near=near, tilt=tilt)
    assert "hides near" in scores["stamp"][1]  # and not tilt, which is not in the embedding either
    assert "far" not in scores["stamp"][1]


def test_a_picture_that_shows_its_factors_hides_none():
    box = shape("identity")
    scores, _ = stamp(box, known.K, a=box[:, 0], b=box[:, 1], c=box[:, 2])
    assert scores["stamp"] == (1, "trusted")
    assert scores["picture_r2"][0] > 0.9


def test_outliers_and_heavy_tails_cost_the_stamp():
    box = shape("identity").copy()
    box[:2] += [[30, 0, 0], [0, 40, 0]]
    assert "a few far sounds rule it" in stamp(box, known.K)[0]["stamp"][1]
    heavy = np.random.default_rng(0).standard_t(1.5, (600, 3))
    assert "a few far sounds rule it" in stamp(heavy, 16)[0]["stamp"][1]


def test_a_strip_whose_ends_one_stray_sound_joins_rests_on_shortcuts():
    rng = np.random.default_rng(0)
    along, across = np.sort(rng.random(400)), rng.random(400)
    turns = 2 * np.pi * 0.9 * along
    strip = np.stack([np.cos(turns), np.sin(turns), across], axis=1)  # a ring that is all but closed
    assert "shortcuts" not in stamp(strip, 8, along=along)[0]["stamp"][1]
    strip[-1] = np.cos(2 * np.pi * 0.95), np.sin(2 * np.pi * 0.95), 0.5
    scores, _ = stamp(strip, 8, along=along)
    assert scores["shortcut_disparity"][0] > 0.05
    assert "rests on shortcuts" in scores["stamp"][1]


def test_a_ring_that_closes_has_no_shortcuts():
    along = np.sort(np.random.default_rng(0).random(400))
    ring = np.stack([np.cos(2 * np.pi * along), np.sin(2 * np.pi * along)], axis=1)
    scores, _ = stamp(ring, 8, along=along)
    assert scores["shortcut_disparity"][0] == 0


def test_coinciding_sounds_have_no_picture_to_trust():
    scores, _ = stamp(np.ones((60, 8)), 6)
    assert scores["stamp"][0] == 0
    assert "no residual variance" in scores["stamp"][1]


def test_turning_an_embedding_changes_nothing():
    box = shape("warped")
    turned, _ = stamp(box @ ortho_group.rvs(3, random_state=1), known.K)
    for metric, (value, _) in stamp(box, known.K)[0].items():
        assert turned[metric][0] == pytest.approx(value, abs=1e-4), metric


def test_chance_is_what_random_coordinates_get():
    rng = np.random.default_rng(0)
    n, k = 300, 20
    scores = [
        faithfulness.trustworthiness_and_continuity(
            rng.standard_normal((n, 5)), rng.standard_normal((n, 3)), k
        )
        for _ in range(30)
    ]
    expected = faithfulness.chance_level(n, k)
    assert np.mean(scores, axis=0) == pytest.approx(expected, abs=0.005)
    assert expected == pytest.approx(0.5, abs=0.03)


def test_agreement_knows_shapes_up_to_a_linear_map():
    rng = np.random.default_rng(0)
    cloud = rng.standard_normal((400, 3))
    assert faithfulness.agreement(cloud, cloud @ rng.standard_normal((3, 3)) + 5) == pytest.approx(1)
    assert faithfulness.agreement(cloud, rng.standard_normal((400, 3))) == pytest.approx(3 / 399, abs=0.02)


def test_disparity_sees_no_turn_and_no_scale():
    rng = np.random.default_rng(0)
    cloud = rng.standard_normal((50, 3))
    assert trust.disparity(cloud, 7 * cloud @ ortho_group.rvs(3, random_state=1) - 2) == pytest.approx(0)
    assert trust.disparity(cloud, rng.standard_normal((50, 3))) > 0.8
    assert np.isnan(trust.disparity(cloud, np.zeros((50, 3))))


def test_tables_and_figure(tmp_path):
    points = roll(150)
    indices, distances = nearest_neighbors(points, 20)
    np.save(tmp_path / "model.npy", points)
    pandas.DataFrame({"a": points[:, 1]}).to_csv(tmp_path / "parameters.csv")
    np.savez(tmp_path / "model.npz", indices=indices, distances=distances)
    files = {
        path.stem: path
        for path in map(tmp_path.joinpath, ("sweep.csv", "pictures.npz", "figure.png", "scores.csv"))
    }
    words = ["--embeddings", tmp_path / "model.npy", "--neighbors", tmp_path / "model.npz", "--model", "m"]
    words += [
        "--parameters",
        tmp_path / "parameters.csv",
        "--factors",
        json.dumps({"a": {"scale": "linear"}}),
    ]
    words += [word for name, path in files.items() for word in (f"--{name}", path)]
    trust.main([str(word) for word in [*words, "--K", 10, "--bridge"]])
    scores = pandas.read_csv(files["scores"], keep_default_na=False).set_index("metric")
    assert scores.index.tolist() == list(trust.ANALYSIS["metrics"])
    assert scores.unit["stamp"] == "1 trusted, 0 fragile"
    assert (scores.n == 150).all()
    assert pandas.read_csv(files["sweep"]).set_index("K").disparity[10] == pytest.approx(0, abs=1e-6)
    assert files["figure"].stat().st_size > 5000
