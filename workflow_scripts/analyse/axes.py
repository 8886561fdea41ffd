"""Disentanglement along the embedding's own axes (its units): does one axis carry one factor?

Conventions: these scores change when an embedding is turned; that is their point. All models are compared on
the same number of axes: AXES, or twice the number of factors, if more. The factors take their axes in turn,
each the axis whose variance its cubic main effect explains best. Axes are chosen on one half of the sounds,
and the scores are of the other half. Shuffling the factors repeats both. An embedding of fewer axes keeps all
that vary.

Scores:
- `informativeness`, `disentanglement` and `completeness` (DCI) come from a forest of extremely randomised
  trees per factor. The importance of an axis is the rise of the squared error, on sounds that the trees have
  not seen, when that axis is shuffled. Informativeness of a factor: R2. Disentanglement: 1 - entropy of an
  axis' importances over factors, mean weighted by importance. Completeness of a factor: 1 - entropy of its
  importances over as many axes as any model has. The intervals of these two and of modularity come from
  REFITS halves of the sounds, in which axes and forests are chosen anew.
- `sap` of a factor: difference of its squared correlations with its best two axes.
- `mig` of a factor: difference of its mutual informations with its best two axes, over the factor's entropy.
- `modularity`: 1 - squared mutual informations of an axis with all factors but its best, over (F - 1) times
  the best, squared; mean over the axes that carry a factor at all.

Disentanglement, completeness and modularity are of what the axes tell. Of noise, or of shuffled factors, they
tell nothing, so that there is no value. The chance level of these three is their mean over ROTATIONS random
rotations of the same embedding: a rotation keeps all that the embedding tells, and its axes mean nothing. A
score that is no better says nothing for the model's own axes.

Source: Eastwood & Williams (2018) for DCI, Kumar et al. (2018) for SAP, Chen et al. (2018) for MIG, Ridgeway
& Mozer (2018) for modularity.
"""

from typing import NamedTuple

import numpy as np
from shared.factors import FactorScores, r2, read_factors
from shared.graphs import features
from shared.scores import REPLICATES, analysis_parser, bootstrap, half_samples, sample, write_scores

from analyse.curves import cubics
from analyse.disentanglement import correlations, dci, gap, turned
from analyse.information import bins, entropy, modularity, mutual_information
from analyse.subspaces import SOUNDS
from analyse.trees import estimated, grown

ANALYSIS = {
    "of": "cloud",
    "order": 60,
    "reads": ["parameters", "embeddings"],
    "takes": ["factors", "shuffles", "bootstrap", "seed"],
    "heading": "Along the embedding's own axes",
    "text": "Scores of the axes that follow the factors most, not of all axes. Disentanglement (DCI): does "
    "an axis carry one factor? Modularity: the same by mutual information. Chance of both, and of "
    "completeness, is that of the same embedding turned at random. It is high: only above it do the axes "
    "mean something.",
    "metrics": {
        "disentanglement": {"unit": "0 to 1", "better": "high"},
        "modularity": {"unit": "0 to 1", "better": "high"},
        "informativeness": {
            "unit": "share of variance",
            "better": "high",
            "heading": "Informativeness (DCI)",
            "text": "R2 of each factor from the chosen axes, by trees.",
        },
        "completeness": {
            "unit": "0 to 1",
            "better": "high",
            "heading": "Completeness (DCI)",
            "text": "1 if a single axis carries the factor.",
        },
        "mig": {
            "unit": "0 to 1",
            "better": "high",
            "heading": "Mutual information gap",
            "text": "1 if one axis tells the factor and no other does.",
        },
        "sap": {
            "unit": "share of variance",
            "better": "high",
            "heading": "Separated attribute predictability",
            "text": "The gap between the best two axes by R2.",
        },
    },
}

AXES = 16
LARGEST = 1e30  # of a scaled axis: trees compare in float32
REFITS = 40
ROTATIONS = 5
OF_ALL_FACTORS = ("disentanglement", "modularity")
OF_ROTATIONS = (*OF_ALL_FACTORS, "completeness")  # their chance level
TURNED = f"; chance: mean of {ROTATIONS} random rotations of the same embedding"


def axes_at_most(factors):
    """How many axes all models are compared on. factors: (N, F)."""
    return max(AXES, 2 * factors.shape[1])


