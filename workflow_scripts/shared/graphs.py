"""The points of an embedding, their neighbour lists, and the graph that they make."""

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

ROUNDING = 1e-13  # of squared distances found by the search, relative to the squared norms of both sounds
FAINT = 1e-6  # of the largest standard deviation of a component: a smaller one is rounding
BLOCK = 2**23  # neighbours that are sorted at a time, for memory
DESCRIPTIVE = "no chance level: does not depend on the factors"  # note of scores of a graph or its picture


def features(embedding, standardize=False, reduce=None, metric="euclidean"):
    """The points between which the analyses measure Euclidean distances, float64 (N, d), centred.

    embedding: (N, D). The steps, in this order:

    - `standardize`: each feature is divided by its standard deviation; a constant one stays as it is.
    - `metric="correlation"`: each sound's own mean over the features is taken off.
    - `reduce={"pca": d}`: the d principal components of these sounds, so that the origin is their mean.
      `{"whiten": d}`: each is scaled to unit variance as well. Without it, d is D.
    - `metric="cosine"` or `"correlation"`: each sound is scaled to length 1. The distance of two sounds is
      then the chord, sqrt(2 - 2 cos), which puts all pairs in the same order as 1 - cos does.

    Raises ValueError if there are fewer dimensions or sounds than `reduce` needs, or if the sounds
    differ and some have no direction.
    """
    embedding = np.asarray(embedding, dtype=np.float64)
    angular = metric != "euclidean"
    points = embedding if angular else embedding - embedding.mean(axis=0)  # angles are seen from the origin
    if standardize:
        points = points / np.where(np.ptp(points, axis=0) > 0, points.std(axis=0), 1)
    if metric == "correlation":
        flat = np.ptp(points, axis=1, keepdims=True) == 0  # exactly 0, whatever the rounding of the mean
        points = np.where(flat, 0, points - points.mean(axis=1, keepdims=True))
    if reduce:
        ((kind, count),) = reduce.items()
        points = reduced(points - points.mean(axis=0), count, whiten={"pca": False, "whiten": True}[kind])
    if angular:
        collapsed = not np.ptp(embedding, axis=0).any()
        points = points if collapsed else of_unit_length(points)
        points = points - points.mean(axis=0)
    return points


def of_unit_length(points):
    """Points (N, d) scaled to length 1. Raises ValueError if one lies at the origin."""
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    if not lengths.all():
        raise ValueError(
            f"{(lengths == 0).sum()} of {len(points)} sounds have no direction: all their values are zero "
            "(or, for correlation, equal).\nTake `metric: euclidean`, or leave the model out."
        )
    return points / lengths


def reduced(points, count, whiten):
    """The first `count` principal components of centred points (N, D), float (N, count).

    Sounds that coincide still do. whiten: each component is scaled to unit variance; one that has no more
    than rounding becomes 0. Raises ValueError if there are not so many.
    """
    N, D = points.shape
    if count > D:
        raise ValueError(
            f"the embedding has {D} dimensions, but `reduce` asks for {count}.\n"
            f"Ask for {D} or fewer, or leave the model out."
        )
    if count >= N:
        raise ValueError(f"{N} sounds span {N - 1} dimensions, but `reduce` asks for {count}. Ask for fewer.")
    if not np.ptp(points, axis=0).any():
        return np.zeros((N, count))
    components = principal_components(points, count)
    first = {}  # row of each point: a product of matrices rounds equal rows differently
    components = components[[first.setdefault(point.tobytes(), row) for row, point in enumerate(points)]]
    if whiten:
        spread = components.std(axis=0)
        there = spread > FAINT * spread.max()
        components = np.where(there, components / np.where(there, spread, 1), 0)
    return components


def principal_components(points, count=None):
    """Coordinates of centred points (N, D) on their first `count` principal axes, by falling variance.

    Returns float (N, count), or (N, min(N, D)) without a count.
    """
    N, D = points.shape
    products = points.T @ points if D <= N else points @ points.T
    values, vectors = largest_eigenvectors(products, count) if count else np.linalg.eigh(products)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    return points @ vectors if D <= N else vectors * np.sqrt(values)


