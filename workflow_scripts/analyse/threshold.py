"""Neurometric threshold of each factor: the step that an observer of the embedding tells apart at d' = 1.

An observer (observer.py) hears the two plain renderings of a base point of a ladder, and a third sound with
one factor moved by a step. Nuisances are drawn anew in each. The observer names the odd one of the three. The
threshold is fitted to its answers at all steps of the ladder, both directions together. Intervals come from
base points drawn anew.

Scores: `threshold` is in cents, percent or the factor's own unit. `threshold_jnd` is the same in JND, where
listeners are at 1 by definition; of a JND that varies over the range, `threshold` is the mean over the range
(units.py). `d_prime` is taken at one JND; every model has one.

Doubts stand in the note: whether the curve fits the steps, and whether parts of the range have thresholds of
their own (lack_of_fit.py); whether large steps are missed as well; whether the threshold would be another, by
SHALLOW, without a prior on its slope; how far another one must be away to be told from it (POWER standard
errors of its logarithm).

States: a threshold lies within the ladder. If it is not shown to lie below the largest step, it is `not
reached` and has no value; its replicates end at that step. If it is below the smallest step, it is `below`
and that step is its value. An end of an interval that lies outside the ladder stands at the ladder's end, and
the note says so. A d' that is cut off at CEILING has the state `ceiling`.

File: `estimates` has one row per factor and octave of steps: step (JND), trials, the proportion correct with
its interval (low, high), and the fitted proportion.
"""

from typing import NamedTuple

import numpy as np
import pandas
from shared.files import written_whole
from shared.graphs import features
from shared.ladders import plain_sounds, read_ladder
from shared.scores import analysis_parser, bootstrap, interval, write_scores

from analyse.lack_of_fit import LEVEL, over_range, over_steps
from analyse.observer import (
    CEILING,
    LAPSES,
    Ends,
    d_prime_at_one,
    fit,
    grid_proportions,
    judge,
    log_likelihoods,
    parameter_grid,
    without_slope_prior,
)
from analyse.units import in_units, in_words, listeners

ANALYSIS = {
    "of": "ladder",
    "order": 10,
    "reads": ["parameters", "embeddings"],
    "takes": ["factors", "standardize", "reduce", "metric", "shuffles", "bootstrap", "seed"],
    "writes": {"estimates": "{model}.csv"},
    "metrics": {
        "threshold": {
            "unit": "cents, percent or the unit of the factor",  # each row states its own
            "better": "low",
            "heading": "Neurometric thresholds",
            "text": "The step of a factor at which an observer of the embedding has d' = 1, beside that of "
            "listeners. The observer gets three renderings with nuisances drawn anew, one of them with the "
            "factor moved, and picks the one that is farthest from the closest pair.",
            "notes": True,
        },
        "threshold_jnd": {
            "unit": "JND",
            "better": "low",
            "heading": "Neurometric thresholds in just-noticeable differences",
            "text": "The same in units of listeners' thresholds: 1 is as keen as listeners, below 1 keener.",
        },
        "d_prime": {
            "unit": "d'",
            "better": "high",
            "heading": "Sensitivity index at one just-noticeable difference",
            "text": "d' of the same observer when the factor moves by one just-noticeable difference. 0 is "
            "blind.",
        },
    },
}
REACHED = 0.9  # share of replicates within the ladder that makes a threshold; of noise, 3 % get there
SHALLOW = 1.5  # ratio of the thresholds with and without the prior on the slope
POWER = 2.8 * np.sqrt(2)  # a difference of 2.8 standard errors is told in 80 of 100 cases
SHUFFLED_REPEATS = 200  # replicates of each shuffling


class Trials(NamedTuple):
    """Trials on one factor, one per sound with the factor moved."""

    pairs: np.ndarray  # int (T, 2), the plain sounds of the same base point
    moved: np.ndarray  # int (T,), the moved sounds
    place: np.ndarray  # int (T,), the places of their base points
    steps: np.ndarray  # float (T,), JND, without sign


