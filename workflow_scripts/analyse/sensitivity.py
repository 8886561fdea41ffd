"""How far an embedding moves when one factor moves by one just-noticeable difference (JND).

At each base point of a ladder the pull-back metric G = J^T J is estimated, J being the Jacobian of the
embedding by the factors, per JND. Nuisances differ from sound to sound, so a squared difference
would count them as sensitivity. Instead J is estimated twice from sounds that have none in common, A
and B; the products G_ii = A_i . B_i and G_ij^2 = (A_i . A_j)(B_i . B_j) have the right mean at any level of
nuisance, as cross-validated distances have (Walther et al., NeuroImage 137, 2016). They may fall below 0.

The slope of a factor is taken over the shortest reach, of 1, 2, 4 and 8 JND, over which the mean G_ii is
above 0 by SHOWN standard errors (over the base points), else over 8; the note says which. Over a wide
reach it is the slope of a chord, and a curved embedding has chords flatter than its tangents.

Scores, with intervals from base points drawn anew:
- sensitivity: root of the mean G_ii over the points, divided by the typical distance of the model, which
  is the rms distance of plain renderings of different points. Negative (the root keeps the sign): below
  the nuisance floor.
- anisotropy: the largest sensitivity divided by the smallest.
- angle between the directions of two factors, 0 (one direction) to 90 degrees (disentangled, locally):
  cos^2 is the mean of G_ij^2 over the mean of G_ii G_jj, so opposite signs at two points do not cancel.
Anisotropy and angle are empty where a factor is not above the nuisance floor. They have no chance level:
shuffled sounds have no direction.
"""

import itertools
from pathlib import Path

import numpy as np
from shared.graphs import features
from shared.ladders import plain_sounds, read_ladder
from shared.scores import bootstrap, score_parser, write_scores

REACHES = (1, 2, 4, 8)  # JND: moves up to here give a slope
SHOWN = 2.5  # standard errors above 0; of noise, 3 % get there over any of the reaches
UNIT = "typical distances per JND"
SUNK = "not above the nuisance floor"


def contrasts(table, wanted):
    """Weights that turn the sounds of each base point into two estimates A, B of slopes.

    The moves of a factor are dealt to A and B from the largest: A, B, B, A, A and so on. Where there are
    fewer than four, the plain sounds (step 0) take part, one in each.

    wanted: list of (factor, reach in JND), W of them. Returns rows (list of int arrays, the sounds of a
    point), weights (list of float (2, W, sounds)), information float (points, W), the inverse variance
    of A . B up to a factor, 0 if there is no slope, and borrowed, bool (points, W): plain sounds take part.
    """
    rows, weights = [], []
    shape = len(plain_sounds(table)), len(wanted)
    information, borrowed = np.zeros(shape), np.zeros(shape, dtype=bool)
    for p, (_, group) in enumerate(table.groupby("ladder_point")):
        moved = group.ladder_factor.to_numpy()
        steps = np.where(moved == "", 0, group.ladder_step)
        rows.append(group.index.to_numpy())
        weights.append(np.zeros((2, len(wanted), len(group))))
        for k, (name, reach) in enumerate(wanted):
            places = np.flatnonzero((moved == name) & (np.abs(steps) <= reach + 1e-6))
            borrowed[p, k] = len(places) < 4
            if borrowed[p, k]:
                places = np.append(places, np.flatnonzero(moved == "")[:2])
            places = places[np.argsort(-np.abs(steps[places]), kind="stable")]
            in_b = (np.arange(len(places)) + 1) // 2 % 2 == 1
            spread = []
            for half, weight in zip((places[~in_b], places[in_b]), weights[p][:, k], strict=True):
                deviations = steps[half] - steps[half].sum() / max(len(half), 1)
                spread.append((deviations**2).sum())
                weight[half] = deviations / (spread[-1] or 1)  # of the least-squares slope
            information[p, k] = np.prod(spread)
    return rows, weights, information, borrowed


def products(points, rows, weights):
    """Scalar products of the slopes at each base point, float (points, 2, W, 2, W), the 2 being A and B.

    points: float (N, D), the embedding; rows, weights: of `contrasts`.
    """
    result = []
    for sounds, weight in zip(rows, weights, strict=True):
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
    """G_ii = A_i . B_i, float (points, W), of `products`."""
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


