"""Whether one psychometric function describes an observer's answers: over the steps, and over the range.

A fit always gives a threshold, so that there are two questions. Over the steps: is the deviance of the
proportions correct from the curve, in octaves of steps, larger than that of observers who follow the curve?
These are simulated: Gaussian observers with the fitted d', who hear the same plain pair in all trials of a
base point, fitted in the same way. Over the range: do the base points of a low part and of a high part of the
factor's range have thresholds of their own? Base points dealt to the parts at random show what chance gives.

Source: Wichmann & Hill, Percept. Psychophys. 63, 2001, for the deviance against simulated fits.
"""

from typing import NamedTuple

import numpy as np

from analyse.observer import CHANCE, fit, highest

REPEATS = 200  # simulated fits, and deals of the base points
LEVEL = 0.025  # of each of the two: 5 of 100 good fits are marked
PARTS = (1 / 4, 1 / 2, 3 / 4)  # of the base points in the low part; the best split counts


class Split(NamedTuple):
    """The parts of a factor's range whose thresholds differ most, and whether chance would do as much."""

    p: float
    count: int  # of base points in the low part
    thresholds: tuple  # of the low and of the high part, JND


def p_value(statistic, by_chance):
    """Share of the statistics by chance that are as large, the observed one among them."""
    return (1 + (by_chance >= statistic - 1e-6).sum()) / (1 + len(by_chance))


def simulated(d_primes, lapse, place, rng):
    """Answers of REPEATS Gaussian observers, bool (REPEATS, T).

    d_primes: float (T,), of the trials; lapse: share of guesses; place: int (T,), the base points: trials of
    one share the plain pair.
    """
    one, other = rng.standard_normal((2, REPEATS, place.max() + 1))[:, :, place]
    moved = rng.standard_normal((REPEATS, len(place))) + d_primes
    pair = np.abs(one - other)
    correct = (pair < np.abs(one - moved)) & (pair < np.abs(other - moved))
    guessed = rng.random(correct.shape) < lapse
    return np.where(guessed, rng.random(correct.shape) < CHANCE, correct)


def deviance(correct, expected, bins):
    """Deviance of the proportions correct in bins from those expected, float (R,).

    correct, expected: float (R, T); bins: 0 or 1, (T, B).
    """
    right, fitted, trials = correct @ bins, expected @ bins, bins.sum(axis=0)
    total = 0
    for seen, wanted in ((right, fitted), (trials - right, trials - fitted)):
        share = np.where(seen > 0, seen, 1) / np.where(seen > 0, wanted, 1)
        total += 2 * (seen * np.log(share)).sum(axis=1)
    return total


def over_steps(correct, trials, proportions, grid, seed):
    """P-value of the fit over the steps. correct: float (T,); trials: Trials; proportions: (sizes, G)."""
    sizes, where = np.unique(trials.steps, return_inverse=True)
    of_size = np.eye(len(sizes))[where]
    octaves = np.unique(np.round(np.log2(trials.steps)), return_inverse=True)[1]
    bins = np.eye(octaves.max() + 1)[octaves]
    right, wrong = np.log(proportions), np.log1p(-proportions)

    def deviances(answers):
        """Deviance of each row of answers (R, T) from its own fit, and the fits, int (R,)."""
        count = answers @ of_size
        best = np.argmax(count @ right + (of_size.sum(axis=0) - count) @ wrong + grid.prior, axis=1)
        return deviance(answers, proportions[:, best].T[:, where], bins), best

    observed, (best,) = deviances(correct[None])
    d_primes = (trials.steps / grid.thresholds[best]) ** grid.betas[best]
    rng = np.random.default_rng(seed)
    followers = simulated(d_primes, grid.lapses[best], trials.place, rng).astype(float)
    return p_value(observed, deviances(followers)[0])


def over_range(likelihoods, values, grid, seed):
    """The Split of a factor's range whose parts differ most; its p is 1 for a single base point.

    likelihoods: float (points, G), of base points; values: float (points,), of the factor there.
    """
    n = len(values)
    counts = sorted({round(n * part) for part in PARTS} - {0, n})
    if not counts:
        return Split(1.0, 0, (np.nan, np.nan))
    rng = np.random.default_rng(seed)
    ranks = [np.argsort(np.argsort(values, kind="stable")), *(rng.permutation(n) for _ in range(REPEATS))]
    low = np.array([rank < count for rank in ranks for count in counts], dtype=float)
    gain = highest(likelihoods, low, grid) + highest(likelihoods, 1 - low, grid)
    gain = gain.reshape(len(ranks), len(counts))
    best = int(gain[0].argmax())
    parts = grid.thresholds[fit(likelihoods, np.stack([low[best], 1 - low[best]]), grid)]
    return Split(p_value(gain[0].max(), gain[1:].max(axis=1)), counts[best], tuple(parts))
