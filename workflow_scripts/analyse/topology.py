"""Topology of one embedding from its neighbour graph: pieces, loops, intrinsic dimension, in words.

Loops. The largest component of the K-neighbour union graph is a geodesic space X: its edges are intervals,
distances are shortest paths. Landmarks are chosen by farthest-point sampling; every point of X, along the
edges too, is within the covering radius e of one. Persistent homology of their Vietoris-Rips complex (GUDHI)
gives bars (birth, death) in H1. A bar counts as a loop if death - birth > 2 e, because

- going from a point of X to its landmark changes distances by 2 e at most, so bars longer than 2 e are
  matched, one to one, with bars of X itself (Chazal, de Silva & Oudot 2014; Bauer & Lesnick 2015);
- in a geodesic space each H1 bar begins at 0 and ends at a third of the length of a loop (Virk 2020).

So what counts is a loop of the graph, and every loop longer than 12 e counts; shorter ones may be missed.
Shortcuts of the graph are loops as well: with K too large a swiss roll has some.

Dimension. `dimension_mle`: Levina & Bickel (2004) over the K neighbours, inverses averaged over sounds as
MacKay & Ghahramani (2005). `dimension_two_nn`: Facco et al. (2017), on thinned sounds, since in a
low-discrepancy design the nearest neighbours are too evenly spaced (a square would seem to have 3.2).

Subsamples are drawn without replacement. Loops are counted in three quarters of the sounds, with three
quarters of the neighbours, so that the radius stays; low and high are the fewest and the most found.
Dimensions are estimated in halves, from K neighbours or, if fewer of the half are listed, from those.
"""

import argparse
from pathlib import Path

import numpy as np
from gudhi.sklearn.rips_persistence import RipsPersistence
from scipy.sparse.csgraph import dijkstra
from shared.graphs import components, neighbor_graph, restricted_to
from shared.scores import REPLICATES, half_samples, write_scores

TWIN = 1e-6  # the rounding of the search: sounds closer than this share of the longest distance coincide
KEPT = 0.9  # of the ratios of TwoNN
SHARE = 3 / 4  # of the sounds in a subsample: with half, and half the neighbours, strands break
LIST = 8  # neighbours of a thinned sound that the lists hold on average: fewer than 2 in 0.3 % of cases
DESCRIPTIVE = "no chance level: does not depend on the factors"
DIMENSIONS = ("dimension_two_nn", "dimension_mle")
UNITS = {"components": "count", "loops": "count", "loop_persistence": "share of a circle"}
UNITS |= dict.fromkeys((*DIMENSIONS, "description"), "dimensions")
WORDS = {1: "strand", 2: "sheet", 3: "volume"}


def without_twins(indices, distances):
    """Neighbour lists of the sounds that differ, and which: the first of all that coincide stays."""
    twins = distances <= TWIN * distances.max()
    first = ~(twins & (indices < np.arange(len(indices))[:, None])).any(axis=1)
    near, lengths = restricted_to(indices, distances, np.flatnonzero(first), indices.shape[1])
    return near, np.where(lengths <= TWIN * distances.max(), 0, lengths), first


def landmark_distances(graph, count):
    """Distances along the graph between landmarks, each the farthest point from those before it.

    graph: sparse (n, n), connected. Returns float (L, L), L = min(count, n), and the covering radius: the
    largest distance from a point of the graph, along its edges too, to the nearest landmark.
    """
    graph = graph.maximum(graph.T).tocoo()
    start, stop, lengths = *graph.coords, graph.data
    graph = graph.tocsr()
    # begin at the most remote sound, so that the order of the sounds does not matter
    landmarks, rows = [int(graph.sum(axis=1).argmax())], []
    nearest = np.full(graph.shape[0], np.inf)
    while True:
        rows.append(dijkstra(graph, indices=landmarks[-1]))
        nearest = np.minimum(nearest, rows[-1])
        if len(rows) == min(count, len(nearest)):
            break
        landmarks.append(int(nearest.argmax()))
    between = np.array(rows)[:, landmarks]
    covering = ((nearest[start] + nearest[stop] + lengths) / 2).max(initial=nearest.max())
    return np.minimum(between, between.T), covering


