"""How far an embedding moves when one factor moves by one just-noticeable difference (JND).

At each base point of a ladder the pull-back metric G = J^T J is estimated, where J is the Jacobian of the
embedding by the factors, per JND. Nuisances differ from sound to sound, so a squared difference would count
them as sensitivity. Therefore J is estimated twice, as A and B, from sounds that have none in common. The
products G_ii = A_i . B_i and G_ij^2 = (A_i . A_j)(B_i . B_j) have the right mean at any level of nuisance, as
cross-validated distances have (Walther et al., NeuroImage 137, 2016). They may fall below 0.

Conventions: the slope of a factor is taken over the shortest reach, of 1, 2, 4 and 8 JND, over which the mean
G_ii is above 0 by SHOWN standard errors (over the base points). If there is none, it is taken over 8 JND, and
the note says that it is not above the nuisance floor. Over a wide reach it is the slope of a chord, and a
curved embedding has chords flatter than its tangents. Intervals come from base points drawn anew.

Scores: `sensitivity` is the root of the mean G_ii over the points, divided by the typical distance of the
model: the rms distance of plain renderings of different points. The root keeps the sign; a negative value is
below the nuisance floor. `anisotropy` is the largest sensitivity divided by the smallest. `angle` is that
between the directions of two factors, from 0 (one direction) to 90 degrees (disentangled, locally): cos^2 is
the mean of G_ij^2 over the mean of G_ii G_jj, so opposite signs at two points do not cancel. Anisotropy and
angle have no value where a factor is not above the nuisance floor. They have no chance level, because
shuffled sounds have no direction.
"""

import itertools
from typing import NamedTuple

import numpy as np
from shared.graphs import features
from shared.ladders import plain_sounds, read_ladder
from shared.scores import analysis_parser, bootstrap, write_scores

ANALYSIS = {
    "of": "ladder",
    "order": 20,
    "reads": ["parameters", "embeddings"],
    "takes": ["factors", "standardize", "reduce", "metric", "shuffles", "bootstrap", "seed"],
    "heading": "Anisotropy",
    "text": "Largest over smallest sensitivity of the factors, each per JND.",
    "metrics": {
        "sensitivity": {
            "unit": "typical distances per JND",
            "better": "",
            "heading": "Sensitivity to small changes",
            "text": "How far one just-noticeable difference of a factor moves the embedding, over the "
            "typical distance of two sounds; what nuisances move is taken out. A value below 0 is less than "
            "the nuisances hide.",
        },
        "angle": {
            "unit": "degrees",
            "better": "high",
            "heading": "Local disentanglement",
            "text": "Angle between the directions in which small changes of two factors move the embedding. "
            "It is 90 degrees if the directions are apart.",
        },
        "anisotropy": {"unit": "ratio", "better": "low"},
    },
}
REACHES = (1, 2, 4, 8)  # JND: moves up to here give a slope
SHOWN = 2.5  # standard errors above 0; of noise, 3 % get there over any of the reaches
SUNK = "not above the nuisance floor"
FEW = "too few small steps"
SAME = "the embedding does not vary"


class Contrasts(NamedTuple):
    """Weights that turn the sounds of each base point into two estimates A, B of W slopes."""

    sounds: list  # of int arrays, the sounds of a base point
    weights: list  # of float (2, W, sounds), one per base point
    information: np.ndarray  # float (points, W): inverse variance of A . B up to a factor; 0 without a slope
    borrowed: np.ndarray  # bool (points, W): plain sounds take part


class Motion(NamedTuple):
    """How an embedding moves with each factor, over the reach chosen for it."""

    gram: np.ndarray  # float (points, 2, F, 2, F), of products()
    metric: np.ndarray  # float (points, F), G_ii per JND^2
    information: np.ndarray  # float (points, F), the weight of each base point
    borrowed: np.ndarray  # bool (points, F), as of Contrasts
    squares: np.ndarray  # float (points, points), of point_distances()
    reach: np.ndarray  # int (F,), JND
    shown: np.ndarray  # bool (F,), whether the factor is above the nuisance floor


def slope_weights(steps, places, weight):
    """Write the weights of both estimates of one slope into float (2, sounds). Returns their information.

    steps: float (sounds,), JND; places: int (n,), the sounds to use. They are dealt to A and B from the
    largest step: A, B, B, A, A and so on.
    """
    places = places[np.argsort(-np.abs(steps[places]), kind="stable")]
    in_b = (np.arange(len(places)) + 1) // 2 % 2 == 1
    spread = []
    for half, row in zip((places[~in_b], places[in_b]), weight, strict=True):
        deviations = steps[half] - steps[half].sum() / max(len(half), 1)
        spread.append((deviations**2).sum())
        row[half] = deviations / (spread[-1] or 1)  # of the least-squares slope
    return np.prod(spread)


