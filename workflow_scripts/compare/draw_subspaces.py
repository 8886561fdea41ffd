"""What the probes of each model carry: one square per model, a row per probe, a column per factor.

On the diagonal R2 of the probe of a factor, beside it the leakage of the other factors into that probe;
below each square the angles between the directions in which the factors move the embedding.
"""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas
from matplotlib.figure import Figure
from shared.arguments import figure_parser
from shared.drawing import COLORS, write_pages

FIGURE = {
    "of": "cloud",
    "order": 40,
    "reads": ["subspaces.scores"],
    "takes": ["factors"],
    "heading": "What the probe of each factor carries",
    "caption": "Each square is a model. Diagonal: R2 of the linear probe of a factor. Beside it: leakage of "
    "the other factors into that probe. Below: angles between the directions in which the factors "
    "move it.",
}

ACROSS = 5  # squares in a row
WRITTEN = 6  # factors; of more, the numbers are left to the table


def matrix(scores, factors):
    """Leakage with the probes' R2 on the diagonal, float (F, F): a row per probe, NaN where there is none."""
    result = np.full((len(factors), len(factors)), np.nan)
    for row in scores.itertuples():
        if row.metric == "probe_r2":
            result[factors.index(row.factor), factors.index(row.factor)] = row.value
        elif row.metric == "leakage":
            result[factors.index(row.factor), factors.index(row.other)] = row.value
    return result


def angles(scores, factors):
    """The angles as text, one per pair of factors, or how many pairs have none."""
    known = scores[scores.metric == "angle"].set_index(["factor", "other"]).value
    pairs = list(combinations(factors, 2))
    if len(factors) > WRITTEN or not pairs:
        return ""
    lines = [f"{a} \N{ANGLE} {b}: {known[a, b]:.0f}°" for a, b in pairs if known.get((a, b), np.nan) >= 0]
    return "\n".join(lines) if lines else "no two factors have\na main effect"


def draw(factors, models):
    """The figure. factors: list of names; models: list of (model, DataFrame of its score rows)."""
    across = min(ACROSS, len(models))
    down = -(-len(models) // across)
    size = 1.6 + 0.16 * min(len(factors), 12)
    figure = Figure(figsize=(size * across + 1.2, (size + 0.9) * down + 0.5), layout="constrained")
    axes = np.atleast_1d(figure.subplots(down, across)).ravel()
    for axis in axes[len(models) :]:
        axis.set_axis_off()
    for axis, (name, scores) in zip(axes, models, strict=False):
        values = matrix(scores, factors)
        image = axis.imshow(np.clip(values, 0, 1), cmap=COLORS, vmin=0, vmax=1)
        axis.set_title(name, fontsize=9)
        axis.set_xticks(range(len(factors)), factors, rotation=90, fontsize=7)
        axis.set_yticks(range(len(factors)), factors, fontsize=7)
        axis.set_xlabel(angles(scores, factors), fontsize=7)
        if len(factors) <= WRITTEN:
            for (row, column), value in np.ndenumerate(values):
                color = "black" if value > 0.6 else "white"
                text = f"{round(value, 2) + 0.0:.2f}"
                axis.text(column, row, text, ha="center", va="center", fontsize=7, color=color)
    figure.colorbar(image, ax=axes.tolist(), label="R2; beside: share of the probe", fraction=0.02)
    figure.suptitle("Probe of each factor (rows): what it carries of each factor (columns)", fontsize=10)
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    tables = [
        pandas.read_csv(path, keep_default_na=False) for path in args.scores
    ]  # a factor may be called NA
    tables = [table.assign(value=pandas.to_numeric(table.value)) for table in tables]
    names = [Path(path).name.removesuffix(".scores.csv") for path in args.scores]
    models = list(zip(names, tables, strict=True))
    write_pages(lambda page: draw(list(args.factors), page), models, args.output)
