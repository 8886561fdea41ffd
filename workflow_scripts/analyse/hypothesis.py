"""The paper's core hypothesis as numbers: is the 3-D cloud dense, is every factor a smooth colour progression
in it, and are these progressions perpendicular?

Conventions: the cloud is the Isomap picture. Sounds outside of its largest component have coordinates around
an origin of their own, unless the components were bridged. The factors of these sounds are estimated by the
mean, so that a graph in pieces cannot win.

Scores:
- `smoothness` of a factor: R2 of a cubic polynomial of the three coordinates (each divided by its spread), on
  sounds held out of its fit. No estimate leaves the range of the fit. A cubic can follow a bent progression.
  It cannot follow a patchwork, however tidy each patch is, nor a factor that winds.
- `orthogonality` of two factors: the angle between the gradients of their cubics along the cloud, 0 to 90
  degrees. It exists only for factors that are smooth. What of a gradient points out of a sheet or a strand is
  the cubic's own, and is dropped: at each sound, the nearest sounds tell along which directions the cloud
  extends. Where the cloud is thin, a gradient is mostly noise and points anywhere. So each factor has two
  cubics, and the four cubics of a pair are fitted to sounds that they do not share. With gradients A and B of
  either factor, cos^2 = E (A_i . A_j)(B_i . B_j) / E (A_i . B_i)(A_j . B_j) over the sounds, which noise does
  not bias.
- `hypothesis`: the geometric mean of the smoothness of all factors (negative ones count as 0) times the mean
  sine of the angles of all pairs. It is 1 if everything holds, and 0 if one factor is not smooth.
- `density`: how many dimensions the cloud fills around a sound, 1 (strand) to 3 (volume), by the
  participation ratio of its neighbours. It only describes, because noise is dense, too.

Intervals come from HALVES halves of the sounds. Each has a neighbour graph and a cloud of its own, with half
the neighbours, which then lie as near. The notes tell what other K of the sweep would give.

Source: section 2.3 of the paper (smooth, perpendicular, dense); the scores are ours.
"""

from itertools import combinations

import numpy as np
import pandas
from shared.factors import FactorScores, evenly_spread, r2, read_factors, standardized
from shared.graphs import features, restricted_to
from shared.scores import analysis_parser, half_samples, write_scores

from analyse.gradients import FEWEST, angles, density, held_out, make_cloud
from analyse.isomap import AXES, cloud_of
from analyse.shown import nearest_r2

ANALYSIS = {
    "of": "cloud",
    "order": 30,
    "reads": [
        *("parameters", "embeddings", "neighbors"),
        *("isomap.coordinates", "isomap.bridges", "trust.pictures"),
    ],
    "takes": [
        *("factors", "design", "isomap.K", "isomap.bridge", "standardize", "reduce", "metric"),
        *("shuffles", "bootstrap", "seed"),
    ],
    "mem_mb": 1000,
    "notes": True,
    "heading": "The core hypothesis: smooth, perpendicular, dense",
    "text": "Hypothesis: geometric mean of the factors' smoothness times the mean sine of the angles between "
    "their gradients. It is 1 if all factors are smooth colour progressions over orthogonal coordinates, "
    "and 0 if one factor is not smooth. It does not apply to factors that wind, such as pitch on a helix. "
    "Density: 1 is a strand, 2 a sheet, 3 a volume; noise is dense, too.",
    "metrics": {
        "hypothesis": {"unit": "0 to 1", "better": "high"},
        "density": {"unit": "dimensions, 1 to 3", "better": ""},
        "smoothness": {
            "unit": "R2",
            "better": "high",
            "heading": "Smoothness in three dimensions",
            "text": "R2 of each factor from a cubic polynomial of the Isomap coordinates, on sounds held out "
            "of its fit. A low one says that the picture does not show a steady progression, not that the "
            "model lacks the factor.",
            "notes": True,
        },
        "orthogonality": {
            "unit": "degree",
            "better": "high",
            "heading": "Orthogonality in three dimensions",
            "text": "Angle between the gradients of two factors in the cloud, if both are smooth. Random "
            "directions have 54.7 degrees by this formula.",
        },
    },
}

FEWEST_FOR_ANGLES = 160  # sounds: with fewer, a quarter has less than two for each term of a cubic
HALVES = 40  # of the sounds, for the intervals; half as many of more than MANY sounds
MANY = 10_000
LANDMARKS = 150  # of a half: only the spread of its scores is used
NEAR = 1 / 2.1, 1.5  # times the chosen K: the range over which the notes tell the scores
TOLD = 0.3  # R2 above which neighbours tell a factor


def summary(smoothness, degrees):
    """Geometric mean of smoothness (..., F), negative as 0, times the mean sine of angles (..., pairs)."""
    smooth = np.clip(smoothness, 0, None).prod(axis=-1) ** (1 / np.shape(smoothness)[-1])
    if not np.shape(degrees)[-1]:
        return smooth
    return smooth * np.sin(np.radians(degrees)).mean(axis=-1)


