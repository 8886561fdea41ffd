"""What the search over settings of the heads gave: shares of variance, scores of all points, optimism.

A row of panels per kind of head. Left: the share of the variance of scores that each term explains (rings:
the least and the most when any one model is left out). Middle: the mean R2 of each model on held-out blocks
at each point of the grid, points in the order of their mean; grey dashes are chance, with shuffled factors.
Where lines cross, models swap. Right: the R2 at the point that a search chooses, on held-out blocks (dots),
on held-out single sounds (rings), and with shuffled factors (grey). Bars are 95 % intervals over seeds.
"""

import numpy as np
import pandas
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from shared.arguments import figure_parser
from shared.drawing import look_of, write_figure
from shared.names import CONTROLS, is_layer

FIGURE = {
    "of": "searched",
    "order": 51,
    "reads": ["search"],
    "takes": [],
    "heading": "The search over settings of the heads",
    "caption": "Which share of the variance of scores is model, factor, grid and seed (rings: leaving out "
    "any one model); the R2 of each model at each point of the grid; and how optimistic held-out single "
    "sounds are beside held-out blocks of the factor space. 95 % intervals over seeds; grey: chance, with "
    "shuffled factors.",
}

SHOWN = 40  # models on the right; of more, the first ones


def draw_shares(axis, rows):
    """Left panel. rows: of `share`."""
    places = np.arange(len(rows))[::-1]
    colors = ["tab:red" if "grid" in term else "0.6" for term in rows.of]
    axis.barh(places, rows.value, color=colors, height=0.6, alpha=0.7)
    axis.hlines(places, rows.low, rows.high, color="black", linewidth=1.5)
    for end in ("least", "most"):
        axis.plot(rows[end], places, "o", color="black", markersize=3, fillstyle="none")
    axis.set_yticks(places, rows.of, fontsize=8)
    axis.set_xlim(0, 100)
    axis.set_xlabel("% of the variance of scores")


def draw_points(axis, rows, swaps):
    """Middle panel. rows: of `r2`; swaps: of `swaps` of all pairs, a DataFrame of one row or none."""
    rows = rows[~rows.of.map(is_layer).astype(bool)]
    models = [*dict.fromkeys(rows.of)]
    values, low, high, chance = (
        rows.pivot(index="of", columns="point", values=key).loc[models]
        for key in ("value", "low", "high", "chance")
    )
    known = [model for model in models if model not in CONTROLS]
    order = values.loc[known or models].mean().sort_values(kind="stable").index
    places = np.arange(len(order))
    for i, model in enumerate(models):
        color, marker, style = look_of(i, model)
        axis.fill_between(
            places, low.loc[model, order], high.loc[model, order], color=color, alpha=0.15, linewidth=0
        )
        look = {"marker": marker, "markersize": 3, "color": color, "linewidth": 1, "label": model}
        axis.plot(places, values.loc[model, order], style, **look)
        axis.plot(places, chance.loc[model, order], "_", color="0.7", markersize=3, zorder=0)
    axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
    axis.set_xlabel("points of the grid, by their mean")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_ylabel("mean R2 on held-out blocks")
    for row in swaps.itertuples():
        words = f"the order of two models flips at {row.value:.0f} % of pairs of points"
        axis.set_title(f"{words}\n(by another seed alone: {row.chance:.0f} %)", fontsize=8)
    axis.legend(fontsize=6, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))


def draw_chosen(axis, rows):
    """Right panel. rows: of `blocks` and `sounds`, means over factors."""
    models = [*dict.fromkeys(rows.of)][:SHOWN]
    places = dict(zip(models, range(len(models))[::-1], strict=True))
    rows = rows[rows.of.isin(models)]
    for score, aside, fill in (("blocks", 0.12, "full"), ("sounds", -0.12, "none")):
        of = rows[rows.score == score]
        y = of.of.map(places) + aside
        axis.hlines(y, of.low, of.high, color="tab:blue", linewidth=1)
        axis.plot(of.value, y, "o", color="tab:blue", markersize=4, fillstyle=fill, label=f"held-out {score}")
        axis.plot(of.chance, y, "o", color="0.6", markersize=4, fillstyle=fill, label=f"{score}, shuffled")
    axis.set_yticks([*places.values()], [*places], fontsize=8)
    axis.set_xlabel("R2 at the chosen point")
    axis.legend(fontsize=6, frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=2)


def draw(search):
    """The figure. search: DataFrame of search.csv, its texts empty where there are none."""
    kinds = [*dict.fromkeys(search.kind)]
    most = search[search.score == "blocks"].groupby("kind").of.nunique().clip(upper=SHOWN).max()
    figure = Figure(figsize=(12, len(kinds) * max(3.2, 1.2 + 0.22 * most)), layout="constrained")
    rows = figure.subfigures(len(kinds), 1, squeeze=False)[:, 0]
    for part, kind in zip(rows, kinds, strict=True):
        of = search[search.kind == kind]
        left, middle, right = part.subplots(1, 3, width_ratios=[1, 1.4, 1])
        part.suptitle(f"{kind} heads", fontsize=9, x=0.01, ha="left", fontweight="bold")
        draw_shares(left, of[of.score == "share"])
        draw_points(middle, of[of.score == "r2"], of[(of.score == "swaps") & (of.of == "")])
        draw_chosen(right, of[of.score.isin(["blocks", "sounds"]) & (of.factor == "") & (of.of != "")])
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    search = pandas.read_csv(args.search, keep_default_na=False)  # a model may be called NA
    for column in ("value", "low", "high", "least", "most", "chance", "point"):
        search[column] = pandas.to_numeric(search[column])
    write_figure(draw(search), args.output)
