"""How alike two embeddings of the same sounds are, as cosines that are sums over sounds: compare/pairs.py."""

from itertools import combinations

import numpy as np
from scipy.linalg import eigh
from scipy.spatial.distance import squareform
from shared.factors import ranks
from shared.scores import half_samples, interval

COMPONENTS = 64  # principal components that Procrustes turns
NONE = 1e-6  # of a norm: nothing is left


def gram_of(points):
    """Inner products of centred sounds, float64 (n, n), scaled to a mean squared norm of 1 (or all 0)."""
    points = points - points.mean(axis=0)
    size = np.sqrt((points**2).sum() / len(points))
    points = points / size if size > 0 else points
    return points @ points.T


def u_centred(gram):
    """The U-centred Gram matrix, condensed: float (n (n - 1) / 2,). Needs n > 3.

    The mean product of two of these is the unbiased HSIC of Song et al.
    """
    n = len(gram)
    gram = gram - np.diag(np.diagonal(gram))
    sums = gram.sum(axis=1)
    gram = gram - (sums[:, None] + sums) / (n - 2) + sums.sum() / ((n - 1) * (n - 2))
    return gram[np.triu_indices(n, 1)]


def ranked_distances(gram):
    """Ranks of the distances of all pairs of sounds, condensed and centred: float (n (n - 1) / 2,)."""
    norms = np.diagonal(gram)
    squared = norms[:, None] + norms - 2 * gram
    return centred_ranks(np.round(squared[np.triu_indices(len(gram), 1)], 12))  # equal up to rounding: equal


def centred_ranks(values):
    """Ranks of values (P,), centred."""
    rank = ranks(values)[:, 0]
    return rank - rank.mean()


def reduced(gram):
    """Coordinates on the first COMPONENTS principal components, float32 (n, COMPONENTS at most)."""
    n = len(gram)
    values, vectors = eigh(gram, subset_by_index=[max(0, n - COMPONENTS), n - 1])
    points = vectors * np.sqrt(np.maximum(values, 0))
    return unit(points.reshape(-1, 1)).reshape(points.shape).astype(np.float32)


def unit(columns):
    """Columns of unit norm, (P, columns); 0 if there is next to nothing."""
    norms = np.sqrt((columns**2).sum(axis=0))
    return np.where(norms > NONE, columns / np.where(norms > NONE, norms, 1), 0)


def apart(columns):
    """What each column has of its own: its residual on all others, of unit norm, (P, columns)."""
    columns = unit(columns)
    residuals = np.empty_like(columns)
    for j, column in enumerate(columns.T):
        others = np.delete(columns, j, axis=1)
        residuals[:, j] = column - others @ np.linalg.lstsq(others, column, rcond=None)[0]
    return unit(residuals)


def of_sounds(condensed, n):
    """Yield the rows of condensed matrices (P, columns) that hold each of n sounds: (n - 1, columns)."""
    place = squareform(np.arange(len(condensed)), checks=False)
    for i in range(n):
        yield condensed[np.delete(place[i], i)]


def parts_of_products(condensed, n):
    """What each sound adds to the products of every two columns, float32 (n, pairs).

    condensed: (n (n - 1) / 2, columns). Pairs are those of np.triu_indices, a column with itself included.
    """
    i, j = np.triu_indices(condensed.shape[1])
    return np.stack([(rows.T @ rows)[i, j] for rows in of_sounds(condensed, n)])


def parts_of_overlap(neighbors):
    """What each sound adds to the neighbours that two models share, float32 (n, pairs).

    A sound counts as one that has neighbours and as one that is a neighbour, half each. neighbors: int
    (models, n, K), of these n sounds; a sound in its own list fills a list that is too short.
    """
    models, n, _ = neighbors.shape
    i, j = np.triu_indices(models)
    listed = np.zeros((n, models, n), dtype=bool)
    np.put_along_axis(listed, neighbors.transpose(1, 0, 2), True, axis=2)
    listed[np.arange(n), :, np.arange(n)] = False
    parts = np.empty((n, len(i)), dtype=np.float32)
    for sound in range(n):
        lists, listing = listed[sound].astype(np.float32), listed[:, :, sound].astype(np.float32)
        parts[sound] = ((lists @ lists.T + listing.T @ listing) / 2)[i, j]
    return parts