def trials(table, name):
    """The Trials on one factor. table: of read_ladder(). Steps of 0 (measured factors) are left out."""
    moved = np.flatnonzero((table.ladder_factor == name) & (table.ladder_step != 0))
    place = np.unique(table.ladder_point, return_inverse=True)[1][moved]
    return Trials(plain_sounds(table)[place], moved, place, np.abs(table.ladder_step.to_numpy()[moved]))


def is_reached(threshold, replicates, largest):
    """Whether the data place the threshold (JND) within the ladder. largest: its largest step, JND."""
    return threshold <= largest and np.mean(replicates <= largest) >= REACHED


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


def threshold_notes(threshold, replicates, entry, ends):
    """State of a threshold (JND) and a list of notes on how it lies within the ladder.

    replicates: float (repeats,), JND; entry: the factor's; ends: Ends.
    """
    smallest, largest = ends
    low, high = interval(replicates)
    if not is_reached(threshold, replicates, largest):
        within = f"{largest:.3g} JND = {in_words(largest, entry)}"
        above = f"; above {min(low, largest):.3g} JND (97.5 %)" if low > smallest else ""
        return "not reached", [f"not reached: d' = 1 not shown within {within}{above}"]
    if threshold < smallest:
        return "below", [f"below the smallest step, {smallest:.3g} JND = {in_words(smallest, entry)}"]
    apart = np.exp(POWER * np.log(replicates).std())
    notes = [f"told from a threshold {apart:.2g} times as large or small"]
    if low < smallest:
        notes.append(f"low end below the smallest step, {smallest:.3g} JND")
    if high > largest:
        notes.append(f"high end not reached within {largest:.3g} JND")
    return "", notes


def doubts(answers, trials, values, grid, proportions, largest, seed):
    """Notes on what the fit of one threshold does not tell, a list.

    answers: float (T,), of the observer; trials: Trials; values: float (points,), of the factor at the base
    points; proportions: of the grid, at each size of step; largest: step, JND.
    """
    where = np.unique(trials.steps, return_inverse=True)[1]
    likelihoods = log_likelihoods(answers, trials.place, where, proportions, len(values))
    best, free = (
        fit(likelihoods, np.ones((1, len(values))), g)[0] for g in (grid, without_slope_prior(grid))
    )
    notes = []
    p = over_steps(answers, trials, proportions, grid, seed)
    if p <= LEVEL:
        notes.append(f"the curve does not fit the steps (p = {p:.2g}): see the figure")
    split = over_range(likelihoods, values, grid, seed)
    if split.p <= LEVEL:
        low, high = (f"{t:.2g} JND" if t <= largest else "not reached" for t in split.thresholds)
        lower = f"the lower {split.count} of {len(values)} base points"
        notes.append(f"not one threshold: {low} for {lower}, {high} for the upper (p = {split.p:.2g})")
    if grid.lapses[best] == LAPSES[-1]:
        notes.append(f"large steps are missed, too: {LAPSES[-1]:.0%} or more")
    threshold, ratio = grid.thresholds[best], grid.thresholds[free] / grid.thresholds[best]
    if max(ratio, 1 / ratio) > SHALLOW and threshold <= largest:
        notes.append(f"ill-determined: {grid.thresholds[free]:.2g} JND without a prior on the slope")
    tied = ((answers > 0) & (answers < 1)).mean()
    if tied > 0:
        notes.append(f"in {tied:.0%} of trials sounds are equally far: guessed")
    return notes


def threshold_rows(thresholds, shuffled, entry, ends, doubted=()):
    """Score rows `threshold` and `threshold_jnd` of one factor.

    thresholds: float (1 + repeats,), JND: that of all base points, then of the resamples; shuffled: list of
    the same for each shuffling; entry: the factor's; ends: Ends; doubted: of doubts().
    """
    threshold, replicates = thresholds[0], thresholds[1:]
    state, notes = threshold_notes(threshold, replicates, entry, ends)
    notes += doubted
    rows = [{"metric": "threshold", "unit": in_units(1, entry)[1]}, {"metric": "threshold_jnd"}]
    for row, convert in zip(rows, (lambda x: in_units(x, entry)[0], lambda x: x), strict=True):
        row["replicates"] = convert(np.clip(replicates, *ends))
        if state != "not reached":
            row["value"] = convert(np.clip(threshold, *ends))
    reached = sum(is_reached(t[0], t[1:], ends.largest) for t in shuffled)
    notes.append(f"listeners: {listeners(entry)} ({entry['jnd'].get('source', 'no source')})")
    notes.append(f"{reached} of {len(shuffled)} shufflings reach a threshold")
    return [row | {"state": state, "note": "; ".join(notes)} for row in rows]


