"""Pitch read from an embedding: learned from ordinary sounds, whose f0 is known, and asked of odd ones.

In a matching experiment listeners set the f0 of an ordinary sound until it has the pitch of the odd one. Here
the logarithm of f0 is learned from the ordinary sounds of each group, by ridge regression or by the nearest
neighbours, whichever errs less on sounds that are left out. What is read of an odd sound lies within the
range of the ordinary ones, as a match does.

First comes how well it reads ordinary sounds that are held out of all of this. Where it explains less than
GOOD of their variance, there is no answer.
"""

from typing import NamedTuple

import numpy as np
from shared.factors import r2
from shared.graphs import principal_components

GOOD = 0.9  # R2 on held-out ordinary sounds: an error of a third of their standard deviation
FOLDS = 6
READERS = (  # ridge regression, its strength re the largest variance; the mean of so many nearest
    *(("ridge", strength) for strength in 10.0 ** np.arange(-7, 1)),
    *(("nearest", count) for count in (1, 3)),
)


class Matches(NamedTuple):
    """Answers of C conditions, (C,), NaN where there is none; replicates (C, R); held_out: {group: R2}."""

    value: np.ndarray
    replicates: np.ndarray
    held_out: dict


def read(reader, known, values, points):
    """What a reader of READERS says of points (n, d), float (n,). known: (m, d); values: float (m,)."""
    kind, amount = reader
    if kind == "nearest":
        distances = ((points[:, None] - known[None]) ** 2).sum(axis=2)
        return values[np.argsort(distances, axis=1, kind="stable")[:, :amount]].mean(axis=1)
    mean = known.mean(axis=0)
    left, sizes, right = np.linalg.svd(known - mean, full_matrices=False)
    if not sizes[0]:
        return np.full(len(points), values.mean())
    shrunk = sizes / (sizes**2 + amount * sizes[0] ** 2)
    return values.mean() + (points - mean) @ (right.T @ (shrunk * (left.T @ (values - values.mean()))))


def left_out(readers, points, values, fold):
    """What each reader says of the sounds of each fold from those of the others, float (readers, n)."""
    told = np.empty((len(readers), len(values)))
    for number in np.unique(fold):
        out = fold == number
        told[:, out] = [read(reader, points[~out], values[~out], points[out]) for reader in readers]
    return told


def best_reader(points, values, fold):
    """The reader that errs least on sounds that are left out."""
    errors = ((left_out(READERS, points, values, fold) - values) ** 2).sum(axis=1)
    return READERS[np.argmin(errors)]


def held_out_r2(points, values, fold):
    """R2 on ordinary sounds that neither the reader nor the choice of it has seen, float."""
    told = np.empty(len(values))
    for number in np.unique(fold):
        out = fold == number
        reader = best_reader(points[~out], values[~out], fold[~out])
        told[out] = read(reader, points[~out], values[~out], points[out])
    return r2(told[:, None], values[:, None])[0]


def of_group(ordinary, values, odd, repeats, rng):
    """What is read of odd sounds, float (1 + repeats, odd): by all ordinary sounds, then by some drawn anew.

    Returns it with the held-out R2. ordinary: (m, d); values: (m,), ln f0; odd: (n, d).
    """
    fold = rng.permutation(len(values)) % FOLDS
    quality = held_out_r2(ordinary, values, fold)
    reader = best_reader(ordinary, values, fold)
    told = [read(reader, ordinary, values, odd)]
    for _ in range(repeats):
        drawn = rng.integers(len(values), size=len(values))
        told.append(read(reader, ordinary[drawn], values[drawn], odd))
    return np.clip(told, values.min(), values.max()), quality


def matches(points, table, nominal, octave, repeats, seed):
    """The Matches of all conditions: percent above f0, or the share of octaves minus that of f0 in percent.

    points: float (N, D). table: {condition, group: int (N,); f0: float (N,), Hz}. nominal: f0 of each
    condition, float (C,). octave: whether only the nearer of f0 and its octave counts.
    """
    value, replicates, held_out = np.full(len(nominal), np.nan), np.full((len(nominal), repeats), np.nan), {}
    condition = table["condition"]
    for group in np.unique(table["group"]):
        rows = np.flatnonzero(table["group"] == group)
        some = principal_components(points[rows] - points[rows].mean(axis=0))
        ordinary = condition[rows] < 0
        rng = np.random.default_rng([seed, group])
        ln_f0 = np.log(table["f0"][rows[ordinary]])
        told, held_out[group] = of_group(some[ordinary], ln_f0, some[~ordinary], repeats, rng)
        of = condition[rows[~ordinary]]
        above = told - np.log(nominal[of])
        answers = np.where(above > np.log(2) / 2, 100.0, -100.0) if octave else 100 * np.expm1(above)
        for i in np.unique(of):
            own = answers[:, of == i]
            drawn = rng.integers(own.shape[1], size=(repeats, own.shape[1]))
            if held_out[group] >= GOOD:
                value[i] = own[0].mean()
                replicates[i] = np.take_along_axis(own[1:], drawn, axis=1).mean(axis=1)
    return Matches(value, replicates, held_out)