def contrasts(table, wanted):
    """The Contrasts of slopes. table: of read_ladder(); wanted: list of (factor, reach in JND), W of them.

    The moves of a factor up to the reach are dealt to A and B. If there are fewer than four, the plain sounds
    (step 0) take part, one in each.
    """
    shape = len(plain_sounds(table)), len(wanted)
    result = Contrasts([], [], np.zeros(shape), np.zeros(shape, dtype=bool))
    for p, (_, group) in enumerate(table.groupby("ladder_point")):
        moved = group.ladder_factor.to_numpy()
        steps = np.where(moved == "", 0, group.ladder_step)
        weights = np.zeros((2, len(wanted), len(group)))
        for k, (name, reach) in enumerate(wanted):
            places = np.flatnonzero((moved == name) & (np.abs(steps) <= reach + 1e-6))
            result.borrowed[p, k] = len(places) < 4
            if result.borrowed[p, k]:
                places = np.append(places, np.flatnonzero(moved == "")[:2])
            result.information[p, k] = slope_weights(steps, places, weights[:, k])
        result.sounds.append(group.index.to_numpy())
        result.weights.append(weights)
    return result


def products(points, sounds_of_points, weights):
    """Scalar products of the slopes at each base point, float (points, 2, W, 2, W), the 2 being A and B.

    points: float (N, D), the embedding; sounds_of_points, weights: `sounds` and `weights` of Contrasts.
    """
    result = []
    for sounds, weight in zip(sounds_of_points, weights, strict=True):
        here = points[sounds] - points[sounds].mean(axis=0)
        flat = weight.reshape(-1, len(sounds))
        result.append((flat @ (here @ here.T) @ flat.T).reshape(2 * weight.shape[:2]))
    return np.array(result)


def point_distances(points, plain):
    """Mean squared distance of the plain sounds of two base points, float (points, points), diagonal 0.

    points: float (N, D); plain: int (points, 2).
    """
    here = points[plain]
    middle = here.mean(axis=1) - here.mean(axis=(0, 1))
    spread = ((here - here.mean(axis=1, keepdims=True)) ** 2).sum(axis=2).mean(axis=1)
    norms = (middle**2).sum(axis=1)
    squares = np.maximum(norms[:, None] + norms - 2 * middle @ middle.T, 0) + spread[:, None] + spread
    return squares * (1 - np.eye(len(plain)))


def diagonal(gram):
    """G_ii = A_i . B_i, float (points, W). gram: of products()."""
    return np.einsum("pkk->pk", gram[:, 0, :, 1])


