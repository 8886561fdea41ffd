"""Isomap of one embedding in three dimensions (Tenenbaum, de Silva & Langford 2000).

Each sound is joined to its K nearest neighbours. Path lengths along this graph take the place of distances,
and classical multidimensional scaling turns them into coordinates.

Conventions: with `--bridge`, the closest pair of sounds of every two components of the graph is joined, as
scikit-learn does. Otherwise each component is embedded on its own, around its own origin. Of more than EXACT
sounds, only the paths from some landmarks are computed (landmarks.py); the note of the residual variance then
says so. Files: `coordinates` has sound, x, y, z and component (0 is the largest, before any bridge);
`bridges` has sound, other_sound and distance.

Scores: `components`, `largest_component` and `bridges` describe the graph. `residual_variance` is what three
dimensions leave out: 0 if they hold all path lengths, 1 if they hold none.
"""

from contextlib import suppress
from typing import NamedTuple

import numpy as np
import pandas
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.sparse.linalg import ArpackError, eigsh
from scipy.spatial.distance import cdist
from shared import graphs
from shared.files import written_whole
from shared.graphs import DESCRIPTIVE, components, features, neighbor_graph
from shared.scores import analysis_parser, write_scores

from analyse import landmarks

ANALYSIS = {
    "of": "cloud",
    "order": 100,
    "reads": ["embeddings", "neighbors"],
    "takes": ["isomap.K", "isomap.bridge", "standardize", "reduce", "metric"],
    "writes": {"coordinates": "{model}.csv", "bridges": "{model}.bridges.csv"},
    "heading": "Neighbour graph and Isomap",
    "text": "Components are the pieces of the K-neighbour graph before any bridge, largest component is the "
    "share of the sounds in the largest piece, and bridges are the edges added to join the pieces, where the "
    "config says so. Residual variance is 1 - squared correlation of path lengths and 3-D distances: what "
    "three dimensions leave out.",
    "metrics": {
        "components": {"unit": "count", "better": ""},
        "largest_component": {"unit": "share", "better": ""},
        "bridges": {"unit": "count", "better": ""},
        "residual_variance": {"unit": "share", "better": "low"},
    },
}
AXES = ("x", "y", "z")
SMALL = 200  # sounds up to which a dense solver is used rather than an iterative one
EXACT = 4096  # sounds up to which every shortest path is computed


class Bridge(NamedTuple):
    """An edge that joins two components of a graph."""

    sound: int
    other_sound: int
    distance: float


class Paths(NamedTuple):
    """Shortest paths along a graph from some sounds to all sounds."""

    lengths: np.ndarray  # float (m, n)
    sources: np.ndarray  # int (m,), the sounds where the paths begin


class Cloud(NamedTuple):
    """An embedding's neighbour graph and its Isomap."""

    coordinates: np.ndarray  # float (N, 3); NaN in a component of fewer than four sounds: it spans no volume
    labels: np.ndarray  # int (N,), the component of each sound, 0 the largest, before any bridge
    bridges: list  # of Bridge
    residual: float  # residual variance, of the largest component unless bridged; NaN if there is none


def find_bridges(points, labels):
    """The closest pair of sounds of every two components, a list of Bridge.

    points: float (N, D); labels: int (N,), the component of each sound.
    """
    from sklearn.metrics import pairwise_distances_argmin_min  # takes a second; few graphs need a bridge

    groups = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
    bridges = []
    for i, a in enumerate(groups):
        for b in groups[i + 1 :]:
            nearest, distance = pairwise_distances_argmin_min(points[a], points[b])
            row = distance.argmin()
            bridges.append(Bridge(int(a[row]), int(b[nearest[row]]), float(distance[row])))
    return bridges


def bridged(graph, bridges):
    """A sparse (N, N) graph with bridges, a list of Bridge, added as edges."""
    start, stop, length = np.array(bridges).reshape(-1, 3).T
    return graph + csr_array((length, (start.astype(int), stop.astype(int))), shape=graph.shape)


def largest_eigenvectors(matrix, count):
    """As of graphs.py, by an iterative solver where that is faster and succeeds."""
    n = len(matrix)
    if n > SMALL and matrix.any():  # ARPACK cannot start on the zeros of coinciding sounds
        with suppress(ArpackError):  # sounds that are all equally far
            return eigsh(matrix, count, which="LA", v0=np.random.default_rng(0).standard_normal(n))
    return graphs.largest_eigenvectors(matrix, count)


