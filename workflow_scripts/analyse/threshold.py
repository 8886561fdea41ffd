"""Neurometric threshold of each factor: the step that an observer of the embedding tells apart at d' = 1.

The observer hears three sounds: the two plain renderings of a base point of a ladder and one with a factor
moved by a step, nuisances drawn anew in each. It takes the two nearest embeddings (Euclidean) as
the pair, the third as the odd one: the triangular method, chance 1/3. Its proportion correct is turned
into d' as for listeners, by the psychometric function of that method for one Gaussian dimension
(Frijters, J. Math. Psychol. 19, 1979; Ennis, J. Sens. Stud. 8, 1993). With noise in many dimensions, d' is
that of the one-dimensional observer with the same proportion correct.

d' = (step / threshold)^beta is fitted to all steps of the ladder, both directions together, by the highest
posterior on a grid of threshold (uniform), beta and lapse rate; intervals from base points drawn anew.

Scores: `threshold` in cents, percent or the factor's own unit; `threshold_jnd` in JND, where listeners are
at 1 by definition; `d_prime` at one JND, which every model has. A threshold lies within the ladder: if it
is not shown to lie below the largest step the value is empty and the note begins "not reached"; if it is
below the smallest step, that step is the value and the note begins "below". Ends of an interval that
lie outside the ladder stand at its ends, and the note says so.
"""

from pathlib import Path

import numpy as np
import pandas
from scipy.stats import norm
from shared.files import written_whole
from shared.graphs import features
from shared.ladders import plain_sounds, read_ladder
from shared.scales import from_jnd
from shared.scores import bootstrap, score_parser, write_scores

CHANCE = 1 / 3
CEILING = 5.0  # of d', 96 % correct: some dozens of trials hardly tell more from it
REACHED = 0.9  # share of replicates within the ladder that makes a threshold; of noise, 3 % get there
SHUFFLED_REPEATS = 200  # replicates of each shuffling
NOT_REACHED, BELOW = "not reached", "below"  # how notes begin
D_PRIMES = np.linspace(0, 20, 2001)
BETAS = np.geomspace(0.5, 3, 10)
BETA_PRIOR = 1.1, 0.35  # median, spread of ln: noise in 1 to 128 dimensions has 1.0 to 1.3
LAPSES = np.array([0, 0.02, 0.05, 0.1])
LAPSE_PRIOR = 0.03  # mean of an exponential


def triangular(d_prime):
    """Proportion correct of the triangular method at a d' of the one-dimensional Gaussian observer.

    2 int_0^inf [Phi(-z sqrt 3 + d' sqrt(2/3)) + Phi(-z sqrt 3 - d' sqrt(2/3))] phi(z) dz.
    """
    z = np.linspace(0, 8, 801)[:, None]
    shift = np.ravel(d_prime) * np.sqrt(2 / 3)
    both = norm.cdf(shift - z * np.sqrt(3)) + norm.cdf(-shift - z * np.sqrt(3))
    return np.trapezoid(2 * both * norm.pdf(z), z, axis=0).reshape(np.shape(d_prime))


PROPORTIONS = triangular(D_PRIMES)


def judge(points, pairs, moved):
    """Whether the observer finds the odd sound, float (T,): 1, 0, or the chance of a guess among ties.

    points: float (N, D); pairs: int (T, 2), the plain sounds; moved: int (T,).
    """
    result = np.zeros(len(moved))
    for start in range(0, len(moved), 256):
        part = slice(start, start + 256)
        a, b, c = (points[i] for i in (*pairs[part].T, moved[part]))
        distances = np.stack([((x - y) ** 2).sum(axis=1) for x, y in ((a, b), (a, c), (b, c))])
        nearest = distances == distances.min(axis=0)
        result[part] = nearest[0] / nearest.sum(axis=0)
    return result


def trials(table, name):
    """Trials on one factor: the moved sounds int (T,), the place of their base point int (T,), and their
    steps float (T,), JND, without sign. table: of `read_ladder`. Steps of 0 (measured factors) are left out.
    """
    moved = np.flatnonzero((table.ladder_factor == name) & (table.ladder_step != 0))
    place = np.unique(table.ladder_point, return_inverse=True)[1]
    return moved, place[moved], np.abs(table.ladder_step.to_numpy()[moved])


