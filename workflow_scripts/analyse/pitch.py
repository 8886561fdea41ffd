"""Is pitch a line, a circle or a helix in one embedding, and does an octave bring sounds closer?

The factor that is the pitch is stated by the config (`analyses: {pitch: f1}` of a data set). What the other
factors do alone (a cubic of each) is taken off the embedding first.

Conventions: distances are those between sounds at least half an octave apart. Nearer ones are close because
they are nearly the same tone. Chroma is the place within the octave; two sounds differ in it by |sin(pi d)|,
d being their distance in octaves. Scores only describe: a line is no worse than a helix.

Scores:
- `height`, `chroma`: semi-partial rank correlation of distances with the distance in log frequency, the
  chroma held fixed; and with the distance in chroma, a cubic of the distance in log frequency held fixed.
- `octave`: by which share sounds whole octaves apart are nearer than a cubic of their distance in log
  frequency lets expect. 1: they coincide.
- those of helix.py: shares of variance, rise and radius of the helix, displacements by a semitone.

Source: Shepard (1982), "Structural representations of musical pitch".
"""

import numpy as np
import pandas
from scipy.spatial.distance import pdist, squareform
from shared.factors import FactorScores, evenly_spread, ranks, standardized, to_scales
from shared.graphs import features, principal_components
from shared.scores import HALVES, analysis_parser, half_samples, interval, sample, write_scores

from analyse.helix import curve_scores, rise_and_radius, semitones_of, step_scores

ANALYSIS = {
    "of": "pitch",
    "order": 75,
    "reads": ["parameters", "embeddings"],
    "takes": [
        *("factors", "design", "pitch", "standardize", "reduce", "metric"),
        *("shuffles", "bootstrap", "seed"),
    ],
    "writes": {"curve": "{model}.csv"},
    "notes": True,
    "heading": "Pitch: line, circle or helix",
    "text": "The note says which shape pitch draws, and how much of what pitch moves it holds. Octave is "
    "the share by which sounds whole octaves apart are nearer than others: 0 is no octave equivalence, 1 is "
    "the same place. Octave gain is what a turn per octave explains more than other turns. Equivariance is 1 "
    "if a semitone is the same displacement in all registers.",
    "metrics": {
        "height": {"unit": "semi-partial rank correlation", "better": ""},
        "chroma": {"unit": "semi-partial rank correlation", "better": ""},
        "octave": {"unit": "share of distance", "better": ""},
        "line_r2": {"unit": "share of variance", "better": ""},
        "circle_r2": {"unit": "share of variance", "better": ""},
        "helix_r2": {"unit": "share of variance", "better": ""},
        "pitch_r2": {"unit": "share of variance", "better": ""},
        "octave_gain": {"unit": "share of variance", "better": ""},
        "rise": {"unit": "share of rms distance, per octave", "better": ""},
        "radius": {"unit": "share of rms distance", "better": ""},
        "semitone": {"unit": "share of rms distance", "better": ""},
        "equivariance": {"unit": "cosine", "better": ""},
        "octave_equivariance": {"unit": "cosine", "better": ""},
    },
}
METRICS = [*ANALYSIS["metrics"]]
SOUNDS = 1024  # of a larger data set, so many are drawn: distances grow with the square
FAR = 0.5  # octave
TUNED = 1 / 48  # octave: half of a semitone's half, to both sides of a whole octave
BIN = 1 / 24  # octave, of the curve
FEW = 10  # pairs, at least, in a bin of the curve
LEAST = 3  # octaves that the sounds must span; planning/checks_factors.py says so of a config
MOST = 0.5  # of what pitch moves, at least, holds a shape that is called its shape
WEAK = "a semitone does not move the embedding beyond what else varies"


def without_others(points, others):
    """Points less a cubic of each other factor, float (n, D). others: float (n, F), on their scales."""
    columns = [standardized(others) ** power for power in (1, 2, 3)]
    columns = np.column_stack([np.ones(len(points)), *columns])
    return points - columns @ np.linalg.lstsq(columns, points, rcond=None)[0]


def semipartial(values, column, fixed):
    """Correlation of values with what is left of a column once others are held fixed. All of n pairs.

    0 if nothing is left of it, or values do not vary. fixed: float (n, k).
    """
    fixed = np.column_stack([np.ones(len(values)), fixed])
    rest = column - fixed @ np.linalg.lstsq(fixed, column, rcond=None)[0]
    values = values - values.mean()
    size = np.linalg.norm(rest) * np.linalg.norm(values)
    return values @ rest / size if size > 0 else 0.0


def pair_scores(distances, octaves):
    """height, chroma and octave, three floats. distances: float (n, n); octaves: float (n,)."""
    first, second = np.triu_indices(len(octaves), 1)
    apart = np.abs(octaves[first] - octaves[second])
    far = apart >= FAR
    apart, lengths = apart[far], distances[first[far], second[far]]
    if len(apart) < 20 or not np.ptp(lengths):
        return [np.nan] * 3
    rank, order = (ranks(column[:, None])[:, 0] / len(column) for column in (lengths, apart))
    chroma, cubic = np.abs(np.sin(np.pi * apart)), [1, 2, 3]
    whole = np.abs(apart - np.round(apart)) <= TUNED
    octave = np.nan
    if whole.sum() >= 10:
        columns = np.column_stack([whole, np.ones(len(apart)), apart[:, None] ** cubic])
        nearer = -np.linalg.lstsq(columns, lengths, rcond=None)[0][0]
        octave = nearer / (lengths[whole].mean() + nearer)
    height = semipartial(rank, order, chroma[:, None])
    return [height, semipartial(rank, chroma, order[:, None] ** cubic), octave]