def classical_scaling(distances, dimensions=3):
    """Classical multidimensional scaling: coordinates whose distances approximate the given ones.

    distances: float (n, n), symmetric. Returns float (n, dimensions), centred, by falling variance. The
    largest coordinate of each axis is positive; an axis without positive variance is 0.
    """
    n = len(distances)
    gram = -0.5 * distances**2
    gram -= gram.mean(axis=0)
    gram -= gram.mean(axis=1, keepdims=True)
    take = min(dimensions, n)
    gram = (gram + gram.T) / 2
    values, vectors = largest_eigenvectors(gram, take)
    coordinates = np.zeros((n, dimensions))
    coordinates[:, :take] = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1]
    peak = coordinates[np.abs(coordinates).argmax(axis=0), np.arange(dimensions)]
    return coordinates * np.where(peak < 0, -1, 1)


def isomap(graph, exact=EXACT):
    """Isomap of a connected graph, sparse (n, n), by landmarks if it has more than `exact` sounds.

    Returns coordinates, float (n, 3), and the Paths that they were computed from.
    """
    n = graph.shape[0]
    if n <= exact:
        lengths = dijkstra(graph.maximum(graph.T))
        return classical_scaling(lengths), Paths(lengths, np.arange(n))
    chosen = landmarks.draw(n, min(exact, landmarks.LANDMARKS))
    lengths = landmarks.path_lengths(graph, chosen)
    return landmarks.triangulate(lengths, chosen), Paths(lengths, chosen)


def residual_variance(paths, coordinates):
    """1 - squared correlation of path lengths and 3-D distances; 0 if three dimensions hold all lengths.

    paths: Paths of n sounds; coordinates: float (n, 3). NaN where either do not vary.
    """
    others = np.ones(paths.lengths.shape, bool)
    others[np.arange(len(paths.sources)), paths.sources] = False
    a, b = paths.lengths[others], cdist(coordinates[paths.sources], coordinates)[others]
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return np.nan
    return 1 - np.corrcoef(a, b)[0, 1] ** 2


def cloud_of(points, indices, distances, bridge, exact=EXACT):
    """Isomap of an embedding, in however many components its graph lies. Returns a Cloud.

    points: float (N, D), as searched; indices, distances: (N, K), its neighbours; bridge: whether the
    components are joined rather than embedded one by one; exact: sounds up to which every path is computed.
    """
    graph = neighbor_graph(indices, distances)
    labels = components(graph)
    if bridge and labels.max() > 0:
        bridges = find_bridges(points, labels)
        coordinates, paths = isomap(bridged(graph, bridges), exact)
        return Cloud(coordinates, labels, bridges, residual_variance(paths, coordinates))
    coordinates = np.full((len(labels), 3), np.nan)
    residual = np.nan
    for label in range(labels.max() + 1):
        rows = np.flatnonzero(labels == label)
        if len(rows) > 3:
            coordinates[rows], paths = isomap(graph[rows][:, rows], exact)
            if label == 0:
                residual = residual_variance(paths, coordinates[rows])
    return Cloud(coordinates, labels, [], residual)


def residual_row(cloud):
    """The score row of the residual variance of a Cloud."""
    N, largest = len(cloud.labels), int((cloud.labels == 0).sum())
    row = {"metric": "residual_variance", "value": cloud.residual, "n": N if cloud.bridges else largest}
    notes = [DESCRIPTIVE if np.isfinite(cloud.residual) else "all sounds coincide, or are equally far"]
    if N > EXACT:
        notes.append(f"paths from {landmarks.LANDMARKS} landmarks")
    if cloud.bridges:
        notes.append("bridged")
    elif cloud.labels.max() > 0:
        notes.append(f"largest component only ({largest} sounds)")
        if np.isfinite(cloud.residual):
            row["state"] = "partial"
    return row | {"note": "; ".join(notes)}


def score_rows(cloud):
    """The score rows of a Cloud."""
    values = {
        "components": cloud.labels.max() + 1,
        "largest_component": (cloud.labels == 0).mean(),
        "bridges": len(cloud.bridges),
    }
    same = {"n": len(cloud.labels), "note": DESCRIPTIVE}
    return [
        *(same | {"metric": metric, "value": value} for metric, value in values.items()),
        residual_row(cloud),
    ]


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize, args.reduce, args.metric)
    lists = np.load(args.neighbors)
    cloud = cloud_of(points, lists["indices"][:, : args.K], lists["distances"][:, : args.K], args.bridge)
    table = pandas.DataFrame(cloud.coordinates, columns=AXES)
    table.insert(0, "sound", np.arange(len(table)))
    table["component"] = cloud.labels
    with written_whole(args.coordinates) as draft:
        table.to_csv(draft, index=False, float_format="%.7g")
    with written_whole(args.bridges) as draft:
        pandas.DataFrame(cloud.bridges, columns=Bridge._fields).to_csv(draft, index=False)
    write_scores(args, score_rows(cloud))
