"""What the search over settings of shallow networks gave: how much of their scores is the choice of grid.

A search trains a network at every point of a grid of settings (learning rate, hidden layers, ...), with
several seeds, on the embedding of each model. Its score is the R2 of each factor on held-out sounds.

Conventions: an R2 below 0, or none because training diverged, counts as 0, as the worst score of a task does:
one training of R2 -1000 would otherwise be all of the variance. A factor that never has an R2 (it does not
vary) is left out. Kinds of networks are told apart.

- `share`: the share (%) of the variance of all scores that a term explains: model, grid, factor, their
  interactions, and seed (whatever another seed changes: held-out blocks, first weights, order of the sounds).
  It is the variance among these models, points and factors; the seeds stand for all seeds. Estimates are
  omega squared: what seeds alone would give is taken off, so that a term without effect has 0 on average.
  `grid, in all` sums up all terms with the grid: what would be gone if all heads shared one point.
- `share_without`: the share of `grid, in all` if the points with one value of a setting (`of`) are left out:
  how much it depends on which values the grid has.
- `swaps`: how often (%) the order of two models by their mean score flips between two trainings of each, at
  two points and with two seeds. Its chance level is the same at one point: what another seed does alone.
  Equal scores count as half a flip. `of` and `other` name the pair, or nothing: the mean of all pairs.
- `r2` and `rank` of each model at each point: means over seeds and factors. Rank 1 is the best.
- `blocks`, `sounds`, `optimism`: R2 at the point that a search would choose, on held-out blocks of the factor
  space, on held-out single sounds, and the latter minus the former. For each seed the point is chosen by the
  blocks' scores of all other seeds, so that luck is not chosen with it. `of` is empty for the mean of models.

Chance of an R2 is the same with shuffled factors. Intervals are of 95 % and over seeds alone: delete-one
jackknife with Student's t; none below three seeds. `least` and `most` (of `share` and the mean of `swaps`)
are the extremes when any one model is left out, of three models or more: how much it depends on who took
part. Controls and layers have scores, but no part in shares, swaps and ranks. `n` is the number of models,
or of points of the grid.
"""

import argparse
from itertools import chain, combinations, product
from pathlib import Path

import numpy as np
import pandas
from scipy import stats
from shared.files import written_whole
from shared.names import CONTROLS, is_layer

from compare.decompose import LEAST_SEEDS, leaving_one_out, over_seeds, shares, swaps

COLUMNS = [
    *("kind", "score", "of", "other", "factor", "point", "settings", "value", "low", "high"),
    *("least", "most", "chance", "unit", "n", "note"),
]
HELD_OUT = ["blocks", "sounds"]
KEY = ["held_out", "model", "point", "factor"]
NOT_SETTINGS = ("model", "kind", "point", "seed", "targets", "held_out", "epochs", "factor", "r2", "found")
UNITS = {
    "share": "% of variance",
    "share_without": "% of variance",
    "swaps": "% of pairs of trainings",
    "rank": "1 is the best",
}
OF_MODELS = ("share", "share_without", "swaps")  # their `n` is the number of models


# --- from tables to arrays ------------------------------------------------------------------------


def read(paths):
    """Scores of all points, models and kinds, none below 0, one DataFrame. paths: CSV of the rule `head`."""
    tables = [pandas.read_csv(path, keep_default_na=False, dtype={"model": str}) for path in paths]
    points = pandas.concat(tables, ignore_index=True)
    points = points[points.factor != "mean"]  # the mean over factors is taken here, of what counts
    points = points.assign(r2=pandas.to_numeric(points.r2, errors="coerce"))
    varies = points.groupby(["kind", "factor"]).r2.transform("count") > 0
    return points[varies].assign(r2=points.r2.fillna(0).clip(lower=0))


def settings_of(points):
    """The settings of each point of a grid in words, {point: words}. points: DataFrame of one kind.

    Raises ValueError if two models mean different settings by one point.
    """
    names = [name for name in points.columns if name not in NOT_SETTINGS]
    names = [name for name in names if points[name].notna().any() and (points[name] != "").any()]
    words = points.assign(words="")
    for name in names:
        words["words"] += f", {name.replace('_', ' ')} " + words[name].astype(str)
    known = words.drop_duplicates(["point", "words"])
    if known.point.duplicated().any():
        point = known.point[known.point.duplicated()].iloc[0]
        models = " and ".join(known.model[known.point == point].unique()[:2])
        raise ValueError(
            f"point {point} of the grid has different settings in the results of {models}; delete "
            "results/*/heads/ and run again"
        )
    return dict(zip(known.point, known.words.str.removeprefix(", "), strict=True))


