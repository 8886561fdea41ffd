"""What all embeddings of a data set tell of a model: rows that repeat, rank, outputs that are probabilities.

Conventions
    Two rows are the same if they agree to six digits of their largest value. They may be, where two sounds
    have the same settings.
    The rank is that of RANK_ROWS rows at most, spread evenly and centred: the fewest directions that hold
    VARIANCE of the variance, and the effective rank, exp of the entropy of the singular values over their sum
    (Roy & Vetterli 2007).
"""

import csv
import hashlib

import numpy as np

DIGITS = 1e6
RANK_ROWS = 512
VARIANCE = 0.99
CHUNK = 1024  # rows in memory at once
NEAR = 0.01  # of an end, 0 or 1, is saturated
PROBABILITIES = "sum to 1"  # what outputs are
SATURATED = "saturated sigmoids"


def chunks(rows):
    """Yield rows as float32 arrays of CHUNK rows at most. rows: array (N, D), in memory or not."""
    for start in range(0, len(rows), CHUNK):
        yield np.asarray(rows[start : start + CHUNK])


def digests(rows):
    """A digest of each row that equal rows share, list of bytes."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    steps = np.round(rows / np.where(largest > 0, largest, 1) * DIGITS).astype(np.int32)
    # two rows of which one is a multiple of the other are not the same
    return [
        hashlib.blake2b(row.tobytes() + f"{scale:.6g}".encode(), digest_size=16).digest()
        for row, scale in zip(steps, largest[:, 0], strict=True)
    ]


def repeated(items):
    """Share of items that repeat an earlier one."""
    return 1 - len(set(items)) / len(items)


def settings_of(parameters):
    """What each sound was made with, list of tuples. parameters: path of the data set's parameters.csv."""
    with open(parameters, newline="") as file:
        table = list(csv.DictReader(file))
    kept = [name for name in table[0] if name != "sound" and not name.startswith("ladder_")]
    return [tuple(row[name] for name in kept) for row in table]


def spectrum(rows):
    """Singular values of RANK_ROWS rows at most, centred, in falling order: float64."""
    some = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), RANK_ROWS)).round().astype(int))
    chosen = np.asarray(rows[some], dtype=np.float64)
    chosen = chosen - chosen.mean(axis=0)
    scale = np.abs(chosen).max()
    if scale:
        chosen = chosen / scale
    gram = chosen @ chosen.T if len(chosen) <= chosen.shape[1] else chosen.T @ chosen
    return np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[::-1], 0))


def ranks(values):
    """(fewest directions that hold VARIANCE of the variance, effective rank) of singular values."""
    if not values.sum():
        return 0, 0.0
    variance = np.cumsum(values**2) / np.sum(values**2)
    shares = values[values > 0] / values.sum()
    return int(np.searchsorted(variance, VARIANCE) + 1), float(np.exp(-np.sum(shares * np.log(shares))))


def kind_of_outputs(rows):
    """PROBABILITIES, SATURATED, or empty: whether the rows are what a classifier answers.

    PROBABILITIES: within 0 and 1, and each row sums to 1. SATURATED: within 0 and 1, half of all values
    within NEAR of an end, some of them near 1. Rows of length 1 are neither: directions of positive values.
    """
    N, D = rows.shape
    ends = ones = 0
    sums = lengths = D > 1
    for chunk in chunks(rows):
        if chunk.min() < 0 or chunk.max() > 1:
            return ""
        sums = sums and np.allclose(chunk.sum(axis=1), 1, atol=1e-3)
        lengths = lengths and np.allclose(np.square(chunk).sum(axis=1), 1, atol=1e-3)
        ends += np.count_nonzero((chunk < NEAR) | (chunk > 1 - NEAR))
        ones += np.count_nonzero(chunk > 1 - NEAR)
    if sums:
        return PROBABILITIES
    return SATURATED if ones and ends >= N * D / 2 and not lengths else ""


def rows_facts(rows, parameters):
    """Facts of all embeddings of a data set.

    rows: array (N, D), in memory or not; parameters: path of the data set's parameters.csv.
    """
    directions, effective = ranks(spectrum(rows))
    first = np.asarray(rows[0])
    still = np.ones(rows.shape[1], bool)
    for chunk in chunks(rows):
        still &= (chunk == first).all(axis=0)
    return {
        "repeated_share": repeated([digest for chunk in chunks(rows) for digest in digests(chunk)]),
        "repeated_settings_share": repeated(settings_of(parameters)),
        "directions_of_99_percent": directions,
        "effective_rank": round(effective, 2),
        "rank_rows": min(len(rows), RANK_ROWS),
        "still_share": float(still.mean()),
        "outputs": kind_of_outputs(rows),
    }
