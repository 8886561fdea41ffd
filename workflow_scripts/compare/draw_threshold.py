"""Thresholds of every model beside those of listeners, on the curves that they were read from.

One panel per factor, one row per model: the proportion of odd sounds found at each step, from chance (1/3,
the foot of the row) to 1 (its head), with Wilson intervals, and the fitted curve. The dotted level is
d' = 1; the bar at the foot is the threshold with its 95 % interval, the line across all rows that of
listeners. Thresholds outside the ladder are arrows.
"""

import textwrap
from pathlib import Path

import numpy as np
import pandas
from analyse.observer import CHANCE, triangular
from analyse.units import in_units, listeners
from matplotlib.figure import Figure
from shared.arguments import figure_parser
from shared.drawing import write_pages
from shared.names import CONTROLS

FIGURE = {
    "of": "ladder",
    "order": 60,
    "reads": ["threshold.scores", "threshold.estimates"],
    "takes": ["factors"],
    "heading": "Thresholds beside listeners'",
    "caption": "Neurometric threshold of each model for each factor, with 95 % interval, in just-noticeable "
    "differences (dashed: listeners, 1), and the observer's proportion correct against the step.",
}

SHOWN = 6  # factors; of more, the first ones
HEIGHT = 0.8  # of a row's curve, from chance to 1; rows are 1 apart
MARGIN = 3.0  # the axis goes beyond the ladder by this factor, for arrows


def above_foot(proportion):
    """Height of a proportion correct above the foot of its row; below chance, slightly negative."""
    return HEIGHT * np.maximum((np.asarray(proportion) - CHANCE) / (1 - CHANCE), -0.1)


def draw_row(axis, foot, row, bins, ends):
    """One model: row of scores (metric threshold_jnd), bins (DataFrame of estimates), ends of the axis."""
    color = "0.5" if row.model in CONTROLS else "tab:blue"
    axis.axhline(foot, color="0.85", linewidth=0.8, zorder=0)
    axis.axhline(foot + above_foot(triangular(1.0)), color="0.8", linewidth=0.6, linestyle=":", zorder=0)
    if len(bins):
        heights = foot + above_foot(bins.correct)
        whiskers = np.abs(foot + above_foot(bins[["low", "high"]].T) - heights)
        axis.errorbar(bins.step, heights, whiskers, fmt="o", color=color, markersize=2.5, elinewidth=0.5)
        curve = foot + above_foot(bins.fitted)
        axis.plot(bins.step, curve, color=color, linewidth=1.2)
        axis.fill_between(bins.step, foot, curve, color=color, alpha=0.12, linewidth=0)
    style = {"color": "black", "linewidth": 1.8, "solid_capstyle": "butt", "zorder": 4, "clip_on": False}
    if np.isfinite(row.value):
        axis.plot([row.low, row.high], [foot, foot], **style)
        marker = "<" if row.state == "below" else "o"
        axis.plot(row.value, foot, marker, color="black", markersize=5, zorder=5)
    elif row.state == "not reached":
        axis.plot(ends[1], foot, ">", color="black", markersize=5, zorder=5, clip_on=False)
        axis.text(ends[1], foot + 0.1, "not reached ", fontsize=6.5, ha="right", color="0.3")
    else:
        axis.text(np.sqrt(ends[0] * ends[1]), foot + 0.15, row.note, fontsize=6.5, ha="center", color="0.3")


def draw(factors, scores, estimates):
    """The figure. factors: {name: entry}; scores, estimates: list of DataFrames, one per model."""
    size = max(3.3 * len(factors) + 1.2, 5.5), 0.5 * len(scores) + 2.1
    figure = Figure(figsize=size, layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(factors), sharey=True))
    feet = np.arange(len(scores))[::-1]
    steps = pandas.concat(estimates).groupby("factor").step.agg(["min", "max"])
    for axis, (name, entry) in zip(axes, factors.items(), strict=True):
        reach = steps.loc[name] if name in steps.index else pandas.Series({"min": 1, "max": 1})
        ends = reach["min"] / MARGIN, reach["max"] * MARGIN
        axis.set(xscale="log", xlim=ends, ylim=(-0.25, len(scores)), xlabel="step (JND)")
        for foot, table, bins in zip(feet, scores, estimates, strict=True):
            here = table[(table.metric == "threshold_jnd") & (table.factor == name)].iloc[0]
            draw_row(axis, foot, here, bins[bins.factor == name].sort_values("step"), ends)
        axis.axvline(1, color="tab:red", linewidth=1, linestyle="--", zorder=1)
        ticks = [4.0**i for i in range(-9, 9) if reach["min"] / 1.5 <= 4.0**i <= reach["max"] * 1.5]
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        top = axis.secondary_xaxis("top")
        top.set_xticks(ticks, [f"{float(f'{in_units(tick, entry)[0]:.2g}'):g}" for tick in ticks])
        top.minorticks_off()
        top.set_xlabel(in_units(1, entry)[1])
        source = entry["jnd"].get("source", "no source")
        axis.set_title(f"{name}\n{textwrap.fill(f'listeners: {listeners(entry)}', 46)}", fontsize=9)
        axis.annotate(source, (0.5, 0), (0, -36), "axes fraction", "offset points", fontsize=6.5, ha="center")
        axis.tick_params(axis="y", length=0)
    axes[0].set_yticks(feet + HEIGHT / 3, [table.model.iloc[0] for table in scores])
    figure.suptitle(
        "Thresholds at d' = 1 (bars) and listeners (dashed)\n"
        "curves: odd sounds found, from chance (1/3) to 1; dotted: d' = 1",
        fontsize=9,
    )
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    factors = dict(list(args.factors.items())[:SHOWN])
    rows = [
        (Path(scores).name.removesuffix(".scores.csv"), pandas.read_csv(scores), pandas.read_csv(estimates))
        for scores, estimates in zip(args.scores, args.estimates, strict=True)
    ]

    def draw_page(page):
        _, scores, estimates = zip(*page, strict=True)
        return draw(factors, scores, estimates)

    write_pages(draw_page, rows, args.output)
