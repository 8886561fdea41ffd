"""How like the curve of a model is to that of listeners: correlation and rms difference over the conditions.

Replicates draw the conditions anew, and of each condition another replicate of the model's answer, so that
intervals speak of other conditions of the same kind and of other renderings. Noise in the answers weakens a
correlation, and in replicates twice; they are moved so that their mean is the score itself.
"""

import numpy as np

LEAST = 3  # conditions
FLAT = 1e-3  # standard deviation, log10 units or percent: a curve that varies less is rounding
HALF = 0.5  # of the conditions: with fewer answers there is no score


def scores(model, listeners):
    """Correlation and rms difference over the last axis, float (..., 2); NaN if either is FLAT."""
    a, b = (x - x.mean(axis=-1, keepdims=True) for x in (model, listeners))
    a_size, b_size = (np.sqrt((x**2).mean(axis=-1)) for x in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = (a * b).mean(axis=-1) / (a_size * b_size)
    correlation = np.where((a_size > FLAT) & (b_size > FLAT), correlation, np.nan)
    return np.stack([correlation, np.sqrt(((model - listeners) ** 2).mean(axis=-1))], axis=-1)


def moved_to(value, drawn):
    """Replicates moved so that their mean is the value: Fisher's z of a correlation, the logarithm of an rms.

    value: float (2,); drawn: float (R, 2), NaN where a replicate does not exist: its mean then stands for it.
    Too many of these, more than one in 20, leave none.
    """
    moved = np.full(drawn.shape, np.nan)
    scales = ((np.arctanh, np.tanh), (np.log, np.exp))
    for i, ((there, back), low, high) in enumerate(zip(scales, (-1, 1e-12), (1, np.inf), strict=True)):
        known = np.isfinite(drawn[:, i])
        if np.isfinite(value[i]) and known.mean() >= 0.95:
            shrink = 1 - 1e-9 if i == 0 else 1
            z = there(shrink * np.clip(drawn[:, i], low, high))
            z = np.where(known, z, z[known].mean())
            moved[:, i] = back(z - z.mean() + there(shrink * np.clip(value[i], low, high)))
    return moved


def likeness(model, replicates, listeners, shuffles, seed):
    """The two scores (2,), their replicates (R, 2) and their mean with conditions exchanged (2,).

    There is no correlation if fewer than LEAST conditions have another answer than the most common one.
    model: float (C,), NaN where it has no answer; replicates: (C, R), of it; listeners: float (C,). All NaN
    if the model answers fewer than LEAST or HALF of the conditions.
    """
    known = np.isfinite(model) & np.isfinite(replicates).all(axis=1)
    C, R = known.sum(), replicates.shape[1]
    if max(LEAST, HALF * len(known)) > C:
        return np.full(2, np.nan), np.full((R, 2), np.nan), np.full(2, np.nan)
    model, replicates, listeners = model[known], replicates[known], listeners[known]
    value = scores(model, listeners)
    if C - np.unique(np.round(model, 9), return_counts=True)[1].max() < LEAST:
        value[0] = np.nan  # one or two conditions that differ from the rest are no form
    rng = np.random.default_rng([seed, C])
    chosen = rng.integers(C, size=(R, C))
    drawn = scores(replicates[chosen, np.arange(R)[:, None]], listeners[chosen])
    shuffled = [scores(model, listeners[rng.permutation(C)]) for _ in range(shuffles)]
    return value, moved_to(value, drawn), np.mean(shuffled, axis=0)
