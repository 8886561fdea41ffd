"""Nearest neighbours of every sound in one embedding, searched once for all analyses.

Writes `indices` (int64, N x K) and `distances` (float64, N x K, between the points that features() of
graphs.py makes), nearest first. A sound is not in its own list. An analysis with a smaller K takes the first
K columns. Equally far neighbours come in an order that the seed draws anew for each sound: in the order of
the rows, embeddings that know nothing of a grid would seem to know its factors. `ties` (bool, N x K) says
whether the next neighbour is as far.
"""

import numpy as np
from shared.arguments import parser_of
from shared.files import written_whole
from shared.graphs import features, nearest_neighbors, ties_with_next

SEARCH = {"reads": ["embeddings"], "takes": ["standardize", "reduce", "metric", "seed"]}


def main(argv=None):
    parser = parser_of(__doc__, SEARCH)
    parser.add_argument("--K", type=int, required=True, help="how many neighbours, N - 1 at most")
    parser.add_argument("--output", required=True, help="npz to write")
    args = parser.parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize, args.reduce, args.metric)
    K = min(args.K, len(points) - 1)
    indices, distances = nearest_neighbors(points, min(K + 1, len(points) - 1), args.seed)
    ties = np.zeros((len(points), K), dtype=bool)
    ties[:, : indices.shape[1] - 1] = ties_with_next(points, indices, distances)
    with written_whole(args.output) as draft:
        np.savez(draft, indices=indices[:, :K], distances=distances[:, :K], ties=ties)