class Halves(NamedTuple):
    """The chosen axes and the factors of the two halves of the sounds, n to fit and m held out.

    axes: float (n, A); factors: float (n, F); held_axes: float (m, A); held_factors: float (m, F).
    """

    axes: np.ndarray
    factors: np.ndarray
    held_axes: np.ndarray
    held_factors: np.ndarray


class Measured(NamedTuple):
    """What A chosen axes tell of F factors, on m held-out sounds.

    axes: float (m, A); factors: float (m, F); estimates: float (m, F), of the factors by the trees;
    information: float (A, F), nats.
    """

    axes: np.ndarray
    factors: np.ndarray
    estimates: np.ndarray
    information: np.ndarray


def choose_axes(points, paths, count):
    """Axes that vary with the factors, each factor's next best in turn, int (count,) or fewer, at least one.

    points: (n, D); paths: Curves of the factors.
    """
    scale = points.std(axis=0)
    standard = (points - points.mean(axis=0)) / np.where(scale > 0, scale, 1)
    explained = paths.sums((paths.terms.T @ standard / len(points)) ** 2)
    ranking = np.argsort(-explained, axis=1, kind="stable")
    in_turn = ranking.T.ravel()  # every factor's best, then every factor's second, ...
    varies = np.ptp(points, axis=0) > 0
    varying = [axis for axis in dict.fromkeys(in_turn.tolist()) if varies[axis]]
    return np.array(varying[:count] or in_turn[:1])  # if none varies here, one that tells nothing


def in_halves(points, factors, count, seed):
    """Halves of the sounds, with the axes chosen and scaled on the first half.

    points: (N, D); factors: (N, F). Scaled, because trees take what varies by less than 1e-7 for constant.
    """
    order = np.random.default_rng(seed).permutation(len(points))
    one, two = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    chosen = choose_axes(points[one], cubics(factors[one]), count)
    scale = points[one][:, chosen].std(axis=0)
    axes = np.clip(points[:, chosen] / np.where(scale > 0, scale, 1), -LARGEST, LARGEST)
    return Halves(axes[one], factors[one], axes[two], factors[two])


def importance(points, factors, count, seed):
    """What the chosen axes tell on the held-out half: by how much the squared error of each factor's trees
    rises when an axis is shuffled, float (A, F), the R2 of the trees, float (F,), and the mutual information
    of each axis and factor, float (A, F), nats.

    points: (N, D); factors: (N, F); count: of axes.
    """
    halves = in_halves(points, factors, count, seed)
    forests = grown(halves.axes, halves.factors, seed)
    m, A = halves.held_axes.shape
    order = np.random.default_rng(seed).permutation(m)
    shuffled = np.repeat(halves.held_axes[None], A + 1, axis=0)  # the last stays as it is
    for axis in range(A):
        shuffled[axis, :, axis] = halves.held_axes[order, axis]
    rises, told = [], []
    for trees, held_factor in zip(forests, halves.held_factors.T, strict=True):
        errors = (estimated(trees, shuffled.reshape(-1, A)).reshape(A + 1, m) - held_factor) ** 2
        rises.append((errors[:-1] - errors[-1]).mean(axis=1))
        told.append(1 - errors[-1].mean() / (held_factor.var() or np.nan))
    return np.stack(rises, axis=1), np.array(told), information_of(halves)


def information_of(halves):
    """Mutual information of the chosen axes with each factor on the held-out half, float (A, F), nats."""
    return mutual_information(bins(halves.held_axes), bins(halves.held_factors))


def measure(points, factors, count, seed):
    """Measured: everything that the scores rest on. points: (N, D); factors: (N, F); count: of axes."""
    halves = in_halves(points, factors, count, seed)
    forests = grown(halves.axes, halves.factors, seed)
    estimates = np.stack([estimated(trees, halves.held_axes) for trees in forests], axis=1)
    return Measured(halves.held_axes, halves.held_factors, estimates, information_of(halves))


def of_carrying(information, floor):
    """Modularity of the axes that carry a factor: their information, (A, F), rises above the floor, nats."""
    return modularity(information[information.max(axis=1) > floor])


