"""What a picture shows of an embedding's factors, and what it owes to few sounds or few edges."""

import numpy as np
from scipy.spatial import KDTree
from shared.factors import r2
from shared.graphs import restricted_to

NEAREST = 20  # sounds from which a factor is estimated
TOLD = 0.3  # R2 above which neighbours tell a factor
HIDDEN = 1 / 2  # of the R2 in the embedding: with less in the picture, the picture hides the factor
WELL_TOLD = 0.9  # R2
FEW = 0.1  # of the edges that cross the middle of a factor
HIDES = "the picture hides it"
FAR = 0.01  # of the sounds: those farthest from the centre


def nearest_r2(points, factors, K=NEAREST):
    """R2 of each factor from the mean of the K nearest others in a picture, float (F,).

    points: float (n, 3); factors: float (n, F).
    """
    _, near = KDTree(points).query(points, min(K, len(points) - 1) + 1)
    other = near != np.arange(len(points))[:, None]
    other[other.all(axis=1), -1] = False  # more than K twins: the sound is not in its own list
    return r2(factors[near[other].reshape(len(points), -1)].mean(axis=1), factors)


def factor_rows(picture, lists, names, factors):
    """Score rows `picture_r2`: how well near sounds of the picture tell each factor.

    picture: trust.Picture; lists: indices and distances, (N, k_max), of neighbours in the embedding; factors:
    float (N, F).
    """
    shown = np.flatnonzero(picture.shown)
    K = min(NEAREST, lists[0].shape[1], max(len(shown) - 1, 1))
    if len(shown) < 2:
        return [{"metric": "picture_r2", "factor": name, "note": "no picture"} for name in names]
    in_picture = nearest_r2(picture.coordinates[shown], factors[shown], K)
    around, _ = restricted_to(*lists, shown, K)
    in_embedding = r2(factors[shown][around].mean(axis=1), factors[shown])
    rows = []
    for name, there, before in zip(names, in_picture, in_embedding, strict=True):
        row = {"metric": "picture_r2", "factor": name, "chance": -1 / K, "note": "does not vary"}
        rows.append(row | ({"value": there, "note": told(there, before)} if np.isfinite(there) else {}))
    return rows


def told(in_picture, in_embedding):
    """Note of a factor's R2 in the picture: what it is in the embedding, and whether the picture hides it.

    It hides the factor if neighbours tell it in the embedding, and no longer in the picture.
    """
    words = f"{in_embedding:.2f} in the embedding"
    hidden = in_embedding > TOLD and in_picture < HIDDEN * in_embedding
    return f"{words}: {HIDES}" if hidden else words


def far_share(coordinates):
    """Share of a picture's variance that its farthest FAR of the sounds hold. coordinates: float (n, 3).

    Three times FAR in a box, four in a normal cloud. NaN for a point.
    """
    squares = np.sort(((coordinates - coordinates.mean(axis=0)) ** 2).sum(axis=1))
    few = max(round(FAR * len(squares)), 1)
    return squares[-few:].sum() / squares.sum() if squares.sum() > 0 else np.nan


def without_shortcuts(indices, distances, factors):
    """Neighbour lists whose shortcuts are left out, and how many there are.

    A shortcut joins sounds that are more than half the range of a factor apart, though neighbours tell this
    factor well, and there are few of it: where a code closes in a ring, as many edges lead across the seam
    as elsewhere. indices, distances: (N, K); factors: float (N, F). In the lists returned, a shortcut leads
    back to its own sound at distance 0.
    """
    shortcuts = np.zeros(indices.shape, bool)
    told_well = r2(factors[indices[:, :NEAREST]].mean(axis=1), factors) > WELL_TOLD
    for factor in factors[:, told_well].T:
        here, there = factor[:, None], factor[indices]
        apart = np.abs(here - there) > np.ptp(factor) / 2
        middle = np.median(factor)
        across = ((here < middle) != (there < middle)) & ~apart
        if apart.sum() < FEW * across.sum():
            shortcuts |= apart
    cut = np.where(shortcuts, np.arange(len(indices))[:, None], indices), np.where(shortcuts, 0, distances)
    return cut, int(shortcuts.sum())
