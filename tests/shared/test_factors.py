"""Scores of factors: a value has its interval's replicates and its chance level, no value has a reason."""

import numpy as np
import pytest
from shared.factors import FactorScores, r2, standardized


def test_a_column_without_value_has_only_the_note():
    replicates, shuffled = np.array([[1.0, 2], [3, 4]]), np.array([[0.1, 0.2], [0.3, 0.4]])
    scores = FactorScores(np.array([2.0, np.nan]), replicates, shuffled)
    cells = scores.cells(0, "why")
    assert (cells["value"], cells["chance"]) == (2, pytest.approx(0.2))
    np.testing.assert_array_equal(cells["replicates"], [1, 3])
    assert scores.cells(1, "why") == {"note": "why"}
    assert "chance" not in FactorScores(np.array([2.0]), replicates[:, :1]).cells(0, "why")


def test_above_chance_is_the_whole_interval_above_every_shuffling():
    replicates = np.tile(np.linspace(0.4, 0.6, 41)[:, None], 3)
    shuffled = np.array([[0.0, 0.0, np.nan], [0.1, 0.5, np.nan]])
    scores = FactorScores(np.full(3, 0.5), replicates, shuffled)
    assert scores.above_chance().tolist() == [True, False, False]


def test_standardized_factors():
    factors = np.column_stack([np.arange(5.0), np.full(5, 0.1)])
    scaled = standardized(factors)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 0], atol=1e-12)
    assert np.isnan(r2(factors, factors)[1])