def parameter_grid(smallest, largest):
    """Grid of the fit: thresholds (JND), betas, lapses and log prior, each float (G,).

    Thresholds reach three octaves beyond the smallest and largest step (JND) of the ladder.
    """
    thresholds = 2 ** np.arange(np.log2(smallest) - 3, np.log2(largest) + 3, 1 / 8)
    thresholds, betas, lapses = (g.ravel() for g in np.meshgrid(thresholds, BETAS, LAPSES, indexing="ij"))
    median, spread = BETA_PRIOR
    prior = -0.5 * (np.log(betas / median) / spread) ** 2 - lapses / LAPSE_PRIOR
    return thresholds, betas, lapses, prior


def grid_proportions(steps, grid):
    """Proportion correct at each step and grid point, float (S, G). steps: float (S,), JND."""
    thresholds, betas, lapses, _ = grid
    proportions = np.interp((steps[:, None] / thresholds) ** betas, D_PRIMES, PROPORTIONS)
    return np.clip(proportions - lapses * (proportions - CHANCE), 1e-9, 1 - 1e-9)


def log_likelihoods(correct, place, where, proportions, points):
    """Log-likelihood of the trials of each base point on the grid, float (points, G).

    correct: float (T,); place: int (T,), base points; where: int (T,), the row of `proportions` (S, G).
    """
    right, wrong = np.zeros((2, points, len(proportions)))
    np.add.at(right, (place, where), correct)
    np.add.at(wrong, (place, where), 1 - correct)
    return right @ np.log(proportions) + wrong @ np.log1p(-proportions)