def choose(metric, information):
    """The reach of each factor, int (F,), a place in REACHES, and whether it is above the floor, bool (F,).

    metric, information: float (points, F, R).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        total = information.sum(axis=0)
        mean = (metric * information).sum(axis=0) / total
        used = (information > 0).sum(axis=0)
        variance = (information**2 * (metric - mean) ** 2).sum(axis=0) / total**2 * used / (used - 1)
        shown = (mean > SHOWN * np.sqrt(variance)) & (used > 1)
    return np.where(shown.any(axis=1), shown.argmax(axis=1), len(REACHES) - 1), shown.any(axis=1)


def measure(points, plain, plan, names, order):
    """The Motion of an embedding in which sound order[i] stands in the place of sound i.

    points: float (N, D); plain: of plain_sounds(); plan: Contrasts of every factor (outer) with every reach
    (inner); names: the factors; order: int (N,).
    """
    by_factor = (len(plain), len(names), len(REACHES))
    gram = products(points, [order[sounds] for sounds in plan.sounds], plan.weights)
    reach, shown = choose(diagonal(gram).reshape(by_factor), plan.information.reshape(by_factor))
    kept = np.arange(len(names)) * len(REACHES) + reach
    gram = gram[:, :, kept][..., kept]
    squares = point_distances(points, order[plain])
    information, borrowed = plan.information[:, kept], plan.borrowed[:, kept]
    return Motion(gram, diagonal(gram), information, borrowed, squares, np.array(REACHES)[reach], shown)


def sensitivities(motion, drawn):
    """Sensitivity of each factor, float (F,), over base points drawn (int (n,)).

    NaN where no point has a slope, or where the embedding does not vary.
    """
    metric, information, squares = motion.metric, motion.information, motion.squares
    counts = np.bincount(drawn, minlength=len(squares)).astype(float)
    if np.count_nonzero(counts) < 2:
        counts = np.ones(len(squares))  # a draw of one point alone: the typical distance of all
    pairs = counts.sum() ** 2 - (counts**2).sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        typical = np.sqrt(counts @ squares @ counts / pairs)
        mean = (metric * information)[drawn].sum(axis=0) / information[drawn].sum(axis=0)
        return np.sign(mean) * np.sqrt(np.abs(mean)) / typical


def squared_cosines(gram, information, borrowed):
    """Per base point and pair of factors: G_ij^2 and G_ii G_jj, weighted, float (2, points, pairs).

    gram, information, borrowed: of Motion. A point where both factors borrow the plain sounds has 0, because
    the two directions are not independent there.
    """
    i, j = np.triu_indices(gram.shape[2], 1)
    squares = gram[:, 0, i, 0, j] * gram[:, 1, i, 1, j] + gram[:, 0, i, 1, j] * gram[:, 1, i, 0, j]
    norms = gram[:, 0, i, 1, i] * gram[:, 0, j, 1, j]
    weights = information[:, i] * information[:, j] * ~(borrowed[:, i] & borrowed[:, j])
    return np.stack([squares / 2, norms]) * weights


def angles(cosines, drawn):
    """Angle of each pair of factors in degrees, float (pairs,), over base points drawn (int (n,)).

    cosines: of squared_cosines(). If the mean norm is not above 0, the angle is the limit, 0 or 90; NaN for
    0 / 0.
    """
    squares, norms = cosines[:, drawn].sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.degrees(np.arccos(np.sqrt(np.clip(squares / np.maximum(norms, 0), 0, 1))))


def sensitivity_rows(names, motion, value, chance, replicates):
    """Score rows of the sensitivities. value, chance: float (F,); replicates: float (repeats, F)."""
    rows = []
    for j, name in enumerate(names):
        row = {"metric": "sensitivity", "factor": name}
        if np.isnan(value[j]):
            row["note"] = SAME if motion.information[:, j].any() else FEW
        else:
            row |= {"value": value[j], "chance": chance[j], "replicates": replicates[:, j]}
            row["note"] = f"over {motion.reach[j]} JND" + ("" if motion.shown[j] else f": {SUNK}")
        rows.append(row)
    return rows


def joint_row(row, names, motion, factors, value, replicates):
    """A score row of several factors, places in names: it has a value if all are above the nuisance floor."""
    sunk = [names[j] for j in factors if not motion.shown[j]]
    if sunk or np.isnan(value):
        return row | {"note": f"{SUNK}: {', '.join(sunk)}" if sunk else FEW}
    note = f"over {', '.join(str(motion.reach[j]) for j in factors)} JND"
    return row | {"value": value, "replicates": replicates, "note": note}


def anisotropy_row(names, motion, value, replicates):
    """Score row of the anisotropy. value: float (F,), sensitivities; replicates: float (repeats, F)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        floor = np.maximum(replicates.min(axis=1), 1e-9 * value.max())  # a resample may fall below 0
        ratio, ratios = value.max() / value.min(), replicates.max(axis=1) / floor
    return joint_row({"metric": "anisotropy"}, names, motion, range(len(names)), ratio, ratios)


def angle_rows(names, motion, value, replicates):
    """Score rows of the angles. value: float (pairs,), degrees; replicates: float (repeats, pairs)."""
    rows = []
    for k, (i, j) in enumerate(itertools.combinations(range(len(names)), 2)):
        row = {"metric": "angle", "factor": names[i], "other": names[j]}
        rows.append(joint_row(row, names, motion, (i, j), value[k], replicates[:, k]))
    return rows


def score_rows(points, table, names, shuffles, repeats, seed):
    """All score rows. points: float (N, D), the embedding; table: of read_ladder(); names: the factors."""
    plan = contrasts(table, list(itertools.product(names, REACHES)))
    plain = plain_sounds(table)
    n = len(plain)
    everything = np.arange(n)
    motion = measure(points, plain, plan, names, np.arange(len(points)))
    value = sensitivities(motion, everything)
    replicates = bootstrap(lambda i: sensitivities(motion, i), n, repeats, seed)
    rng = np.random.default_rng(seed)
    orders = (rng.permutation(len(points)) for _ in range(shuffles))
    shuffled = [sensitivities(measure(points, plain, plan, names, o), everything) for o in orders]
    rows = sensitivity_rows(names, motion, value, np.mean(shuffled, axis=0), replicates)
    if len(names) > 1:
        rows.append(anisotropy_row(names, motion, value, replicates))
        cosines = squared_cosines(motion.gram, motion.information, motion.borrowed)
        replicates = bootstrap(lambda i: angles(cosines, i), n, repeats, seed)
        rows += angle_rows(names, motion, angles(cosines, everything), replicates)
    return [{"n": n} | row for row in rows]


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize, args.reduce, args.metric)
    table = read_ladder(args.parameters)
    rows = score_rows(points, table, list(args.factors), args.shuffles, args.bootstrap, args.seed)
    write_scores(args, rows)
