"""Which sounds are the same up to gain, for any number of them."""

import numpy as np
import pytest
from synthesize.spectra import confusions

FACTORS = {"f": {"scale": "linear", "jnd": {"step": 1}}}


def tones(frequencies):
    """A function of rows that gives a tone of each one's frequency, each with a gain of its own."""
    time = np.arange(1600) / 16000
    waves = np.sin(2 * np.pi * np.asarray(frequencies, dtype=float)[:, None] * time)
    return lambda rows: (waves * np.linspace(0.1, 1, len(waves))[:, None])[rows]


@pytest.mark.parametrize("n", [1, 2, 5, 30])
def test_tones_of_one_frequency_are_the_same_whatever_the_factor_says(n):
    pairs = confusions(FACTORS, {"f": 10.0 * np.arange(n)}, tones(np.full(n, 440)))
    assert {row for pair in pairs for row in pair} == (set(range(n)) if n > 1 else set())
    assert all(a < b for a, b in pairs)


@pytest.mark.parametrize("n", [1, 2, 5, 30])
def test_tones_of_other_frequencies_are_not(n):
    assert confusions(FACTORS, {"f": 10.0 * np.arange(n)}, tones(300 * 1.1 ** np.arange(n))) == []


def test_a_step_that_nobody_hears_is_no_confusion():
    assert confusions(FACTORS, {"f": np.array([0, 0.5])}, tones([440, 440])) == []