def parts_of_procrustes(points):
    """What each sound adds to the nuclear norm of every two models' cross-covariance, float32 (n, pairs).

    points: list of (n, r), of reduced().
    """
    i, j = np.triu_indices(len(points))
    parts = np.empty((len(points[0]), len(i)), dtype=np.float32)
    for pair, (a, b) in enumerate(zip(i, j, strict=True)):
        if a == b:
            parts[:, pair] = (points[a] ** 2).sum(axis=1)
            continue
        left, _, right = np.linalg.svd(points[a].T @ points[b], full_matrices=False)
        parts[:, pair] = ((points[a] @ left) * (points[b] @ right.T)).sum(axis=1)
    return parts


def procrustes_by_chance(points, shuffles, seed):
    """Procrustes similarity of every two models, the sounds of one shuffled: mean of `shuffles`, (pairs,)."""
    rng = np.random.default_rng(seed)
    chance = []
    for a, b in combinations(range(len(points)), 2):
        orders = (rng.permutation(len(points[b])) for _ in range(shuffles))
        norms = [np.linalg.svd(points[a].T @ points[b][order], compute_uv=False).sum() for order in orders]
        chance.append(np.mean(norms))
    return np.array(chance)


def cosines(parts, degree):
    """Values and influences of S_ab / sqrt(S_aa S_bb): float (pairs,) and float32 (n, pairs), a with a too.

    parts: (n, pairs), as above; changed in place. degree: in how many places of a product a sound stands. NaN
    where S_aa or S_bb is 0.
    """
    models = int((np.sqrt(8 * parts.shape[1] + 1) - 1) / 2)
    i, j = np.triu_indices(models)
    sums = parts.mean(axis=0, dtype=float)
    own = sums[i == j]
    with np.errstate(invalid="ignore", divide="ignore"):
        norm = np.sqrt(np.where(own > 0, own, np.nan))
        values = sums / (norm[i] * norm[j])
        share = parts[:, i == j] / own.astype(np.float32)
        parts /= (norm[i] * norm[j]).astype(np.float32)
    for row, of_own in zip(parts, share, strict=True):
        row -= values * (of_own[i] + of_own[j]) / 2
    parts *= degree
    return values, parts


def replicated(values, influences, drawn):
    """Replicates of values (pairs,) on other sounds, (repeats, pairs). drawn: places, repeats, seed."""
    places, repeats, seed = drawn
    halves = half_samples(
        lambda some: values + influences[some].mean(axis=0), values, len(influences), repeats, seed, places
    )
    return np.clip(halves, -1, 1)


def similarity(parts, degree, drawn, chance):
    """Columns of the table for one similarity, {name: (pairs of two models,)}."""
    values, influences = cosines(parts, degree)
    i, j = np.triu_indices(int((np.sqrt(8 * len(values) + 1) - 1) / 2))
    two = i != j
    low, high = interval(replicated(values[two], influences[:, two], drawn))
    return {"value": values[two], "low": low, "high": high, "chance": chance}


def matrix(pairs, names, score):
    """A similarity of all models as a matrix, float (models, models): 1 with itself, NaN where unknown.

    pairs: DataFrame of models.csv; names: in order.
    """
    here = pairs[pairs.score == score]
    place = {name: i for i, name in enumerate(names)}
    full = np.eye(len(names))
    a, b = here.model_a.map(place), here.model_b.map(place)
    full[a, b] = full[b, a] = here.value
    return full


def angles(similarity):
    """The angle whose cosine a similarity is, in radians; a right angle where it is not known."""
    return np.arccos(np.clip(np.nan_to_num(similarity), 0, 1))
