"""`metric` and `reduce` reach every analysis that says so in its rows of scores, and no other."""

import json

import numpy as np
import pandas
import pytest
from cloud_scores import scores_and_replicates
from planning.analyses import read_analyses
from scipy.stats import ortho_group
from synthesize import designs

JND = {"step": 1, "source": "nobody"}
FACTORS = {name: {"unit": "dB", "scale": "linear", "low": 1, "high": 40, "jnd": JND} for name in "ab"}
KINDS = ("cloud", "ladder")
OF_DISTANCES = {"knn", "isomap", "trust", "hypothesis", "invariance", "topology", "sensitivity", "threshold"}


def sounds(kind):
    """The table of a few sounds: {column: (N,)}."""
    if kind == "cloud":
        return designs.sampled(FACTORS, "random", 0, 48)
    return designs.ladder(FACTORS, designs.sampled(FACTORS, "random", 0, 6), [1.0, 4.0, 16.0])


def embedding(table):
    """Four features that both factors move, some noise, and an origin that is off the cloud: (N, 4)."""
    rng = np.random.default_rng(0)
    theta = np.stack([np.asarray(table[name], dtype=float) for name in FACTORS], axis=1) / 40
    moved = np.column_stack([theta, np.sin(3 * theta)]) @ ortho_group.rvs(4, random_state=0)
    return (3 + moved + 0.05 * rng.standard_normal(moved.shape)).astype(np.float32)


def scores(kind, table, points, folder, reduce=None, metric=None):
    """All rows of scores of a kind of analyses, a DataFrame."""
    settings = {"factors": json.dumps(FACTORS), "nuisances": "{}", "design": "random", "seed": 0}
    settings |= {"standardize": False, "reduce": json.dumps(reduce) if reduce else None, "metric": metric}
    settings |= {"isomap.K": 6, "isomap.bridge": True, "knn.K": 4, "knn.include_self": False}
    settings |= {"shuffles": 2, "bootstrap": 4}
    rows, _ = scores_and_replicates("m", points, table, folder, 12, settings, kind=kind)
    return rows.assign(**rows[["distance", "reduce"]].astype(object).fillna(""))


@pytest.mark.parametrize("kind", KINDS)
def test_cosine_hears_nothing_of_the_size_of_an_embedding(tmp_path, kind):
    table = sounds(kind)
    points = embedding(table)
    doubled = points * np.exp2(np.random.default_rng(1).integers(-3, 4, (len(points), 1))).astype(np.float32)
    one, other = (scores(kind, table, e, tmp_path, metric="cosine") for e in (points, doubled))
    by_distance = one.distance == "cosine"
    assert set(one.analysis[by_distance]) == OF_DISTANCES & {*one.analysis}
    assert (one.distance[~by_distance] == "").all()
    pandas.testing.assert_frame_equal(one[by_distance], other[by_distance])
    plain, of_doubled = (scores(kind, table, e, tmp_path) for e in (points, doubled))
    assert set(plain.distance) <= {"euclidean", ""}
    changed = ((plain.value - of_doubled.value).abs() > 0).groupby(plain.analysis).any()
    assert changed.all()


@pytest.mark.parametrize("kind", KINDS)
def test_reduced_embeddings_score_as_if_they_had_so_many_dimensions(tmp_path, kind):
    table = sounds(kind)
    points = embedding(table)
    plane = points - points.mean(axis=0)
    plane = plane @ np.linalg.svd(plane, full_matrices=False)[2][:2].T
    reduced = scores(kind, table, points, tmp_path, reduce={"pca": 2})
    expected = scores(kind, table, plane, tmp_path)
    by_points = reduced["reduce"] == "pca 2"
    assert set(reduced.analysis[~by_points]) == {"axes"} & {*reduced.analysis}
    assert (reduced["reduce"][~by_points] == "").all()
    assert (expected["reduce"] == "").all()
    for values in ("value", "low", "high", "chance"):
        one, other = (pandas.to_numeric(rows[by_points][values]) for rows in (reduced, expected))
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_every_analysis_says_what_it_rests_on():
    takes = {name: table["takes"] for name, table in read_analyses().items() if table["of"] in KINDS}
    assert {name for name, names in takes.items() if "metric" in names} == OF_DISTANCES
    assert {name for name, names in takes.items() if "reduce" in names} == OF_DISTANCES | {"subspaces"}