def sensitivities(metric, information, squares, drawn):
    """Sensitivity of each factor, float (F,), over base points drawn (int (n,)).

    metric: float (points, F), G_ii per JND^2; information: float (points, F), the weight of each point;
    squares: of `point_distances`. NaN where no point has a slope, or the embedding does not vary.
    """
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

    gram: (points, 2, F, 2, F). Points where both factors borrow the plain sounds are 0: not independent.
    """
    i, j = np.triu_indices(gram.shape[2], 1)
    squares = gram[:, 0, i, 0, j] * gram[:, 1, i, 1, j] + gram[:, 0, i, 1, j] * gram[:, 1, i, 0, j]
    norms = gram[:, 0, i, 1, i] * gram[:, 0, j, 1, j]
    weights = information[:, i] * information[:, j] * ~(borrowed[:, i] & borrowed[:, j])
    return np.stack([squares / 2, norms]) * weights


def angles(cosines, drawn):
    """Angle of each pair of factors in degrees, float (pairs,), over base points drawn (int (n,)).

    cosines: of `squared_cosines`. Where the mean norm is not above 0, the limit: 0 or 90. NaN for 0 / 0.
    """
    squares, norms = cosines[:, drawn].sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.degrees(np.arccos(np.sqrt(np.clip(squares / np.maximum(norms, 0), 0, 1))))


def score_rows(points, table, names, shuffles, repeats, seed):
    """Rows of scores, without the model. points: float (N, D), the embedding; table: of `read_ladder`."""
    rows, weights, information, borrowed = contrasts(table, list(itertools.product(names, REACHES)))
    plain = plain_sounds(table)
    everything = np.arange(len(plain))
    by_factor = (len(plain), len(names), len(REACHES))

    def measure(order):
        """With sound order[i] in the place of sound i: products, arguments of sensitivities, reach, shown."""
        gram = products(points, [order[sounds] for sounds in rows], weights)
        reach, shown = choose(diagonal(gram).reshape(by_factor), information.reshape(by_factor))
        kept = np.arange(len(names)) * len(REACHES) + reach
        gram = gram[:, :, kept][..., kept]
        parts = diagonal(gram), information[:, kept], point_distances(points, order[plain])
        return gram, parts, kept, shown

    gram, parts, kept, shown = measure(np.arange(len(points)))
    cosines = squared_cosines(gram, parts[1], borrowed[:, kept])
    value, angle = sensitivities(*parts, everything), angles(cosines, everything)
    drawn = bootstrap(lambda i: sensitivities(*parts, i), len(plain), repeats, seed)
    turned = bootstrap(lambda i: angles(cosines, i), len(plain), repeats, seed)
    rng = np.random.default_rng(seed)
    shuffled = [measure(rng.permutation(len(points)))[1] for _ in range(shuffles)]
    chance = np.mean([sensitivities(*s, everything) for s in shuffled], axis=0)

    reach = [REACHES[k % len(REACHES)] for k in kept]
    common = {"analysis": Path(__file__).stem, "n": len(plain)}
    result = []
    for j, name in enumerate(names):
        row = common | {"metric": "sensitivity", "factor": name, "unit": UNIT}
        if np.isnan(value[j]):
            row["note"] = "the embedding does not vary" if parts[1][:, j].any() else "too few small steps"
        else:
            row |= {"value": value[j], "chance": chance[j], "replicates": drawn[:, j]}
            row["note"] = f"over {reach[j]} JND" + ("" if shown[j] else f": {SUNK}")
        result.append(row)
    ratio = {"metric": "anisotropy", "unit": "ratio", "better": "low"}
    with np.errstate(invalid="ignore", divide="ignore"):
        floor = np.maximum(drawn.min(axis=1), 1e-9 * value.max())  # a resample may fall below 0
        several = [(range(len(names)), ratio, value.max() / value.min(), drawn.max(axis=1) / floor)]
    for k, pair in enumerate(itertools.combinations(range(len(names)), 2)):
        row = dict(zip(("factor", "other"), (names[j] for j in pair), strict=True))
        row |= {"metric": "angle", "unit": "degrees", "better": "high"}
        several.append((pair, row, angle[k], turned[:, k]))
    for factors, row, number, replicates in several[: None if len(names) > 1 else 0]:
        sunk = [names[j] for j in factors if not shown[j]]
        row = common | row | {"note": f"over {', '.join(str(reach[j]) for j in factors)} JND"}
        if sunk or np.isnan(number):
            row["note"] = f"{SUNK}: {', '.join(sunk)}" if sunk else "too few small steps"
        else:
            row |= {"value": number, "replicates": replicates}
        result.append(row)
    return result


def main(argv=None):
    parser = score_parser(__doc__)
    parser.add_argument("--embeddings", required=True, help="npy, N x D")
    parser.add_argument("--standardize", action="store_true", help="features to unit variance first")
    args = parser.parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize)
    table = read_ladder(args.parameters)
    rows = score_rows(points, table, list(args.factors), args.shuffles, args.bootstrap, args.seed)
    write_scores(args.scores, [{"model": args.model} | row for row in rows])