def curve(points, octaves):
    """Mean distance of pairs of sounds by how far apart their pitches are, over the mean of all pairs.

    points: float (n, D); octaves: float (n,). Returns a table of `octaves` (middle of a bin half a semitone
    wide), `distance` and `pairs`; bins of few pairs are left out.
    """
    distances = pdist(points)
    place = np.floor(pdist(octaves[:, None]) / BIN).astype(int)
    pairs = np.bincount(place)
    total = np.bincount(place, weights=distances)
    full = np.flatnonzero(pairs >= FEW)
    mean = distances.mean() or 1.0
    columns = {"octaves": (full + 0.5) * BIN, "distance": total[full] / pairs[full] / mean}
    return pandas.DataFrame(columns | {"pairs": pairs[full]})


def measure(points, octaves, places, shuffles, repeats, seed):
    """FactorScores with a column per metric of METRICS, in their order.

    points: float (n, D); octaves: float (n,); places: of half_samples().
    """
    distances = squareform(pdist(points))
    points = principal_components(points)
    semitones = semitones_of(octaves)

    def scored(i, order=slice(None)):
        pitch, part = octaves[order][i], points[i]
        pairs = pair_scores(distances[np.ix_(i, i)], pitch)
        helix = [*curve_scores(part, pitch), *rise_and_radius(part, pitch)]
        return np.array([*pairs, *helix, *step_scores(part, semitones[order][i])])

    n = len(points)
    value = scored(np.arange(n))
    replicates = half_samples(scored, value, n, min(repeats, HALVES), seed, places)
    rng = np.random.default_rng(seed)
    shuffled = np.array([scored(np.arange(n), rng.permutation(n)) for _ in range(shuffles)])
    return FactorScores(value, replicates, shuffled)


def verdict(value, shown):
    """The shape of pitch in words, and how much of what pitch moves it holds.

    value: {metric: float}; shown: {metric: bool}, whether it is above chance.
    """
    if not shown["pitch_r2"]:
        return "pitch does not move the embedding above chance"
    shapes = {
        (True, True): ("a helix", "helix_r2"),
        (True, False): ("a line, without a turn per octave", "line_r2"),
        (False, True): ("a circle, without a rise", "circle_r2"),
    }
    known = shapes.get((shown["line_r2"], shown["octave_gain"]))
    if known is None:
        return "neither line nor helix, though pitch moves the embedding"
    words, metric = known
    held = max(value[metric], 0) / value["pitch_r2"]
    if held < MOST:
        return f"mostly neither line nor helix; {words}, holds {held:.0%} of what pitch moves"
    return f"{words}; it holds {held:.0%} of what pitch moves"


def score_rows(scores):
    """Score rows of what measure() returns."""
    value = dict(zip(METRICS, scores.value, strict=True))
    shown = dict(zip(METRICS, scores.above_chance(), strict=True))
    moved = interval(scores.replicates[:, METRICS.index("semitone")])[0] > 0
    rows = []
    for column, metric in enumerate(METRICS):
        row = {"metric": metric} | scores.cells(column, "too few sounds of a semitone or an octave apart")
        if metric.endswith("equivariance"):  # of noise it is a ratio of two zeros, and so has no chance
            row = {"metric": metric, "note": WEAK} if not moved else row | {"chance": np.nan}
        rows.append(row | ({"note": verdict(value, shown)} if metric == "helix_r2" else {}))
    return rows


def hindrance(frequencies, points):
    """Why sounds have no such scores, in words; empty if they have. frequencies: (n,), in Hz."""
    if not np.ptp(points, axis=0).any():
        return "the embedding is constant: it does not vary with anything"
    if frequencies.min() <= 0:
        return f"a pitch of {frequencies.min():g} Hz is in no octave"
    span = np.log2(frequencies.max() / frequencies.min())
    return f"pitch spans {span:.2g} octaves, and {LEAST} are needed" if span < 0.99 * LEAST else ""


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    table = pandas.read_csv(args.parameters)
    some = sample(len(table), args.seed, SOUNDS)
    factors = table[[*args.factors]].to_numpy(dtype=float)[some]
    points = features(np.load(args.embeddings)[some], args.standardize, args.reduce, args.metric)
    place = [*args.factors].index(args.pitch)
    note = hindrance(factors[:, place], points)
    if note:
        rows = [{"metric": metric, "note": note} for metric in METRICS]
        drawn = pandas.DataFrame(columns=["octaves", "distance", "pairs"])
    else:
        scaled = to_scales(factors, [entry["scale"] for entry in args.factors.values()])
        points = without_others(points, np.delete(scaled, place, axis=1))
        even = evenly_spread(scaled, args.factors, args.design)
        octaves = np.log2(factors[:, place])
        rows = score_rows(measure(points, octaves, even, args.shuffles, args.bootstrap, args.seed))
        drawn = curve(points, octaves)
    drawn.to_csv(args.curve, index=False, float_format="%.6g")
    write_scores(args, [row | {"n": len(some)} for row in rows])