def d_prime_row(d_primes, shuffled):
    """Score row `d_prime` of one factor.

    d_primes: float (1 + repeats,): that of all base points, then of the resamples; shuffled: list of float,
    that of all base points in each shuffling.
    """
    row = {"metric": "d_prime", "value": d_primes[0], "replicates": d_primes[1:]}
    row["chance"] = np.mean(shuffled) if shuffled else np.nan
    if d_primes[0] == CEILING:
        row |= {"state": "ceiling", "note": f"at the ceiling of {CEILING:g}"}
    return row


def undefined_rows(entry, note):
    """Score rows of a factor that has no scores, with the reason."""
    units = {"threshold": {"unit": in_units(1, entry)[1]}}
    return [{"metric": m, "note": note} | units.get(m, {}) for m in ANALYSIS["metrics"]]


def score_factor(points, table, name, entry, orders, weights, seed=0):
    """Score rows of one factor, and its rows of step_bins().

    points: float (N, D); table: of read_ladder(); orders: int (shuffles, N), which sound stands for which in
    each shuffling; weights: float (repeats, base points), how often each is in each bootstrap resample.
    """
    of_factor = trials(table, name)
    pairs, moved, place, steps = of_factor
    plain = plain_sounds(table)
    base = len(plain)
    same = {"factor": name, "n": base}
    if not len(moved) or not np.ptp(points, axis=0).any():
        note = "the embedding does not vary" if len(moved) else "the ladder has no steps of it"
        return [same | row for row in undefined_rows(entry, note)], []
    sizes, where = np.unique(steps, return_inverse=True)
    ends = Ends(np.quantile(steps, 0.05, method="lower"), sizes[-1])  # measured steps may be near 0
    grid = parameter_grid(ends)
    proportions = grid_proportions(sizes, grid)

    def fitted(correct, weights):
        """Grid points, int (1 + repeats,), that fit all base points best, and each resample."""
        likelihoods = log_likelihoods(correct, place, where, proportions, base)
        return fit(likelihoods, np.vstack([np.ones(base), weights]), grid)

    correct = judge(points, pairs, moved)
    best = fitted(correct, weights)
    few = weights[:SHUFFLED_REPEATS]
    shuffled = [fitted(judge(points, order[pairs], order[moved]), few) for order in orders]
    values = table[name].to_numpy()[plain[:, 0]]
    doubted = doubts(correct, of_factor, values, grid, proportions, ends.largest, seed)
    rows = threshold_rows(grid.thresholds[best], [grid.thresholds[b] for b in shuffled], entry, ends, doubted)
    rows.append(d_prime_row(d_prime_at_one(best, grid), [d_prime_at_one(b[0], grid) for b in shuffled]))
    bins = step_bins(correct, steps, proportions[where, best[0]])
    return [same | row for row in rows], [{"factor": name} | row for row in bins]


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize, args.reduce, args.metric)
    table = read_ladder(args.parameters)
    base = len(plain_sounds(table))
    weights = bootstrap(lambda i: np.bincount(i, minlength=base), base, args.bootstrap, args.seed)
    rng = np.random.default_rng(args.seed)
    orders = [rng.permutation(len(points)) for _ in range(args.shuffles)]
    scores, estimates = [], []
    for name, entry in args.factors.items():
        rows, bins = score_factor(points, table, name, entry, orders, weights, args.seed)
        scores += rows
        estimates += bins
    columns = ["factor", "step", "trials", "correct", "low", "high", "fitted"]
    with written_whole(args.estimates) as draft:
        pandas.DataFrame(estimates, columns=columns).to_csv(draft, index=False, float_format="%.6g")
    write_scores(args, scores)
