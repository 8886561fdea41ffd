"""Topology of one embedding from its neighbour graph: pieces, loops, intrinsic dimension, in words.

Loops. The largest component of the K-neighbour union graph is a geodesic space X: its edges are intervals,
and distances are shortest paths. Landmarks are chosen by farthest-point sampling, so that every point of X,
along the edges too, is within the covering radius e of a landmark. Persistent homology of their
Vietoris-Rips complex (GUDHI) gives bars (birth, death) in H1. A bar counts as a loop if death - birth > 2 e,
because

- going from a point of X to its landmark changes distances by 2 e at most, so bars longer than 2 e are
  matched, one to one, with bars of X itself (Chazal, de Silva & Oudot 2014; Bauer & Lesnick 2015);
- in a geodesic space each H1 bar begins at 0 and ends at a third of the length of a loop (Virk 2020).

So every bar that counts is a loop of the graph, and every loop longer than 12 e counts; shorter ones may be
missed. `Without loops` is said of loops above 12 e alone, and only if half the longest possible loop would
count; else loops cannot be told. Shortcuts of the graph are loops as well: with too large a K, a swiss roll
has some. A loop that is not there with half as many neighbours is called fragile.

Scores: `components`, and of the largest one `loops` and `loop_persistence`, that of the longest bar.
`dimension_mle` is the estimate of Levina & Bickel (2004) over the K neighbours; inverses are averaged over
sounds as by MacKay & Ghahramani (2005). `dimension_two_nn` is that of Facco et al. (2017) on thinned sounds,
because the nearest neighbours in a low-discrepancy design are too evenly spaced (a square would seem to have
3.2). `description` is `dimension_mle` as 1 strand, 2 sheet or 3 volume; its note has the words.

Intervals: subsamples are drawn without replacement. Loops are counted in three quarters of the sounds with
three quarters of the neighbours, so that the radius stays; low and high are the least and the largest count.
Dimensions are estimated in halves, from K neighbours, or from all that are listed of the half if these are
fewer.
"""

from typing import NamedTuple

import numpy as np
from gudhi.sklearn.rips_persistence import RipsPersistence
from scipy.sparse.csgraph import dijkstra
from shared.graphs import DESCRIPTIVE, components, neighbor_graph, restricted_to
from shared.scores import HALVES, analysis_parser, half_samples, write_scores

ANALYSIS = {
    "of": "cloud",
    "order": 90,
    "reads": ["neighbors"],
    "takes": ["isomap.K", "reduce", "metric", "seed"],
    "notes": True,
    "heading": "Topology of the neighbour graph",
    "text": "Pieces and loops of the graph by persistent homology of its path lengths, and the dimension of "
    "the cloud by two estimators. The description puts these in words. Small loops stay unseen: the words "
    "say how long a loop must be to be seen, as a share of the longest possible, or that none can be told.",
    "metrics": {
        "components": {"unit": "count", "better": ""},
        "loops": {"unit": "count", "better": ""},
        "loop_persistence": {"unit": "share of a circle", "better": ""},
        "dimension_two_nn": {"unit": "dimensions", "better": ""},
        "dimension_mle": {"unit": "dimensions", "better": ""},
        "description": {"unit": "dimensions", "better": ""},
    },
}
LANDMARKS = 300  # at most
SUBSAMPLES = 20  # for loops
SHARE = 3 / 4  # of the sounds in a subsample: with half, and half the neighbours, strands break
TWIN = 1e-6  # the rounding of the search: sounds closer than this share of the longest distance coincide
RESOLVED = 0.5  # share of the longest possible loop, 2 diameters
COVERED = 1e-12  # sounds closer than this share of the longest path coincide: graphs hold no edge of length 0
KEPT = 0.9  # of the ratios of TwoNN
LIST = 8  # neighbours of a thinned sound that the lists hold on average: fewer than 2 in 0.3 % of cases
DIMENSIONS = ("dimension_two_nn", "dimension_mle")
WORDS = {1: "strand", 2: "sheet", 3: "volume"}


class Loops(NamedTuple):
    """The loops of the largest component of a neighbour graph."""

    count: int
    persistence: float  # of the longest bar, 1.5 (death - birth) / diameter: 1 for a circle, 0 without bars
    resolution: float  # 6 e / diameter: loops longer than this share of 2 diameters count for certain

    def is_resolved(self):
        """Whether a loop that is half as long as the longest possible would count for certain."""
        return self.resolution <= RESOLVED


class Distinct(NamedTuple):
    """The sounds of an embedding that differ, each with its neighbours among them."""

    indices: np.ndarray  # int (n, k_max), counting within the n sounds that differ
    distances: np.ndarray  # float (n, k_max)
    first: np.ndarray  # bool (N,), which sounds these are