def bars(distances):
    """Birth and death of every bar in H1 of the Vietoris-Rips complex: float (bars, 2).

    distances: float (L, L), not tiny, since GUDHI computes in single precision.
    """
    rips = RipsPersistence(homology_dimensions=1, input_type="full distance matrix")
    return rips.fit_transform([distances])[0]


def loops(indices, distances, count):
    """Loops of the largest component of the neighbour graph, from `count` landmarks: three numbers.

    How many count; the persistence of the longest bar, 1.5 (death - birth) / diameter, which is 1 for a
    circle and 0 without any bar; and the resolution, 6 e / diameter: loops longer than this share of the
    longest possible (twice the diameter) count for certain; above 2, not even a circle would count.
    """
    graph = neighbor_graph(indices, distances)
    largest = np.flatnonzero(components(graph) == 0)
    between, covering = landmark_distances(graph[largest][:, largest], count)
    diameter = between.max()
    if diameter == 0:  # a sound alone
        return 0, np.nan, np.nan
    lengths = np.diff(bars(between / diameter))[:, 0]
    covering /= diameter
    return int((lengths > 2 * covering).sum()), 1.5 * lengths.max(initial=0), 6 * covering


def dimension_mle(distances):
    """Maximum-likelihood dimension from the distances to K neighbours (N, K); zeros are no neighbours.

    Inverse of the mean over sounds of sum_j ln(T_K / T_j) / (K - 1). NaN if no sound has two neighbours or
    all are equally far.
    """
    distances = distances[(distances > 0).sum(axis=1) > 1]
    there = distances > 0
    farthest = distances.max(axis=1, keepdims=True, initial=0)
    logs = np.log(farthest / np.where(there, distances, farthest)).sum(axis=1)
    total = (logs / (there.sum(axis=1) - 1)).sum()
    return len(logs) / total if total > TWIN * len(logs) else np.nan


def dimension_two_nn(distances):
    """TwoNN dimension from the distances to the first two neighbours (N, 2); zeros are no neighbours.

    The ratio of the second to the first is Pareto distributed with the dimension as its exponent. The top
    10 % are not fitted but counted as censored at the largest kept: the maximum-likelihood exponent is
    (m - 1) / (sum of m kept logarithms + (n - m) times the largest), unbiased. NaN as above.
    """
    first, second = distances[distances[:, 1] > 0].T
    logs = np.sort(np.log(second / first))
    kept = logs[: int(KEPT * len(logs))]
    total = kept.sum() + (len(logs) - len(kept)) * kept[-1] if len(kept) > 1 else 0
    return (len(kept) - 1) / total if total > TWIN * len(kept) else np.nan


def dimensions(indices, distances, K, blocks, seed):
    """Both DIMENSIONS, float (2,): TwoNN pooled over `blocks` random parts of the sounds, MLE of all."""
    part = np.random.default_rng(seed).permutation(len(indices)) % blocks
    pairs = [restricted_to(indices, distances, np.flatnonzero(part == b), 2)[1] for b in range(blocks)]
    pairs = [block for block in pairs if block.shape[1] == 2]
    two_nn = dimension_two_nn(np.concatenate(pairs)) if pairs else np.nan
    return np.array([two_nn, dimension_mle(distances[:, :K])])


def describe(dimension, pieces, count, resolution):
    """The cloud in words, as "a strand that closes in 1 loop, in 1 piece"."""
    closes = f" that closes in {count} loop{'s' * (count > 1)}" if count else " without loops"
    if not count and not resolution < 2:
        closes = " too sparse to tell loops"
    many = f"{pieces} pieces, judged by the largest" if pieces > 1 else "1 piece"
    return f"a {WORDS[dimension]}{closes}, in {many}"


