"""Collapsed embeddings: networks that are dead, or nearly so, get scores or notes from every analysis."""

import known
import numpy as np
import pytest
from analyse import isomap, landmarks
from planning.analyses import read_analyses

N = 32
ALIKE = np.zeros((N, 8))
COLLAPSED = {
    "constant": ALIKE + 0.1,
    "all alike but one": np.where(np.arange(N)[:, None] == 0, np.eye(8)[0], ALIKE),
    "one-hot": np.eye(N),
    "two places": np.eye(8)[np.arange(N) % 2],
    "four places": np.eye(8)[np.arange(N) % 4],
    "one axis": np.arange(N)[:, None] * np.eye(8)[0],
    "a pair apart": np.where(np.arange(N)[:, None] < 2, 1e6 * np.eye(8)[0], np.eye(N)[:, :8]),
}


@pytest.mark.parametrize("name", COLLAPSED)
def test_a_collapsed_embedding_has_scores_or_notes(name, tmp_path):
    theta = np.random.default_rng(0).random((N, 3))
    settings = {
        "isomap.K": 5,
        "isomap.bridge": name == "two places",
        "knn.K": 3,
        "bootstrap": 5,
        "shuffles": 3,
    }
    scores = known.scores_of(name, COLLAPSED[name], theta, tmp_path, 10, settings)
    analyses = {analysis for analysis, table in read_analyses().items() if table["of"] == "cloud"}
    assert {score.split()[0] for score in scores} == analyses
    assert all(np.isfinite(value) or note for value, note in scores.values())


@pytest.mark.parametrize("n", [4, 33, 64, 200, 201, 300])
def test_sounds_that_are_all_equally_far_have_a_place(n):
    """Their eigenvalues are equal, which solvers may not bear. All but one: no three axes are better."""
    far = 1 - np.eye(n)
    exact = isomap.classical_scaling(far)
    by_landmarks = landmarks.triangulate(far.astype(np.float32), np.arange(n))
    for coordinates in (exact, by_landmarks):
        np.testing.assert_allclose((coordinates**2).sum(axis=0), 0.5, rtol=1e-4)
