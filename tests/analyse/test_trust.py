"""The trust stamp: right pictures keep it whatever is varied, wrong ones lose it, with the reason."""

import known
import numpy as np
import pandas
import pytest
from analyse import trust
from scipy.stats import ortho_group
from shared.graphs import features, nearest_neighbors
from sklearn.datasets import make_swiss_roll


def stamp(points, K, bridge=True):
    """{metric: (value, note)} of points float (N, D), and the sweep."""
    points = features(points, False)
    lists = nearest_neighbors(points, 2 * K)
    rows, coordinates, shown = trust.sweep(points, *lists, K, bridge)
    table = pandas.DataFrame(rows)
    drawn = trust.subsamples(points, *lists, K, bridge, (coordinates, shown), 4, 0)
    pairs, *_ = trust.compared(points, coordinates, shown, K, 0)
    scores = trust.judge(table, drawn, pairs, K)
    return {row["metric"]: (row.get("value", np.nan), row["note"]) for row in scores}, table


def shape(name, N=400):
    """The first sounds of a known embedding, which lie as evenly as all: float (N, D)."""
    return known.embeddings()[name][:N]


def roll(N=700):
    """A swiss roll whose sheets are far apart: float (N, 3)."""
    return make_swiss_roll(N, noise=0.02, random_state=0)[0] * [1, 0.5, 1]


@pytest.mark.parametrize("name", ["identity", "missing", "noisy", "circle"])
def test_a_shape_that_three_dimensions_hold_is_trusted(name):
    found, _ = stamp(shape(name), known.K)
    assert found["stamp"] == (1, "trusted")
    assert found["trustworthiness"][0] > 0.99
    assert found["continuity"][0] > 0.99


def test_a_curved_sheet_is_confirmed_by_both_local_methods():
    found, _ = stamp(roll(), 12)
    assert found["stamp"] == (1, "trusted")
    assert found["hessian_agreement"][0] > 0.9
    assert found["ltsa_agreement"][0] > 0.9


def test_shortcuts_between_the_sheets_of_a_roll_cost_the_stamp():
    found, table = stamp(roll(), 48)
    assert "changes with K" in found["stamp"][1]
    unrolled = table[table.K == 12].iloc[0]
    assert unrolled.disparity > 0.3  # below the shortcuts lies another picture


def test_noise_in_many_dimensions_is_fragile_in_every_way():
    found, table = stamp(shape("noise"), known.K)
    for words in ("three dimensions do not hold it", "changes with K", "changes with the sounds drawn"):
        assert words in found["stamp"][1]
    assert "local methods see another shape" in found["stamp"][1]
    assert table.residual_variance.min() > 0.8


def test_pieces_are_told_whether_bridged_or_not():
    clusters = shape("clusters")
    found, table = stamp(clusters, known.K, bridge=True)
    assert "in pieces, held together by 6 bridges" in found["stamp"][1]
    assert (table.components == 4).all()
    found, _ = stamp(clusters, known.K, bridge=False)
    assert "in pieces, 25% shown" in found["stamp"][1]


def test_coinciding_sounds_have_no_picture_to_trust():
    found, _ = stamp(np.ones((60, 8)), 6)
    assert found["stamp"][0] == 0
    assert "no residual variance" in found["stamp"][1]


def test_turning_an_embedding_changes_nothing():
    box = shape("warped")
    turned, _ = stamp(box @ ortho_group.rvs(3, random_state=1), known.K)
    for metric, (value, _) in stamp(box, known.K)[0].items():
        assert turned[metric][0] == pytest.approx(value, abs=1e-4), metric


def test_chance_is_what_random_coordinates_get():
    rng = np.random.default_rng(0)
    n, k = 300, 20
    found = [
        trust.faithfulness(rng.standard_normal((n, 5)), rng.standard_normal((n, 3)), k) for _ in range(30)
    ]
    expected = trust.chance_faithfulness(n, k)
    assert np.mean(found, axis=0) == pytest.approx(expected, abs=0.005)
    assert expected == pytest.approx(0.5, abs=0.03)


def test_agreement_knows_shapes_up_to_a_linear_map():
    rng = np.random.default_rng(0)
    cloud = rng.standard_normal((400, 3))
    assert trust.agreement(cloud, cloud @ rng.standard_normal((3, 3)) + 5) == pytest.approx(1)
    assert trust.agreement(cloud, rng.standard_normal((400, 3))) == pytest.approx(3 / 399, abs=0.02)


def test_disparity_sees_no_turn_and_no_scale():
    rng = np.random.default_rng(0)
    cloud = rng.standard_normal((50, 3))
    assert trust.disparity(cloud, 7 * cloud @ ortho_group.rvs(3, random_state=1) - 2) == pytest.approx(0)
    assert trust.disparity(cloud, rng.standard_normal((50, 3))) > 0.8
    assert np.isnan(trust.disparity(cloud, np.zeros((50, 3))))
