"""Embeddings and tables that no one would wish for: every score is finite or says why it is not."""

import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from analyse import axes, curves, invariance, subspaces
from cloud_scores import scores_and_replicates
from hypothesis import given, settings
from hypothesis import strategies as st
from planning.analyses import read_analyses

CLOUD = {analysis for analysis, declared in read_analyses().items() if declared["of"] == "cloud"}
FACTORS = {name: {"unit": "", "scale": scale} for name, scale in (("pitch", "log"), ("level", "linear"))}
FIXED = {"factors": json.dumps(FACTORS), "nuisances": "{}", "seed": 0, "design": "random", "bootstrap": 5}
FIXED |= {"shuffles": 3, "knn.include_self": False}


def shared_rows(rng, N, D, share):
    """Noise in which a share of the sounds have the embedding of another one."""
    return rng.standard_normal((N, D))[np.where(rng.random(N) < share, rng.integers(0, N, N), np.arange(N))]


def outlier(rng, N, D, size=1e30):
    points = rng.standard_normal((N, D))
    points[rng.integers(N)] *= size
    return points


POINTS = {
    "noise": lambda rng, N, D, share: rng.standard_normal((N, D)),
    "all equal": lambda rng, N, D, share: np.full((N, D), 0.1),
    "zeros": lambda rng, N, D, share: np.zeros((N, D)),
    "one-hot": lambda rng, N, D, share: np.eye(D)[rng.integers(0, D, N)],
    "duplicated": shared_rows,
    "outlier": lambda rng, N, D, share: outlier(rng, N, D),
    "largest outlier": lambda rng, N, D, share: outlier(rng, N, D, 5e37),
    "denormal": lambda rng, N, D, share: 1e-42 * rng.standard_normal((N, D)),
    "huge": lambda rng, N, D, share: 1e38 * rng.uniform(-1, 1, (N, D)),
    "largest": lambda rng, N, D, share: 3.4e38 * rng.choice([-1, 1], (N, D)),
    "tiny": lambda rng, N, D, share: 1e-38 * rng.standard_normal((N, D)),
    "whole numbers": lambda rng, N, D, share: rng.integers(-2, 3, (N, D)),
    "two clusters": lambda rng, N, D, share: rng.standard_normal((N, D)) + 1e6 * rng.integers(0, 2, (N, 1)),
    "constant columns": lambda rng, N, D, share: np.where(
        rng.random(D) < share, 7, rng.standard_normal((N, D))
    ),
    "far away": lambda rng, N, D, share: 1e6 + rng.standard_normal((N, D)),
    "one sound differs": lambda rng, N, D, share: np.eye(N)[0][:, None] * np.ones(D),
    "mixed scales": lambda rng, N, D, share: rng.standard_normal((N, D)) * np.logspace(-38, 37, D),
}
LEVELS = {  # of the second factor
    "varies": lambda rng, N: rng.random(N),
    "constant": lambda rng, N: np.full(N, 60.0),
    "two values": lambda rng, N: np.arange(N) % 2,
    "one differs": lambda rng, N: (np.arange(N) == 3).astype(float),
    "huge": lambda rng, N: 1e100 * rng.random(N),
    "copies the first": lambda rng, N: None,
}


@st.composite
def data_sets(draw):
    """Points float (N, D), a table, and settings."""
    N, D = draw(st.integers(8, 64)), draw(st.sampled_from([1, 2, 5, 300]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    points = POINTS[draw(st.sampled_from([*POINTS]))](rng, N, D, draw(st.sampled_from([0.1, 0.5, 0.95])))
    pitch = np.exp(rng.uniform(4, 7, N))
    level = LEVELS[draw(st.sampled_from([*LEVELS]))](rng, N)
    table = {"pitch": pitch, "level": pitch if level is None else level}
    if draw(st.booleans()):  # sounds with the settings of others
        table = {name: column[np.arange(N) // 2] for name, column in table.items()}
    metric = draw(st.sampled_from(["euclidean", "cosine", "correlation"]))
    reduce = draw(st.sampled_from([None, '{"pca": 1}', '{"whiten": 2}']))
    varied = {"metric": metric, "reduce": reduce, "standardize": draw(st.booleans())}
    varied |= {"isomap.K": draw(st.integers(1, 6)), "knn.K": draw(st.integers(1, 7))}
    return points, table, varied | {"isomap.bridge": draw(st.booleans())}


SENTENCES = ("sounds have no direction", "dimensions, but `reduce` asks for")


@pytest.mark.long
@settings(derandomize=True, deadline=None, database=None, max_examples=12)
@given(data_sets())
def test_scores_are_finite_or_say_why_not(drawn):
    points, table, varied = drawn
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            rows, _ = scores_and_replicates("m", points, table, Path(folder), 20, FIXED | varied)
        except ValueError as problem:
            if any(sentence in str(problem) for sentence in SENTENCES):
                return
            raise
    assert {*rows.analysis} == CLOUD
    silent = rows[~np.isfinite(rows.value) & rows.note.isna()]
    assert silent.empty, silent


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_sounds_that_coincide_have_no_ratio_and_no_probe():
    """Half of the sounds may coincide although not all do."""
    rising = np.arange(9.0)[:, None]
    assert np.isnan(invariance.ratio(np.zeros((9, 9)), rising)).all()
    assert np.isnan(invariance.equal_ratio(np.zeros((9, 9)), rising[:, 0] % 3))
    assert np.isnan(subspaces.probe(np.zeros((9, 2)), rising)).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_sound_that_a_curve_always_passes_through_does_not_choose_the_curve():
    """It alone has the other value of the second factor: 0/0 of it would choose the line."""
    rng = np.random.default_rng(0)
    factors = np.column_stack([rng.random(200), np.arange(200) == 3])
    points = np.column_stack([np.sin(9 * factors[:, :1]), factors[:, 1]])
    freedom = curves.chosen_freedom(points @ points.T, factors)
    assert freedom[0] > 3
    assert freedom[1] == 1


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_trees_bear_an_axis_that_only_one_half_of_the_sounds_moves():
    order = np.random.default_rng(0).permutation(32)  # as in_halves() draws it
    points = np.zeros((32, 1))
    points[order[20]] = 3e38 * 10
    told = axes.importance(points, np.random.default_rng(1).random((32, 1)), 1, 0)[1]
    assert np.isfinite(told).all()