def without_twins(indices, distances):
    """The Distinct sounds of neighbour lists (N, k_max): of all that coincide, the first stays."""
    twins = distances <= TWIN * distances.max()
    first = ~(twins & (indices < np.arange(len(indices))[:, None])).any(axis=1)
    near, lengths = restricted_to(indices, distances, np.flatnonzero(first), indices.shape[1])
    return Distinct(near, np.where(lengths <= TWIN * distances.max(), 0, lengths), first)


def landmark_distances(graph, count):
    """Distances along the graph between landmarks, and the covering radius.

    Each landmark is the sound farthest from those before it. graph: sparse (n, n), connected. Returns float
    (L, L), L = count, or fewer if these are all that differ, and the largest distance from a point of the
    graph, along its edges too, to the nearest landmark.
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
        if len(rows) == min(count, len(nearest)) or nearest.max() <= COVERED * rows[0].max():
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


def find_loops(indices, distances, landmarks=LANDMARKS):
    """The Loops of the largest component of the neighbour graph, from at most `landmarks` landmarks.

    indices, distances: (N, K). A resolution above 1 means that no loop would count for certain.
    """
    graph = neighbor_graph(indices, distances)
    largest = np.flatnonzero(components(graph) == 0)
    between, covering = landmark_distances(graph[largest][:, largest], landmarks)
    diameter = between.max()
    if diameter == 0:  # a sound alone
        return Loops(0, np.nan, np.nan)
    lengths = np.diff(bars(between / diameter))[:, 0]
    covering /= diameter
    return Loops(int((lengths > 2 * covering).sum()), 1.5 * lengths.max(initial=0), 6 * covering)


def loops_of_samples(indices, distances, K, seed, count=SUBSAMPLES, landmarks=LANDMARKS):
    """The Loops of `count` subsamples, a list. indices, distances: (N, k_max), K <= k_max."""
    N = len(indices)
    rng = np.random.default_rng(seed)
    samples = [np.sort(rng.permutation(N)[: int(SHARE * N)]) for _ in range(count)]
    fewer = max(round(SHARE * K), 1)
    return [find_loops(*restricted_to(indices, distances, rows, fewer), landmarks) for rows in samples]


def dimension_mle(distances):
    """Maximum-likelihood dimension from the distances to K neighbours (N, K); zeros are no neighbours.

    It is the inverse of the mean over sounds of sum_j ln(T_K / T_j) / (K - 1), T_j being the distance to the
    j-th neighbour. NaN if no sound has two neighbours or all neighbours are equally far.
    """
    distances = distances[(distances > 0).sum(axis=1) > 1]
    there = distances > 0
    farthest = distances.max(axis=1, keepdims=True, initial=0)
    logs = np.log(farthest / np.where(there, distances, farthest)).sum(axis=1)
    total = (logs / (there.sum(axis=1) - 1)).sum()
    return len(logs) / total if total > TWIN * len(logs) else np.nan


def dimension_two_nn(distances):
    """TwoNN dimension from the distances to the first two neighbours (N, 2); zeros are no neighbours.

    The ratio of the second distance to the first has a Pareto distribution whose exponent is the dimension.
    The top 10 % of the ratios are not fitted but counted as censored at the largest one kept. The unbiased
    maximum-likelihood exponent is then (m - 1) / (sum of the m kept logarithms + (n - m) times the largest).
    NaN as for dimension_mle.
    """
    first, second = distances[distances[:, 1] > 0].T
    logs = np.sort(np.log(second / first))
    kept = logs[: int(KEPT * len(logs))]
    total = kept.sum() + (len(logs) - len(kept)) * kept[-1] if len(kept) > 1 else 0
    return (len(kept) - 1) / total if total > TWIN * len(kept) else np.nan


def dimensions(indices, distances, K, blocks, seed):
    """Both DIMENSIONS, float (2,): TwoNN pooled over `blocks` random parts of the sounds, MLE of all sounds.

    indices, distances: (n, k_max), as of Distinct.
    """
    part = np.random.default_rng(seed).permutation(len(indices)) % blocks
    pairs = [restricted_to(indices, distances, np.flatnonzero(part == b), 2)[1] for b in range(blocks)]
    pairs = [block for block in pairs if block.shape[1] == 2]
    two_nn = dimension_two_nn(np.concatenate(pairs)) if pairs else np.nan
    return np.array([two_nn, dimension_mle(distances[:, :K])])


def dimension_replicates(sounds, values, K, blocks, seed):
    """Replicates of both DIMENSIONS, float (HALVES, 2), from halves of all sounds.

    sounds: Distinct; values: float (2,), the estimates. Halves are drawn of all N sounds, twins included, so
    that every model has the same.
    """
    place = np.cumsum(sounds.first) - 1

    def of_half(rows):
        rows = place[rows[sounds.first[rows]]]
        lists = restricted_to(sounds.indices, sounds.distances, rows, sounds.indices.shape[1])
        return dimensions(*lists, K, max(blocks // 2, 1), seed)

    return half_samples(of_half, values, len(sounds.first), HALVES, seed)


def fragile(loops, coarse):
    """Words on loops that are not there with half the neighbours; empty if all are. Both: Loops."""
    return f"fragile: {coarse.count} with half as many neighbours" if coarse.count < loops.count else ""


def describe(dimension, pieces, loops, coarse):
    """The cloud in words, as "a strand that closes in 1 loop, in 1 piece".

    loops: Loops; coarse: the same with half as many neighbours.
    """
    at_least = "" if loops.is_resolved() else "at least "
    closes = f" that closes in {at_least}{loops.count} loop{'s' * (loops.count > 1)}"
    doubt = fragile(loops, coarse)
    closes += f" ({doubt})" if doubt else ""
    if not loops.count and loops.is_resolved():
        closes = f" without loops above {loops.resolution:.0%} of the longest possible"
    elif not loops.count:
        closes = " whose loops so few sounds cannot resolve"
    many = f"{pieces} pieces, judged by the largest" if pieces > 1 else "1 piece"
    return f"a {WORDS[dimension]}{closes}, in {many}"


def loop_rows(sizes, loops, coarse, samples):
    """Score rows of the loops. sizes: int (components,); loops, coarse: of describe(); samples: of Loops."""
    counts, persistences = (np.array([getattr(s, name) for s in samples]) for name in Loops._fields[:2])
    # deviations grow as those of the delete-d jackknife (Shao & Wu 1989)
    replicates = loops.persistence + np.sqrt(SHARE / (1 - SHARE)) * (persistences - persistences.mean())
    rows = [
        {"metric": "loops", "value": loops.count, "low": counts.min(), "high": counts.max()},
        {"metric": "loop_persistence", "value": loops.persistence, "replicates": replicates},
    ]
    note = "" if loops.is_resolved() else "so few sounds cannot resolve loops: "
    note += f"counts every loop above {loops.resolution:.2g} of the longest possible; "
    note += "; ".join(filter(None, [fragile(loops, coarse), DESCRIPTIVE]))
    if len(sizes) > 1:
        note += f"; largest component only ({sizes[0]} sounds)"
        rows = [row | ({"state": "partial"} if np.isfinite(row["value"]) else {}) for row in rows]
    return [row | {"n": sizes[0], "note": note} for row in rows]


def dimension_rows(indices, distances, K, seed):
    """Score rows of the dimension. indices, distances: (N, k_max), K <= k_max."""
    sounds = without_twins(indices, distances)
    n, k_max = sounds.indices.shape
    blocks = max(k_max // LIST, 1)
    values = dimensions(sounds.indices, sounds.distances, K, blocks, seed)
    replicates = dimension_replicates(sounds, values, K, blocks, seed)
    twins = len(indices) - n
    note = f"{DESCRIPTIVE}; {twins} sounds that coincide with others left out" if twins else DESCRIPTIVE
    return [
        {"metric": metric, "value": value, "replicates": spread, "n": n, "note": note}
        if np.isfinite(value)
        else {"metric": metric, "n": n, "note": "too few neighbours at different distances"}
        for metric, value, spread in zip(DIMENSIONS, values, replicates.T, strict=True)
    ]


def description_row(dimension, pieces, loops, coarse):
    """Score row of the description. dimension: float, or None; pieces: int; loops, coarse: of describe()."""
    row = {"metric": "description", "note": "no dimension to tell"}
    if dimension is None:
        return row
    rounded = int(np.clip(np.rint(dimension), 1, 3))
    return row | {"value": rounded, "note": describe(rounded, pieces, loops, coarse)}


def score_rows(indices, distances, K, seed, subsamples=SUBSAMPLES, landmarks=LANDMARKS):
    """All score rows of one embedding. indices, distances: (N, k_max), K <= k_max."""
    N = len(indices)
    if not distances.max() > 0:
        note = "all neighbours coincide"
        return [{"metric": metric, "n": N, "note": note} for metric in ANALYSIS["metrics"]]
    lists = indices[:, :K], distances[:, :K]
    sizes = np.bincount(components(neighbor_graph(*lists)))
    loops = find_loops(*lists, landmarks)
    coarse = find_loops(*(x[:, : max(K // 2, 1)] for x in lists), landmarks) if loops.count else loops
    samples = loops_of_samples(indices, distances, K, seed, subsamples, landmarks)
    rows = [
        {"metric": "components", "value": len(sizes), "n": N, "note": DESCRIPTIVE},
        *loop_rows(sizes, loops, coarse, samples),
        *dimension_rows(indices, distances, K, seed),
    ]
    return [*rows, {"n": N} | description_row(rows[-1].get("value"), len(sizes), loops, coarse)]


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    lists = np.load(args.neighbors)
    write_scores(args, score_rows(lists["indices"], lists["distances"], args.K, args.seed))
