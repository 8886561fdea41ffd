"""Loops in words: none where they cannot be told, and doubt about those that a few edges close."""

import known
import numpy as np
import pytest
from analyse import topology
from shared.graphs import features, nearest_neighbors

UNKNOWN = "whose loops so few sounds cannot resolve"


def lists(points, k_max):
    return nearest_neighbors(features(points, False), k_max)


def words_of(points, K):
    rows = topology.score_rows(*lists(points, 2 * K), K, 0, subsamples=1)
    return rows[-1]["note"], next(row["note"] for row in rows if row["metric"] == "loops")


@pytest.mark.parametrize(("K", "least"), [(24, 1), (48, 0)])
def test_a_torus_whose_loops_are_too_short_is_not_called_without_loops(K, least):
    """A ring torus has two loops, the shorter a third of the longest possible: more neighbours hide them."""
    u, v = 2 * np.pi * np.random.default_rng(0).random((2, 1024))
    ring = 1 + 0.5 * np.cos(v)
    words, note = words_of(np.stack([ring * np.cos(u), ring * np.sin(u), 0.5 * np.sin(v)], axis=1), K)
    assert words.startswith(f"a sheet that closes in at least {least}" if least else f"a sheet {UNKNOWN}")
    assert note.startswith("so few sounds cannot resolve loops")


def test_a_pitch_circle_beside_two_factors_is_not_called_without_loops():
    a, b, c = known.factors().T
    turn = 2 * np.pi * a
    words, _ = words_of(np.stack([np.cos(turn), np.sin(turn), np.pi * b, np.pi * c], axis=1), known.K)
    assert words == f"a volume {UNKNOWN}, in 1 piece"


def test_a_loop_that_two_shortcuts_close_is_fragile_and_that_of_a_circle_is_not():
    """A strip whose ends nearly meet: the last neighbours of two sounds of 1,000 join them."""
    place = np.random.default_rng(0).random((1000, 2))
    turn = 1.9 * np.pi * place[:, 0]
    strip = np.stack([np.cos(turn), np.sin(turn), 0.2 * place[:, 1]], axis=1)
    indices, distances = lists(strip, 32)
    one, other = turn.argmin(), turn.argmax()
    far = np.linalg.norm(strip[one] - strip[other])
    indices[[one, other], 15], distances[[one, other], 15] = [other, one], far
    rows = {row["metric"]: row for row in topology.score_rows(indices, distances, 16, 0, subsamples=1)}
    doubt = "fragile: 0 with half as many neighbours"
    assert rows["description"]["note"] == f"a sheet that closes in 1 loop ({doubt}), in 1 piece"
    assert doubt in rows["loops"]["note"]
    assert "fragile" not in words_of(known.embeddings()["circle"], known.K)[0]
