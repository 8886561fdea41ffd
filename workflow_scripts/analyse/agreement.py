"""Agreement of an embedding's distances with the dissimilarities that listeners rated.

Conventions: ratings of single listeners are compared listener by listener, and the scores are means over
listeners, as is the noise ceiling; a mean rating is compared as one listener. Each listener's ratings are
scaled to 0..1. Intervals are those of the jackknife: a copy of a sound would be a pair at distance 0 that
nobody rated. An interval speaks of other sounds for the same listeners.

Scores: correlations of ranks for each sound as anchor and over all pairs, ordered triplets, NDCG, the
ceiling, and what each factor (such as acoustic descriptors) explains of the ratings that the distances do
not.
"""

import zlib
from pathlib import Path

import numpy as np
import pandas
from shared.factors import read_factors
from shared.graphs import features
from shared.ratings import (
    STATISTICS,
    explained_rest,
    left_out,
    mean_agreement,
    mean_of_known,
    noise_ceiling,
    shuffled_agreement,
    spread_to_one,
)
from shared.scores import analysis_parser, write_scores

ANALYSIS = {
    "of": "rated",
    "order": 15,
    "heading": "Agreement with listeners",
    "text": "How well the distances between sounds follow the dissimilarities that listeners rated. "
    "Correlations are of ranks, for each sound as anchor (mean over sounds) or over all pairs. Triplets are "
    "the share of pairs of sounds that the model orders as listeners do, by how far they are from a third.",
    "notes": True,
    "reads": ["parameters", "embeddings", "ratings"],
    "takes": ["factors", "standardize", "reduce", "metric", "shuffles", "bootstrap", "seed"],
    "metrics": {
        "spearman": {"unit": "rank correlation of anchors", "better": "high"},
        "kendall": {"unit": "tau-b of anchors", "better": "high"},
        "spearman_pairs": {"unit": "rank correlation of pairs", "better": "high"},
        "kendall_pairs": {"unit": "tau-b of pairs", "better": "high"},
        "triplets": {"unit": "share of triplets", "better": "high"},
        "ndcg": {"unit": "share of the best gain", "better": "high"},
        "ceiling_lower": {
            "unit": "as the score",
            "better": "",
            "heading": "Noise ceiling, lower bound",
            "text": "Agreement of each listener with the mean of the others. A model that reaches it "
            "predicts a listener as well as the other listeners do. The same for every model.",
        },
        "ceiling_upper": {
            "unit": "as the score",
            "better": "",
            "heading": "Noise ceiling, upper bound",
            "text": "Agreement of each listener with the mean of all. No model is likely to exceed it.",
        },
        "explains": {
            "unit": "partial rank correlation",
            "better": "",
            "heading": "What explains the rest",
            "text": "Correlation over pairs of the ratings with the difference in one factor, the model's "
            "distances held fixed. High: listeners use it and the model does not.",
        },
    },
}


def read_told(path, N):
    """Ratings of each listener in 0..1, float (listeners, N, N), NaN where nobody rated."""
    table = pandas.read_csv(path)
    first, second, *listeners = (table[name].to_numpy() for name in table)
    told = np.full((len(listeners), N, N), np.nan)
    for own, values in zip(told, listeners, strict=True):
        own[first, second] = own[second, first] = values
    return spread_to_one(told)


def distances_of(points):
    """Euclidean distances of all pairs of points (N, d), float (N, N)."""
    return np.stack([np.linalg.norm(points - point, axis=1) for point in points])


def redrawn(distances, told, differences, value, repeats, seed):
    """Replicates of all scores on other sounds, float (repeats, scores).

    distances: (N, N); told: (listeners, N, N); differences: (F, N, N); value: float (scores,), of all sounds.
    """

    def of_some(rows):
        among = np.ix_(rows, rows)
        some = told[(slice(None), *among)]
        scores = mean_agreement(distances[among], some)
        return np.append(scores, explained_rest(distances[among], some, differences[(slice(None), *among)]))

    return left_out(of_some, value, len(distances), repeats, seed)


def chance_of(distances, told, differences, shuffles, seed):
    """The scores with the ratings of other sounds, mean over shufflings, float (scores,)."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(distances)) for _ in range(shuffles)]
    rest = [explained_rest(distances, told[:, order][:, :, order], differences) for order in orders]
    agreed = shuffled_agreement(distances, told, shuffles, seed)
    return np.append(mean_of_known(agreed), mean_of_known(np.array(rest)))


def without_value(distances):
    """Why a score does not exist, in words."""
    if not np.ptp(distances[np.triu_indices(len(distances), 1)]):
        return "all sounds are equally far"
    return "too few rated pairs, or a factor that tells the distances or is constant"


def score_rows(args, distances, told, differences):
    """The score rows. told: of read_told(); differences: (F, N, N), of the factors."""
    value = np.append(mean_agreement(distances, told), explained_rest(distances, told, differences))
    if not np.ptp(distances[np.triu_indices(len(distances), 1)]):
        value[:] = np.nan  # equal distances order nothing, whatever ties are worth
    chance = chance_of(distances, told, differences, args.shuffles, args.seed)
    same_sounds = zlib.crc32(Path(args.parameters).read_bytes())  # two experiments on them are redrawn alike
    seed = [args.seed, same_sounds]
    replicates = redrawn(distances, told, differences, value, args.bootstrap, seed)
    lower, upper = noise_ceiling(told)
    names = [(name, "") for name in STATISTICS] + [("explains", factor) for factor in args.factors]
    rows = []
    for i, (metric, factor) in enumerate(names):
        row = {"metric": metric, "factor": factor}
        if not np.isfinite(value[i]):
            rows.append(row | {"note": without_value(distances)})
            continue
        note = ""
        if len(told) > 1 and metric in STATISTICS:
            note = f"mean over {len(told)} listeners; noise ceiling {lower[i]:.3f} to {upper[i]:.3f}"
        rows.append(
            row | {"value": value[i], "chance": chance[i], "replicates": replicates[:, i], "note": note}
        )
    if len(told) > 1:
        for metric, bound in (("ceiling_lower", lower), ("ceiling_upper", upper)):
            rows += [
                {"metric": metric, "factor": name, "value": of_one}
                for name, of_one in zip(STATISTICS, bound, strict=True)
            ]
    return rows


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize, args.reduce, args.metric)
    factors = read_factors(args.parameters, args.factors)
    differences = np.abs(factors.T[:, :, None] - factors.T[:, None, :])
    told = read_told(args.ratings, len(points))
    rows = score_rows(args, distances_of(points), told, differences)
    write_scores(args, [row | {"n": len(points)} for row in rows])