def cube(points, models):
    """Scores of one kind on both sorts of held-out sounds, and the names along the axes.

    points: DataFrame of one kind. Returns float (2, models, points, seeds, factors), the first axis being
    HELD_OUT, then points and factors. Only points of which every model has every seed and factor are there.
    Raises ValueError if no point is left.
    """
    rows = points[(points.targets == "true") & points.model.isin(models)]
    rows = rows.drop_duplicates([*KEY, "seed"])
    factors, seeds = list(dict.fromkeys(rows.factor)), sorted(rows.seed.unique())
    counts = rows.groupby("point").size()
    complete = sorted(counts.index[counts == 2 * len(models) * len(seeds) * len(factors)])
    if not complete:
        raise ValueError(
            f"no point of the grid was trained with every seed for each of {', '.join(models)}; "
            "look at the logs of the rule head, and run again"
        )
    axes = [HELD_OUT, models, complete, seeds, factors]
    index = pandas.MultiIndex.from_product(axes, names=["held_out", "model", "point", "seed", "factor"])
    scores = rows.set_index(index.names).r2.reindex(index)
    return scores.to_numpy().reshape([len(axis) for axis in axes]), complete, factors


def chance_levels(points, models, complete, factors):
    """Mean scores with shuffled factors, float (2, models, points, factors); NaN where there are none."""
    means = points[points.targets == "shuffled"].groupby(KEY).r2.mean()
    axes = [HELD_OUT, models, complete, factors]
    levels = means.reindex(pandas.MultiIndex.from_product(axes, names=KEY))
    return levels.to_numpy().reshape([len(axis) for axis in axes])


# --- rows of the table ----------------------------------------------------------------------------


def clipped(cells):
    """The numbers of a row of percentages, from 0 to 100."""
    return {key: np.clip(value, 0, 100) for key, value in cells.items()}


def share_rows(scores):
    """Rows of `share`. scores: float (models, points, seeds, factors)."""

    def statistic(some):
        return [*shares(some).values()]

    value, low, high = over_seeds(statistic, scores)
    least, most = leaving_one_out(statistic, scores)
    note = "one seed: what seeds do is in the other shares" if scores.shape[2] == 1 else ""
    if np.isnan(value).all():
        note = "all scores are equal"
    numbers = {"value": value, "low": low, "high": high, "least": least, "most": most}
    return [
        {"score": "share", "of": term, "note": note, "chance": 0.0}
        | clipped({key: of[i] for key, of in numbers.items()})
        for i, term in enumerate(shares(scores))
    ]


def without_rows(scores, words):
    """Rows of `share_without`. scores: float (models, points, seeds, factors); words: of each point."""
    settings, rows = [point.split(", ") for point in words], []
    for value in dict.fromkeys(chain(*settings)):
        kept = [value not in point for point in settings]
        if 2 <= sum(kept) < len(kept):
            numbers = over_seeds(lambda some, kept=kept: [shares(some[:, kept])["grid, in all"]], scores)
            cells = {key: of[0] for key, of in zip(("value", "low", "high"), numbers, strict=True)}
            rows.append({"score": "share_without", "of": value, "chance": 0.0} | clipped(cells))
    return rows


def swap_rows(scores, models):
    """Rows of `swaps`: the mean of all pairs of models, then each pair. Arguments as of rank_rows()."""
    if len(models) < 2 or scores.shape[1] < 2:
        return []

    def mean_first(some):
        of_pairs = swaps(some)[:, 0]
        return [of_pairs.mean(), *of_pairs]

    value, low, high = over_seeds(mean_first, scores)
    chance = swaps(scores)[:, 1]
    chance = [chance.mean(), *chance]
    least, most = leaving_one_out(lambda some: mean_first(some)[:1], scores)
    rows = []
    for i, pair in enumerate([{}, *({"of": a, "other": b} for a, b in combinations(models, 2))]):
        numbers = {"value": value[i], "low": low[i], "high": high[i], "chance": chance[i]}
        numbers |= {"least": least[0], "most": most[0]} if i == 0 else {}
        rows.append({"score": "swaps"} | pair | clipped(numbers))
    return rows


def point_rows(scores, chance, models, points):
    """Rows of `r2` of each model and point: means over factors.

    scores: float (models, points, seeds, factors); chance: float (models, points, factors).
    """
    value, low, high = over_seeds(lambda some: some.mean(axis=(2, 3)).ravel(), scores)
    numbers = {"value": value, "low": np.clip(low, 0, 1), "high": np.clip(high, 0, 1)}
    numbers["chance"] = chance.mean(axis=2).ravel()
    return [
        {"score": "r2", "of": model, "point": point} | {key: of[i] for key, of in numbers.items()}
        for i, (model, point) in enumerate(product(models, points))
    ]