def score_refits(points, rotations, factors, shuffled, repeats, seed):
    """FactorScores of informativeness, of disentanglement and modularity (one column each), of completeness.

    points: (N, D); rotations: the same, turned at random; factors: (N, F); shuffled: Measured of each
    shuffling. The R2 of these is the chance level of the first, that of the others is of the rotations. What
    the axes do not tell has no place among them.
    """
    (N, F), count = factors.shape, axes_at_most(factors)
    floor = max(other.information.max() for other in shuffled)

    def scored(i, others=points):
        rises, told, information = importance(others[i], factors[i], count, seed)
        # what noise leaves of the information grows as the sounds get fewer
        modular = of_carrying(information, floor * N / len(others[i]))
        return np.concatenate([told, dci(rises, count), [modular]])

    values = scored(slice(None))
    refits = half_samples(scored, values, N, min(repeats, REFITS), seed)
    rotated = np.array([scored(slice(None), turned_points) for turned_points in rotations])
    by_chance = np.array([r2(other.estimates, other.factors) for other in shuffled])
    informativeness = FactorScores(values[:F], np.minimum(refits[:, :F], 1), by_chance)
    is_told = informativeness.above_chance()
    values[F:-1] = np.where(np.append(is_told.any(), is_told), values[F:-1], np.nan)
    refits = np.clip(refits, 0, 1)

    def columns(which):
        return FactorScores(values[which], refits[:, which], rotated[:, which])

    return informativeness, columns([F]), columns([-1]), columns(slice(F + 1, -1))


def score_mig(measured, shuffled, repeats, seed):
    """FactorScores of mig. shuffled: Measured of each shuffling."""
    axis_codes, factor_codes = bins(measured.axes), bins(measured.factors)
    entropies = np.array([entropy(codes)[0] for codes in factor_codes.T])
    entropies = np.where(entropies > 0, entropies, np.nan)
    values = gap(measured.information) / entropies
    replicates = half_samples(
        lambda i: gap(mutual_information(axis_codes[i], factor_codes[i])) / entropies,
        values,
        len(measured.axes),
        min(repeats, REPLICATES),
        seed,
    )
    by_chance = np.array([gap(other.information) / entropies for other in shuffled])
    return FactorScores(values, np.clip(replicates, 0, 1), by_chance)


def analyse(points, factors, shuffles, repeats, seed):
    """All scores of an embedding, {metric: FactorScores}. points: (N, D); factors: (N, F) on their scales."""
    count = axes_at_most(factors)
    rng = np.random.default_rng(seed)
    orders = [np.arange(len(points)), *(rng.permutation(len(points)) for _ in range(shuffles))]
    measured, *shuffled = [measure(points, factors[order], count, seed) for order in orders]
    axes, truth = measured.axes, measured.factors
    names = ("informativeness", "disentanglement", "modularity", "completeness")
    rotations = [turned(points, rng) for _ in range(ROTATIONS)]
    refitted = score_refits(points, rotations, factors, shuffled, repeats, seed)
    sap = FactorScores(
        gap(correlations(axes, truth)),
        bootstrap(lambda i: gap(correlations(axes[i], truth[i])), len(truth), repeats, seed),
        np.array([gap(correlations(other.axes, other.factors)) for other in shuffled]),
    )
    mig = score_mig(measured, shuffled, repeats, seed)
    return dict(zip(names, refitted, strict=True)) | {"mig": mig, "sap": sap}


def score_rows(names, count, total, scores):
    """Score rows of what analyse() returns. names: of the factors; count: axes used, of `total`."""
    rows = []
    used = f"{count} of {total} axes, those that follow the factors most"
    for metric, scored in scores.items():
        row = {"metric": metric, "note": used + (TURNED if metric in OF_ROTATIONS else "")}
        if metric in OF_ALL_FACTORS:
            rows.append(row | scored.cells(0, f"{used}; the axes tell no factor"))
            continue
        note = f"{used}; the axes do not tell this factor, or it does not vary"
        rows += [row | {"factor": name} | scored.cells(j, note) for j, name in enumerate(names)]
    return rows


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    names, factors = list(args.factors), read_factors(args.parameters, args.factors)
    some = sample(len(factors), args.seed, SOUNDS)
    points, factors = features(np.load(args.embeddings)[some]), factors[some]
    count = min(axes_at_most(factors), points.shape[1])
    if np.ptp(points, axis=0).max() > 0:
        scores = analyse(points, factors, args.shuffles, args.bootstrap, args.seed)
        rows = score_rows(names, count, points.shape[1], scores)
    else:
        rows = [{"metric": "disentanglement", "note": "the embedding is constant"}]
    held = len(some) - len(some) // 2
    write_scores(args, [row | {"n": held} for row in rows])