def fit(likelihoods, weights, grid):
    """Where on the grid the posterior is highest, int (R,). weights: float (R, points)."""
    blocks = np.array_split(weights, len(weights) // 256 + 1)
    return np.concatenate([np.argmax(block @ likelihoods + grid[3], axis=1) for block in blocks])


def d_prime_at_one(best, grid):
    """d' at one JND of grid points, float (R,), up to CEILING."""
    return np.minimum(grid[0][best] ** -grid[1][best], CEILING)


def is_reached(threshold, replicates, largest):
    """Whether the data place the threshold (JND) within the ladder, whose largest step is given."""
    return threshold <= largest and np.mean(replicates <= largest) >= REACHED


def in_units(count, entry):
    """A step counted in JND as (size, unit): cents for a pitch, percent, or the factor's own unit."""
    jnd = entry["jnd"]
    if "step" in jnd:
        return count * jnd["step"], entry["unit"]
    ratio = from_jnd(count, jnd)
    return (1200 * np.log2(ratio), "cents") if entry["scale"] == "erb" else (100 * (ratio - 1), "percent")


def in_words(count, entry):
    """A step counted in JND, as "17.2 cents"."""
    size, unit = in_units(count, entry)
    return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"


def wilson(share, n, z=1.96):
    """95 % interval of a proportion of n trials (Wilson, 1927): (low, high)."""
    middle, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def step_bins(correct, steps, expected):
    """Rows for the figure, one per octave of steps. correct, steps, expected (fitted): float (T,)."""
    octaves = np.round(np.log2(steps)).astype(int)
    rows = []
    for octave in np.unique(octaves):
        here = octaves == octave
        share = correct[here].mean()
        low, high = wilson(share, here.sum())
        row = {"step": np.exp(np.log(steps[here]).mean()), "trials": here.sum(), "correct": share}
        rows.append(row | {"low": low, "high": high, "fitted": expected[here].mean()})
    return rows


def score_factor(points, table, name, entry, orders, weights):
    """Score rows of one factor, without the model, and rows of step_bins.

    points: float (N, D); orders: int (shuffles, N), which sound stands for which in each shuffling;
    weights: float (repeats, base points), how often each is in each bootstrap resample.
    """
    pairs, (moved, place, steps) = plain_sounds(table), trials(table, name)
    common = {"analysis": Path(__file__).stem, "factor": name, "better": "low", "n": len(pairs)}
    rows = [
        common | {"metric": "threshold", "unit": in_units(1, entry)[1]},
        common | {"metric": "threshold_jnd", "unit": "JND"},
        common | {"metric": "d_prime", "unit": "d'", "better": "high"},
    ]
    if not len(moved) or not np.ptp(points, axis=0).any():
        note = "the embedding does not vary" if len(moved) else "the ladder has no steps of it"
        return [row | {"note": note} for row in rows], []
    sizes, where = np.unique(steps, return_inverse=True)
    smallest, largest = np.quantile(steps, 0.05, method="lower"), sizes[-1]  # measured steps may be near 0
    grid = parameter_grid(smallest, largest)
    proportions = grid_proportions(sizes, grid)

    def outcome(order, weights):
        correct = judge(points, order[pairs[place]], order[moved])
        likelihoods = log_likelihoods(correct, place, where, proportions, len(pairs))
        return correct, fit(likelihoods, np.vstack([np.ones(len(pairs)), weights]), grid)

    correct, best = outcome(np.arange(len(points)), weights)
    shuffled = [outcome(order, weights[:SHUFFLED_REPEATS])[1] for order in orders]
    threshold, replicates = grid[0][best[0]], grid[0][best[1:]]
    notes = []
    if not is_reached(threshold, replicates, largest):
        notes = [f"{NOT_REACHED}: d' = 1 not shown within {largest:.3g} JND = {in_words(largest, entry)}"]
    else:
        low, high = np.percentile(replicates, [2.5, 97.5])
        if threshold < smallest:
            notes = [f"{BELOW} the smallest step, {smallest:.3g} JND = {in_words(smallest, entry)}"]
        elif low < smallest:
            notes = [f"low end below the smallest step, {smallest:.3g} JND"]
        if high > largest:
            notes.append(f"high end not reached within {largest:.3g} JND")
        for row, convert in zip(rows, (lambda x: in_units(x, entry)[0], lambda x: x), strict=False):
            row["value"] = convert(np.clip(threshold, smallest, largest))
            row["replicates"] = convert(np.clip(replicates, smallest, largest))
    reached = sum(is_reached(grid[0][b[0]], grid[0][b[1:]], largest) for b in shuffled)
    notes.append(f"listeners: {in_words(1, entry)} ({entry['jnd'].get('source', 'no source')})")
    notes.append(f"{reached} of {len(shuffled)} shufflings reach a threshold")
    for row in rows[:2]:
        row["note"] = "; ".join(notes)
    d_prime = d_prime_at_one(best, grid)
    chance = np.mean([d_prime_at_one(b[:1], grid) for b in shuffled]) if shuffled else np.nan
    rows[2] |= {"value": d_prime[0], "replicates": d_prime[1:], "chance": chance}
    rows[2]["note"] = f"at the ceiling of {CEILING:g}" if d_prime[0] == CEILING else ""
    return rows, [{"factor": name} | r for r in step_bins(correct, steps, proportions[where, best[0]])]


def main(argv=None):
    parser = score_parser(__doc__)
    parser.add_argument("--embeddings", required=True, help="npy, N x D")
    parser.add_argument("--standardize", action="store_true", help="features to unit variance first")
    parser.add_argument("--estimates", required=True, help="CSV of proportions correct to write")
    args = parser.parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize)
    table = read_ladder(args.parameters)
    base = len(plain_sounds(table))
    weights = bootstrap(lambda i: np.bincount(i, minlength=base), base, args.bootstrap, args.seed)
    rng = np.random.default_rng(args.seed)
    orders = [rng.permutation(len(points)) for _ in range(args.shuffles)]
    scores, estimates = [], []
    for name, entry in args.factors.items():
        rows, bins = score_factor(points, table, name, entry, orders, weights)
        scores += [{"model": args.model} | row for row in rows]
        estimates += bins
    columns = ["factor", "step", "trials", "correct", "low", "high", "fitted"]
    with written_whole(args.estimates) as draft:
        pandas.DataFrame(estimates, columns=columns).to_csv(draft, index=False, float_format="%.6g")
    write_scores(args.scores, scores)
