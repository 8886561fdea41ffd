"""Which sounds teach a head and which judge it: whole blocks of the space of factors are held out.

A held-out sound that lies between training sounds is told by its neighbours. So blocks are held out: ranges
of one factor, whatever the others, and cells of two. They are ranges of ranks, and equal values of a factor
have equal ranks, so that a value is held out as a whole or not at all.
"""

from itertools import combinations, cycle, islice

import numpy as np
from shared.factors import ranks

PARTS = ("train", "validation", "blocks", "sounds")
HELD_OUT = ("blocks", "sounds")  # the parts that are scored; nothing is chosen by them
BLOCKS, VALIDATION, SOUNDS = 0.2, 0.12, 0.12  # about these shares of all sounds
PER_PART = 6  # blocks, half of them ranges and half of them cells
LARGEST = 0.15  # share of the sounds in one block: a value of few is no block, it is half of the space
TRIES = 300
FEWEST = 16  # sounds of each part but `train`, which is larger


def in_blocks(places, share, rng):
    """Sounds in randomly drawn blocks that together hold at least a share of all sounds, bool (N,).

    places: float (N, F), ranks of the factors over N. Raises ValueError if no blocks are small enough.
    """
    F = places.shape[1]
    ranges, cells = list(combinations(range(F), 1)), list(combinations(range(F), 2))
    rng.shuffle(ranges)
    rng.shuffle(cells)
    kinds = [kind for both in zip(cycle(ranges), islice(cycle(cells or ranges), TRIES)) for kind in both]
    inside = np.zeros(len(places), dtype=bool)
    for factors in kinds:
        width = (share / PER_PART) ** (1 / len(factors))
        starts = rng.uniform(0, 1 - width, len(factors))
        block = ((places[:, factors] > starts) & (places[:, factors] <= starts + width)).all(axis=1)
        if block.mean() <= LARGEST:
            inside |= block
        if inside.mean() >= share:
            return inside
    raise ValueError(
        "the factors take too few values to hold out blocks of their space.\n"
        "Take a data set whose factors vary more finely, such as `design: sobol`."
    )


def split(factors, seed):
    """The sounds of each of PARTS, {part: int (n,)}, for one seed. A sound is in one part only.

    factors: float (N, F). Raises ValueError, for the user, if they are too few or do not vary.
    """
    places = ranks(factors[:, np.ptp(factors, axis=0) > 0]) / len(factors)
    if not places.shape[1]:
        raise ValueError("no factor varies, so that there is nothing to learn. Take another data set.")
    rng = np.random.default_rng(seed)
    held_out = in_blocks(places, BLOCKS, rng)
    validation = in_blocks(places, VALIDATION, rng) & ~held_out
    others = rng.permutation(np.flatnonzero(~held_out & ~validation))
    count = round(SOUNDS * len(factors))
    sounds, train = np.split(others, [count])
    parts = (
        train,
        rng.permutation(np.flatnonzero(validation)),
        rng.permutation(np.flatnonzero(held_out)),
        sounds,
    )
    if min(map(len, parts)) < FEWEST:
        raise ValueError(
            f"{len(factors)} sounds are too few: fewer than {FEWEST} would judge a head. Take more sounds."
        )
    return dict(zip(PARTS, parts, strict=True))


def splits(factors, seeds):
    """The sounds of each of PARTS for several seeds, {part: int (seeds, n)}.

    A part is as large as for the seed for which it is smallest; the sounds too many are in no part.
    """
    drawn = [split(factors, seed) for seed in seeds]
    smallest = {part: min(len(one[part]) for one in drawn) for part in PARTS}
    return {part: np.stack([one[part][:n] for one in drawn]) for part, n in smallest.items()}
