"""Thresholds of the conditions of a listening experiment, as an observer of the embedding has them.

The observer is that of `threshold`: of three sounds it takes the two nearest embeddings as the pair and names
the third as the odd one. Here all sounds of a condition are renderings of one tone, so that each moved sound
is judged beside every pair of plain ones, and its answer is the share that is right. A condition then needs a
dozen sounds, not hundreds.

Replicates draw plain renderings and moved sounds anew, the same for every model.
"""

from typing import NamedTuple

import numpy as np

from analyse.observer import Ends, fit, grid_proportions, parameter_grid
from analyse.threshold import is_reached


class Thresholds(NamedTuple):
    """Thresholds of C conditions in percent, float (C,), and replicates, (C, R).

    state: list of '', below and not reached. Thresholds lie between the ends: one that is not reached stands
    at the largest step.
    """

    value: np.ndarray
    replicates: np.ndarray
    state: list
    ends: Ends


def answers(plain, moved):
    """Whether the observer finds each moved sound beside each pair of plain ones, float (pairs, M).

    Among ties it guesses. plain: float (P, D); moved: float (M, D). Pairs as in np.triu_indices.
    """
    first, second = np.triu_indices(len(plain), 1)
    alike = ((plain[first] - plain[second]) ** 2).sum(axis=1)
    apart = np.array([((plain - point) ** 2).sum(axis=1) for point in moved]).T
    distances = np.stack(
        [np.broadcast_to(alike[:, None], (len(first), len(moved))), apart[first], apart[second]]
    )
    nearest = distances == distances.min(axis=0)
    return nearest[0] / nearest.sum(axis=0)


def counts_of(correct, where, plain, rng, repeats):
    """Right, then wrong answers at each step, float (1 + repeats, 2 S): of all sounds, then of replicates.

    correct: of answers(); where: int (M,), the step of each moved sound; plain: number of plain sounds.
    """
    first, second = np.triu_indices(plain, 1)
    M = len(where)
    times = np.vstack([np.ones(plain), rng.multinomial(plain, np.full(plain, 1 / plain), repeats)])
    often = np.vstack([np.ones(M), rng.multinomial(M, np.full(M, 1 / M), repeats)])
    pairs = times[:, first] * times[:, second]
    pairs[pairs.sum(axis=1) == 0] = 1  # one plain sound, drawn again and again, has no pair
    right = pairs @ correct / pairs.sum(axis=1, keepdims=True)
    at_step = np.eye(where.max() + 1)[where]
    return np.hstack([(often * right) @ at_step, (often * (1 - right)) @ at_step])


def thresholds(points, condition, moves, repeats, seed):
    """The Thresholds of all conditions.

    points: float (N, D); condition: int (N,), from 0; moves: float (N,), percent, 0 for plain sounds.
    """
    steps = np.where(moves < 0, 100 * (100 / (100 + moves) - 1), moves)  # down: as far as the step up
    sizes, where = np.unique(np.round(steps, 9), return_inverse=True)
    ends = Ends(sizes[1], sizes[-1])
    grid = parameter_grid(ends)
    proportions = grid_proportions(sizes[1:], grid)
    logs = np.vstack([np.log(proportions), np.log1p(-proportions)])
    found = []
    for i in range(condition.max() + 1):
        plain = np.flatnonzero((condition == i) & (where == 0))
        moved = np.flatnonzero((condition == i) & (where > 0))
        correct = answers(points[plain], points[moved])
        rng = np.random.default_rng([seed, i])
        counts = counts_of(correct, where[moved] - 1, len(plain), rng, repeats)
        found.append(grid.thresholds[fit(logs, counts, grid)])
    found = np.array(found)
    reached = [is_reached(row[0], row[1:], ends.largest) for row in found]
    found = np.clip(found, *ends)
    found[:, 0] = np.where(reached, found[:, 0], ends.largest)
    state = ["" if t > ends.smallest else "below" for t in found[:, 0]]
    state = [word if there else "not reached" for word, there in zip(state, reached, strict=True)]
    return Thresholds(found[:, 0], found[:, 1:], state, ends)
