"""Isomap of one embedding in three dimensions (Tenenbaum, de Silva & Langford 2000).

K-neighbour graph, shortest paths, classical multidimensional scaling. A graph in pieces is either
bridged (`--bridge`: the closest pair of sounds of every two components is joined, as scikit-learn
does) or embedded piece by piece, each around its own origin. Of more than EXACT sounds the shortest paths
are computed from landmarks only (landmarks.py), which the note of the residual variance then says.

Writes sound, x, y, z, component (0 is the largest, before any bridge), the bridges, and scores.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas
from scipy.linalg import eigh
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.sparse.linalg import eigsh
from scipy.spatial.distance import cdist
from shared.files import written_whole
from shared.graphs import components, features, neighbor_graph
from shared.scores import write_scores
from sklearn.metrics import pairwise_distances_argmin_min

from analyse import landmarks

AXES = ("x", "y", "z")
SMALL = 200  # sounds up to which all eigenvectors are found rather than the largest sought
EXACT = 4096  # sounds up to which every shortest path is computed


def find_bridges(points, labels):
    """Closest pair of sounds of every two components: list of (sound, sound, distance).

    points: float (N, D); labels: int (N,).
    """
    groups = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
    bridges = []
    for i, a in enumerate(groups):
        for b in groups[i + 1 :]:
            nearest, distance = pairwise_distances_argmin_min(points[a], points[b])
            row = distance.argmin()
            bridges.append((int(a[row]), int(b[nearest[row]]), float(distance[row])))
    return bridges


def add_edges(graph, edges):
    """Graph with more edges; edges: list of (from, to, length)."""
    start, stop, length = np.array(edges).reshape(-1, 3).T
    return graph + csr_array((length, (start.astype(int), stop.astype(int))), shape=graph.shape)


def classical_scaling(distances, dimensions=3):
    """Classical multidimensional scaling: coordinates whose distances approximate the given ones.

    distances: float (n, n), symmetric. Returns float (n, dimensions), centred, by falling variance;
    the largest coordinate of each axis is positive. Axes without positive variance are 0.
    """
    n = len(distances)
    gram = -0.5 * distances**2
    gram -= gram.mean(axis=0)
    gram -= gram.mean(axis=1, keepdims=True)
    take = min(dimensions, n)
    gram = (gram + gram.T) / 2
    if n > SMALL and gram.any():  # ARPACK cannot start on zeros, which coinciding sounds give
        values, vectors = eigsh(gram, take, which="LA", v0=np.random.default_rng(0).standard_normal(n))
    else:
        values, vectors = eigh(gram, subset_by_index=[n - take, n - 1])
    coordinates = np.zeros((n, dimensions))
    coordinates[:, :take] = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1]
    peak = coordinates[np.abs(coordinates).argmax(axis=0), np.arange(dimensions)]
    return coordinates * np.where(peak < 0, -1, 1)


def isomap(graph):
    """Isomap of a connected graph, by landmarks if it has more than EXACT sounds.

    Returns coordinates float (n, 3), and geodesic distances float (m, n) from m sounds, int (m,).
    """
    n = graph.shape[0]
    if n <= EXACT:
        geodesic = dijkstra(graph.maximum(graph.T))
        return classical_scaling(geodesic), geodesic, np.arange(n)
    chosen = landmarks.draw(n, landmarks.LANDMARKS)
    geodesic = landmarks.path_lengths(graph, chosen)
    return landmarks.triangulate(geodesic, chosen), geodesic, chosen


def residual_variance(geodesic, sources, coordinates):
    """1 - squared correlation of geodesic and 3-D distances: 0 if three dimensions hold them all.

    geodesic: float (m, n), from the sounds `sources`, int (m,); coordinates: float (n, 3).
    """
    others = np.ones(geodesic.shape, bool)
    others[np.arange(len(sources)), sources] = False
    a, b = geodesic[others], cdist(coordinates[sources], coordinates)[others]
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return np.nan
    return 1 - np.corrcoef(a, b)[0, 1] ** 2


def analyse(points, indices, distances, bridge):
    """Isomap of an embedding whatever the number of its components.

    points: float (N, D) as searched; indices, distances: (N, K). Returns coordinates float (N, 3),
    labels int (N,), bridges, residual variance (of the largest component unless bridged). Without
    bridges, a component of fewer than four sounds has no coordinates (NaN): it spans no volume.
    """
    graph = neighbor_graph(indices, distances)
    labels = components(graph)
    if bridge and labels.max() > 0:
        bridges = find_bridges(points, labels)
        coordinates, *paths = isomap(add_edges(graph, bridges))
        return coordinates, labels, bridges, residual_variance(*paths, coordinates)
    coordinates = np.full((len(labels), 3), np.nan)
    residual = np.nan
    for label in range(labels.max() + 1):
        rows = np.flatnonzero(labels == label)
        if len(rows) > 3:
            coordinates[rows], *paths = isomap(graph[rows][:, rows])
            if label == 0:
                residual = residual_variance(*paths, coordinates[rows])
    return coordinates, labels, [], residual


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", required=True, help="npy, N x D")
    parser.add_argument("--neighbors", required=True, help="npz of indices and distances")
    parser.add_argument("--model", required=True, help="name for the rows of scores")
    parser.add_argument("--K", type=int, required=True, help="neighbours per sound")
    parser.add_argument("--bridge", action="store_true", help="join the components of the graph")
    parser.add_argument("--standardize", action="store_true", help="as the search did")
    parser.add_argument("--coordinates", required=True, help="CSV to write")
    parser.add_argument("--bridges", required=True, help="CSV to write")
    parser.add_argument("--scores", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize)
    found = np.load(args.neighbors)
    coordinates, labels, bridges, residual = analyse(
        points, found["indices"][:, : args.K], found["distances"][:, : args.K], args.bridge
    )
    table = pandas.DataFrame(coordinates, columns=AXES)
    table.insert(0, "sound", np.arange(len(table)))
    table["component"] = labels
    with written_whole(args.coordinates) as draft:
        table.to_csv(draft, index=False, float_format="%.7g")
    with written_whole(args.bridges) as draft:
        pandas.DataFrame(bridges, columns=["sound", "other_sound", "distance"]).to_csv(draft, index=False)
    largest = int(np.bincount(labels)[0])
    same = {"model": args.model, "analysis": Path(__file__).stem, "n": len(labels)}
    note = "no chance level: does not depend on the factors"
    told = f"{note}; paths from {landmarks.LANDMARKS} landmarks" if len(labels) > EXACT else note
    pieces = "bridged" if bridges else f"largest component only ({largest} sounds)"
    write_scores(
        args.scores,
        [
            same | {"metric": "components", "value": labels.max() + 1, "unit": "count", "note": note},
            same
            | {"metric": "largest_component", "value": largest / len(labels), "unit": "share", "note": note},
            same | {"metric": "bridges", "value": len(bridges), "unit": "count", "note": note},
            same
            | {
                "metric": "residual_variance",
                "value": residual,
                "unit": "share",
                "better": "low",
                "n": len(labels) if bridges else largest,
                "note": told if labels.max() == 0 else f"{told}; {pieces}",
            },
        ],
    )