def scores_of(cloud, targets, seed):
    """Smoothness of each factor, angle of each pair, and the hypothesis, in one row: float (F + pairs + 1,).

    cloud: Cloud or None, which has no scores; targets: float (N, F), standardized.
    """
    F = targets.shape[1]
    if cloud is None:
        return np.full(F + F * (F - 1) // 2 + 1, np.nan)
    smooth = r2(held_out(cloud.terms, targets, cloud.inside, seed), targets)
    degrees = angles(cloud, targets, seed)
    return np.concatenate([smooth, degrees, [summary(smooth, np.nan_to_num(degrees))]])


def redrawn(embedding, settings, targets, values, places):
    """Replicates of scores_of(), float (halves, F + pairs + 1): every half has a cloud of its own.

    embedding: points (N, D), indices and distances (N, k_max) of their neighbours; settings: K, bridge,
    bootstrap, seed; values: of all sounds; places: of half_samples().
    """
    points, indices, distances = embedding
    K = max(settings.K // 2, min(settings.K, 3))
    indices, distances = indices[:, : 2 * settings.K], distances[:, : 2 * settings.K]

    def of_half(rows):
        lists = restricted_to(indices, distances, rows, K)
        cloud = cloud_of(points[rows], *lists, settings.bridge, LANDMARKS)
        inside = (cloud.labels == 0) | bool(cloud.bridges)
        return scores_of(make_cloud(cloud.coordinates, inside), standardized(targets[rows]), settings.seed)

    repeats = min(settings.bootstrap, HALVES if len(points) <= MANY else HALVES // 2)
    return half_samples(of_half, values, len(points), repeats, settings.seed, places)


def by_chance(cloud, targets, shuffles, seed):
    """Smoothness of shuffled factors, float (shuffles, F)."""
    N, F = targets.shape
    rng = np.random.default_rng(seed)
    shuffled = np.concatenate([targets[rng.permutation(N)] for _ in range(shuffles)], axis=1)
    return r2(held_out(cloud.terms, shuffled, cloud.inside, seed), shuffled).reshape(shuffles, F)


def split_scores(values, replicates, shuffled, told):
    """FactorScores of the smoothness and of the angles, smooth or not, from scores_of() and redrawn().

    shuffled: of by_chance(); told: whether the sounds are enough to tell angles.
    """
    F = shuffled.shape[1]
    smoothness = FactorScores(values[:F], np.minimum(replicates[:, :F], 1), shuffled)
    degrees = np.clip(replicates[:, F:-1], 0, 90)
    known = np.isfinite(degrees).all(axis=0) & told
    return smoothness, FactorScores(np.where(known, values[F:-1], np.nan), degrees)


def score_hypothesis(smoothness, turned, are_smooth):
    """FactorScores, of one column, of the hypothesis.

    smoothness: FactorScores of F factors; turned: FactorScores of the angles of their pairs; are_smooth:
    bool (pairs,), whether both factors of a pair are smooth.
    """
    unknown = ~np.isfinite(turned.value)
    # An unknown angle counts as 0: if one of its factors is not smooth, the hypothesis is near 0 anyway.
    value = summary(smoothness.value, np.where(unknown, 0, turned.value))
    replicates = summary(smoothness.replicates, np.nan_to_num(np.where(unknown, 0, turned.replicates)))
    # The unknown angle of two smooth factors would decide: no score, unless another factor makes it 0.
    if (are_smooth & unknown).any() and (smoothness.value > 0).all():
        value = np.nan
    perpendicular = np.full((len(smoothness.shuffled), len(unknown)), 90)
    shuffled = summary(smoothness.shuffled, perpendicular)
    return FactorScores(np.array([value]), replicates[:, None], shuffled[:, None])


def over_K(pictures, K, targets, seed):
    """Scores of the pictures for other K near the chosen one: the K, and of scores_of() a row for each.

    pictures: what trust.py writes: K, coordinates (k, N, 3), shown (k, N).
    """
    near = [int(i) for i in np.argsort(pictures["K"]) if NEAR[0] <= pictures["K"][i] / K <= NEAR[1]]
    clouds = [make_cloud(pictures["coordinates"][i].astype(float), pictures["shown"][i]) for i in near]
    scores = [scores_of(cloud, targets, seed) for cloud in clouds]
    return pictures["K"][near], np.array(scores).reshape(len(near), len(scores_of(None, targets, seed)))


def range_note(Ks, values):
    """Note of the least and the largest of some values, one for each of Ks; empty if there are not two."""
    known = np.isfinite(values)
    if known.sum() < 2:
        return ""
    least, most = (round(float(value), 2) + 0.0 for value in (values[known].min(), values[known].max()))
    return f"{least:.2f} to {most:.2f} over K = {', '.join(map(str, Ks[known]))}"


def smoothness_rows(names, smoothness, near, Ks, of_Ks):
    """Score rows of the smoothness of each factor.

    near: float (F,), R2 of the factor from the nearest sounds in the picture; Ks, of_Ks: of over_K().
    """
    rows = []
    for j, name in enumerate(names):
        cells = smoothness.cells(j, "does not vary")
        notes = [range_note(Ks, of_Ks[:, j])] if "value" in cells else [cells["note"]]
        if near[j] > TOLD and smoothness.value[j] < near[j] / 2:
            notes.append(
                f"it winds or lies in patches: near sounds of the picture tell it (R2 {near[j]:.2f})"
            )
        rows.append({"metric": "smoothness", "factor": name} | cells | {"note": joined(notes)})
    return rows


def joined(notes):
    """Notes in one, without the empty ones."""
    return "; ".join(filter(None, notes))


def orthogonality_rows(names, turned, are_smooth, n):
    """Score rows of the angle of each pair of factors. are_smooth: bool (pairs,); n: sounds in the cloud."""
    rows = []
    unknown = "the sounds do not tell the directions"
    if n < FEWEST_FOR_ANGLES:
        unknown = f"{n} sounds do not tell directions; it takes {FEWEST_FOR_ANGLES}"
    for k, (one, other) in enumerate(combinations(names, 2)):
        row = {"metric": "orthogonality", "factor": one, "other": other}
        row["note"] = "no chance level: shuffled factors have no direction; two at random have 54.7 degrees"
        if are_smooth[k]:
            row |= turned.cells(k, unknown)
        else:
            row["note"] = "one of the two is not smooth: its gradient means nothing"
        rows.append(row)
    return rows


def hypothesis_note(names, smoothness, turned):
    """Why there is no hypothesis."""
    for name, value in zip(names, smoothness.value, strict=True):
        if np.isnan(value):
            return f"{name} does not vary"
    pairs = [
        f"{one} and {other}"
        for (one, other), degrees in zip(combinations(names, 2), turned.value, strict=True)
        if np.isnan(degrees)
    ]
    return f"the sounds do not tell the angle of {', of '.join(pairs)}"


def analyse(cloud, names, values, replicates, targets, pictures, args):
    """Score rows of one cloud.

    values: of scores_of(); replicates: of redrawn(); targets: float (N, F), standardized; pictures: of
    over_K(); args: K, shuffles, seed.
    """
    n = int(cloud.inside.sum())
    chance = by_chance(cloud, targets, args.shuffles, args.seed)
    smoothness, turned = split_scores(values, replicates, chance, n >= FEWEST_FOR_ANGLES)
    is_smooth = smoothness.above_chance()
    are_smooth = np.array([a and b for a, b in combinations(is_smooth, 2)], dtype=bool)
    hypothesis = score_hypothesis(smoothness, turned, are_smooth)
    Ks, of_Ks = over_K(pictures, args.K, targets, args.seed)
    cells = hypothesis.cells(0, hypothesis_note(names, smoothness, turned))
    if "value" in cells:
        cells["note"] = range_note(Ks, of_Ks[:, -1])
    density_note = "no chance level: does not depend on the factors"
    near = nearest_r2(cloud.points[cloud.inside], targets[cloud.inside])
    return [
        *smoothness_rows(names, smoothness, near, Ks, of_Ks),
        *orthogonality_rows(names, turned, are_smooth, n),
        {"metric": "hypothesis"} | cells,
        {"metric": "density", "value": density(cloud.variances), "note": density_note},
    ]


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    names, factors = list(args.factors), read_factors(args.parameters, args.factors)
    table, bridges = pandas.read_csv(args.coordinates), pandas.read_csv(args.bridges)
    inside = np.ones(len(table), bool) if len(bridges) else (table.component == 0).to_numpy()
    cloud, targets = make_cloud(table[list(AXES)].to_numpy(), inside), standardized(factors)
    if cloud:
        points = features(np.load(args.embeddings), args.standardize, args.reduce, args.metric)
        lists = np.load(args.neighbors)
        embedding = points, lists["indices"], lists["distances"]
        values = scores_of(cloud, targets, args.seed)
        places = evenly_spread(factors, args.factors, args.design)
        replicates = redrawn(embedding, args, targets, values, places)
        rows = analyse(cloud, names, values, replicates, targets, np.load(args.pictures), args)
    else:
        note = {"note": f"the cloud is a point, or its largest component has fewer than {FEWEST} sounds"}
        rows = [note | {"metric": metric} for metric in ("hypothesis", "density")]
        rows += [note | {"metric": "smoothness", "factor": name} for name in names]
    write_scores(args, [row | {"n": int(inside.sum())} for row in rows])