def loop_rows(indices, distances, K, landmarks, subsamples, seed):
    """Rows of scores about the graph, and what `describe` needs of them. indices, distances: (N, k_max)."""
    N = len(indices)
    lists = indices[:, :K], distances[:, :K]
    sizes = np.bincount(components(neighbor_graph(*lists)))
    count, persistence, resolution = loops(*lists, landmarks)
    rng = np.random.default_rng(seed)
    drawn = [np.sort(rng.permutation(N)[: int(SHARE * N)]) for _ in range(subsamples)]
    fewer = max(round(SHARE * K), 1)
    drawn = np.array(
        [loops(*restricted_to(indices, distances, rows, fewer), landmarks)[:2] for rows in drawn]
    )
    # deviations grow as those of the delete-d jackknife (Shao & Wu 1989)
    replicates = persistence + np.sqrt(SHARE / (1 - SHARE)) * (drawn[:, 1] - drawn[:, 1].mean())
    note = f"{DESCRIPTIVE}; counts every loop above {resolution:.2g} of the longest possible"
    if len(sizes) > 1:
        note += f"; largest component only ({sizes[0]} sounds)"
    same = {"n": sizes[0], "note": note}
    return [
        {"metric": "components", "value": len(sizes), "n": N, "note": DESCRIPTIVE},
        same | {"metric": "loops", "value": count, "low": drawn[:, 0].min(), "high": drawn[:, 0].max()},
        same | {"metric": "loop_persistence", "value": persistence, "replicates": replicates},
    ], (len(sizes), count, resolution)


def dimension_rows(indices, distances, K, seed):
    """Rows of scores about the dimension. indices, distances: (N, k_max), K <= k_max."""
    near, lengths, first = without_twins(indices, distances)
    n, k_max = near.shape
    blocks = max(k_max // LIST, 1)
    values = dimensions(near, lengths, K, blocks, seed)

    def of_half(rows):  # of all sounds, so that every model has the same
        rows = (np.cumsum(first) - 1)[rows[first[rows]]]
        lists = restricted_to(near, lengths, rows, k_max)
        return dimensions(*lists, K, max(blocks // 2, 1), seed)

    replicates = half_samples(of_half, values, len(first), REPLICATES, seed)
    twins = len(indices) - n
    note = f"{DESCRIPTIVE}; {twins} sounds that coincide with others left out" if twins else DESCRIPTIVE
    return [
        {"metric": metric, "value": value, "replicates": spread, "n": n, "note": note}
        if np.isfinite(value)
        else {"metric": metric, "n": n, "note": "too few neighbours at different distances"}
        for metric, value, spread in zip(DIMENSIONS, values, replicates.T, strict=True)
    ]


def analyse(indices, distances, K, landmarks, subsamples, seed):
    """Rows of scores (without model) of one embedding. indices, distances: (N, k_max), K <= k_max."""
    if not distances.max() > 0:
        rows = [{"metric": metric, "n": len(indices), "note": "all neighbours coincide"} for metric in UNITS]
    else:
        rows, seen = loop_rows(indices, distances, K, landmarks, subsamples, seed)
        rows += dimension_rows(indices, distances, K, seed)
        row = {"metric": "description", "n": len(indices), "note": "no dimension to tell"}
        if "value" in rows[-1]:
            row["value"] = int(np.clip(np.rint(rows[-1]["value"]), 1, 3))
            row["note"] = describe(row["value"], *seen)
        rows.append(row)
    return [row | {"unit": UNITS[row["metric"]]} for row in rows]


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neighbors", required=True, help="npz of indices and distances")
    parser.add_argument("--model", required=True, help="name for the rows of scores")
    parser.add_argument("--K", type=int, required=True, help="neighbours per sound in the graph")
    parser.add_argument("--landmarks", type=int, default=300, help="at most")
    parser.add_argument("--subsamples", type=int, default=20, help="parts of the sounds, for loops")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scores", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    found = np.load(args.neighbors)
    rows = analyse(found["indices"], found["distances"], args.K, args.landmarks, args.subsamples, args.seed)
    same = {"model": args.model, "analysis": Path(__file__).stem}
    write_scores(args.scores, [same | row for row in rows])