def largest_eigenvectors(matrix, count):
    """The largest eigenvalues of a symmetric (n, n), rising, (count,), and their vectors, (n, count)."""
    n = len(matrix)
    values, vectors = eigh(matrix, subset_by_index=[n - count, n - 1])
    if len(values) < count:  # of equal eigenvalues, as of sounds all equally far, LAPACK may give none
        values, vectors = eigh(matrix)
    return values[-count:], vectors[:, -count:]


def nearest_neighbors(features, K, seed=0):
    """The K nearest other sounds of each sound by Euclidean distance, exact.

    features: float (N, D), K < N. Returns indices int64 (N, K) and distances float64 (N, K), nearest first.
    Sounds that are equally far from a sound come in a random order, drawn by the seed anew for each sound.
    """
    from sklearn.neighbors import NearestNeighbors  # takes a second, which most jobs need not spend

    N, rng = len(features), np.random.default_rng(seed)
    search = NearestNeighbors(n_neighbors=K + 1).fit(features)
    indices, distances = np.empty((N, K), dtype=np.int64), np.empty((N, K))
    waiting, listed = np.arange(N), min(K + 2, N)  # with the sound itself and the next one
    while len(waiting):
        blocks = np.array_split(waiting, len(waiting) * listed // BLOCK + 1)
        waiting = []
        for rows in blocks:
            near, lengths = listed_neighbors(search, features, rows, listed)
            group = np.cumsum(~ties_with_next(features, near, lengths, rows), axis=1)
            group = np.insert(group, 0, 0, axis=1)  # of neighbours that are equally far
            place = np.lexsort((rng.random(group.shape), group))[:, :K]
            indices[rows], distances[rows] = np.take_along_axis(near, place, axis=1), lengths[:, :K]
            waiting.append(rows[(group[:, K - 1] == group[:, -1]) & (listed < N)])  # a longer list tells
        waiting, listed = np.concatenate(waiting), min(2 * listed, N)
    return indices, distances


def listed_neighbors(search, features, rows, count):
    """Neighbours of some sounds, int and float (n, count - 1), nearest first, the sound itself left out.

    search: NearestNeighbors of features, float (N, D); rows: int (n,); count: with the sound itself.
    """
    distances, indices = search.kneighbors(features[rows], count)
    other = indices != rows[:, None]
    other[other.all(axis=1), -1] = False  # more twins than are listed: the sound is not among them
    return indices[other].reshape(len(rows), -1), distances[other].reshape(len(rows), -1)


def ties_with_next(features, indices, distances, rows=slice(None)):
    """Whether a neighbour is as far from its sound as the next one, up to rounding, bool (n, K - 1).

    features: float (N, D); indices, distances: (n, K), the neighbours of the sounds `rows`.
    """
    norms = (features**2).sum(axis=1)
    rounding = ROUNDING * (norms[rows][:, None] + norms[indices[:, 1:]])
    return np.diff(distances**2, axis=1) <= rounding


def restricted_to(indices, distances, rows, K):
    """The first K neighbours of some sounds among these sounds, as far as the lists hold them.

    indices, distances: (N, k_max), nearest first; rows: int (n,), rising. Returns indices and distances of
    the same kind, (n, min(K, k_max)); the indices count within `rows`. A list that is too short ends in the
    sound itself at distance 0.
    """
    place = np.full(len(indices), -1)
    place[rows] = np.arange(len(rows))
    near = place[indices[rows]]
    order = np.argsort(near < 0, axis=1, kind="stable")[:, :K]
    near, lengths = (np.take_along_axis(x, order, axis=1) for x in (near, distances[rows]))
    missing = near < 0
    return np.where(missing, np.arange(len(rows))[:, None], near), np.where(missing, 0, lengths)


def neighbor_graph(indices, distances):
    """Directed graph with an edge from each sound to each of its K neighbours, weighted by its length.

    indices, distances: (N, K). Returns a sparse float (N, N) array. Edges between coinciding sounds get the
    smallest positive length, because a sparse graph cannot hold an edge of length 0.
    """
    N, K = indices.shape
    lengths = np.maximum(distances, np.finfo(float).tiny).ravel()
    return csr_array((lengths, indices.ravel(), np.arange(0, N * K + 1, K)), shape=(N, N))


def components(graph):
    """The weakly connected component of each sound, int (N,), numbered from the largest to the smallest."""
    _, labels = connected_components(graph, directed=True, connection="weak")
    rank = np.argsort(np.argsort(-np.bincount(labels), kind="stable"))
    return rank[labels]