def rank_rows(scores, models, points):
    """Rows of `rank`, 1 the best, equal ones their mean. scores: float (models, points, seeds, factors)."""
    ranks = stats.rankdata(-scores.mean(axis=(2, 3)), axis=0)
    return [
        {"score": "rank", "of": model, "point": point, "value": ranks[i, j]}
        for (i, model), (j, point) in product(enumerate(models), enumerate(points))
    ]


def chosen_points(scores):
    """The point that a search chooses for each seed by all other seeds, int (models, seeds).

    scores: float (models, points, seeds, factors). A single seed chooses for itself.
    """
    means = scores.mean(axis=3)
    others = means.sum(axis=2, keepdims=True) - means if means.shape[2] > 1 else means
    return others.argmax(axis=1)


def chosen(scores, chance):
    """What a search reaches: scores at chosen_points() and their chance levels.

    scores, chance: of cube() and chance_levels(). Returns two float (2, models, seeds, 1 + factors), of which
    the last axis begins with the mean over factors.
    """
    points = chosen_points(scores[0])
    models, seeds = np.indices(points.shape)
    taken = scores[:, models, points, seeds]
    levels = chance[:, models, points]
    return [np.concatenate([of.mean(axis=-1, keepdims=True), of], axis=-1) for of in (taken, levels)]


def chosen_rows(taken, levels, model, factors):
    """Rows of `blocks`, `sounds` and `optimism` of a model, of the mean over factors and of each.

    taken, levels: float (2, seeds, 1 + factors), scores and their chance.
    """
    rows = []
    for f, factor in enumerate(["", *factors]):
        (blocks, sounds), (low_blocks, low_sounds) = taken[:, :, f], levels[:, :, f].mean(axis=1)
        for score, of, chance, ends in (
            ("blocks", blocks, low_blocks, (0, 1)),
            ("sounds", sounds, low_sounds, (0, 1)),
            ("optimism", sounds - blocks, low_sounds - low_blocks, (-1, 1)),
        ):
            numbers = {"value": of.mean(), "chance": chance}
            if len(of) >= LEAST_SEEDS:
                reach = stats.t.ppf(0.975, len(of) - 1) * of.std(ddof=1) / np.sqrt(len(of))
                numbers |= {
                    "low": np.clip(of.mean() - reach, *ends),
                    "high": np.clip(of.mean() + reach, *ends),
                }
            rows.append({"score": score, "of": model, "factor": factor} | numbers)
    return rows


def rows_of_kind(points, models):
    """All rows of one kind of network. points: DataFrame of that kind; models: in order."""
    words = settings_of(points)
    present = set(points.model)
    scored = [model for model in models if model in present]
    scores, complete, factors = cube(points, scored)
    chance = chance_levels(points, scored, complete, factors)
    compared = [model for model in scored if model not in CONTROLS and not is_layer(model)]
    places = [scored.index(model) for model in compared]
    among = scores[0, places]
    rows = []
    if compared:
        rows += [*share_rows(among), *without_rows(among, [words[point] for point in complete])]
        rows += [*swap_rows(among, compared), *rank_rows(among, compared, complete)]
    rows += point_rows(scores[0], chance[0], scored, complete)
    taken, levels = chosen(scores, chance)
    if compared:
        rows += chosen_rows(taken[:, places].mean(axis=1), levels[:, places].mean(axis=1), "", factors)
    for i, model in enumerate(scored):
        rows += chosen_rows(taken[:, i], levels[:, i], model, factors)
    lost = len(words) - len(complete)
    left_out = f"points that not every model has are left out: {lost}" if lost else ""
    for row in rows:
        row["note"] = "; ".join(filter(None, [row.get("note"), left_out]))
        row |= {"settings": words[row["point"]]} if "point" in row else {}
        row |= {"n": among.shape[0] if row["score"] in OF_MODELS else len(complete)}
        row["unit"] = UNITS.get(row["score"], "R2")
    return rows


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the data set's results")
    parser.add_argument("--heads", nargs="+", required=True, help="model.kind of each head")
    parser.add_argument("--models", nargs="+", required=True, help="models, layers and controls, in order")
    parser.add_argument("--output", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    points = read([args.results / "heads" / f"{head}.csv" for head in args.heads])
    rows = [
        {"kind": kind} | row
        for kind in dict.fromkeys(points.kind)
        for row in rows_of_kind(points[points.kind == kind], args.models)
    ]
    with written_whole(args.output) as draft:
        pandas.DataFrame(rows, columns=COLUMNS).to_csv(draft, index=False, float_format="%.6g")
