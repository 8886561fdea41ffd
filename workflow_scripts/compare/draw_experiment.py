"""The curves of every model in a listening experiment beside those of listeners.

A row per model, a column per panel of the experiment; first of all listeners alone. In each, listeners are
open circles and a pale dashed line, the model is dots and a line, with 95 % intervals. Thresholds stand on a
logarithmic axis: one that is not reached is an arrow up at the largest step, one below the smallest an arrow
down. Where a model has no answer, the panel says so.
"""

from pathlib import Path

import matplotlib
import numpy as np
import pandas
from matplotlib.figure import Figure
from shared.arguments import figure_parser
from shared.drawing import COLORS, write_pages
from shared.names import CONTROLS

FIGURE = {
    "of": "experiment",
    "order": 65,
    "reads": ["experiment.curve"],
    "takes": ["experiment"],
    "heading": "Curves beside listeners'",
    "caption": "What each model gives in the conditions of the experiment (dots, with 95 % intervals), "
    "beside what listeners did (open circles, dashed). Arrows: the threshold lies beyond the steps.",
}
NUMBERS = ("listeners", "spread", "along", "value", "low", "high", "held_out_r2")
ARROWS = {"below": "v", "not reached": "^", "": "o"}


def quantity(experiment):
    """What the vertical axis has, in words."""
    if "threshold" in experiment:
        return "threshold (%)"
    return "octave - f0 (%)" if experiment["pitch"].get("octave") else "pitch above f0 (%)"


def draw_listeners(axis, rows, color):
    """Listeners' curve on one line of one panel."""
    axis.plot(rows.along, rows.listeners, "--", color=color, linewidth=0.9, alpha=0.6, zorder=1)
    style = {"markerfacecolor": "white", "markersize": 4, "color": color, "alpha": 0.8, "zorder": 2}
    axis.errorbar(rows.along, rows.listeners, rows.spread.fillna(0), fmt="o", elinewidth=0.6, **style)


def draw_model(axis, rows, color):
    """A model's curve on one line of one panel."""
    known = rows[np.isfinite(rows.value)]
    axis.plot(known.along, known.value, color=color, linewidth=1.3, zorder=3)
    axis.vlines(known.along, known.low, known.high, color=color, linewidth=0.7, zorder=3)
    for state, marker in ARROWS.items():
        here = known[known.state == state]
        axis.plot(here.along, here.value, marker, color=color, markersize=3.5, linestyle="none", zorder=4)


def draw_panel(axis, rows, lines, of_model):
    """One panel: each line in its colour. of_model: whether the model's curve is drawn, too."""
    colors = matplotlib.colormaps[COLORS](np.linspace(0, 0.85, len(lines)))
    for line, color in zip(lines, colors, strict=True):
        here = rows[rows.line == line].sort_values("along")
        draw_listeners(axis, here, color)
        if of_model:
            draw_model(axis, here, color)
    if of_model and not np.isfinite(rows.value).any():
        axis.text(0.5, 0.92, "no answer", transform=axis.transAxes, ha="center", fontsize=8, color="0.3")


def scaled(axis, rows, whole, experiment):
    """Scales and ends of a panel's axes. rows: of all models in this panel; whole: in all panels."""
    values = pandas.concat([whole.listeners, whole.value]).dropna()
    if "threshold" in experiment:
        axis.set(yscale="log", ylim=(values.min() / 1.5, values.max() * 1.5))
        ticks = [tick for tick in (0.01, 0.1, 1, 10, 100) if values.min() / 1.5 <= tick <= values.max() * 1.5]
        axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
    places = np.unique(rows.along)
    if places.min() > 0 and places.max() > 8 * places.min():
        axis.set_xscale("log")
        shown = places[:: -(-len(places) // 6)]
        axis.set_xticks(shown, [f"{place:g}" for place in shown])
        axis.minorticks_off()
    axis.tick_params(labelsize=7)


def draw(models, experiment):
    """The figure. models: list of (name, DataFrame of its curve)."""
    whole = pandas.concat([rows for _, rows in models])
    panels, lines = list(whole.panel.unique()), list(whole.line.unique())
    size = 2.6 * max(len(panels), 2) + 1.6, 1.5 * (1 + len(models)) + 0.8
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1 + len(models), len(panels), sharex="col", sharey=True, squeeze=False)
    for row, (name, curve) in zip(axes, [("listeners", models[0][1]), *models], strict=True):
        for axis, panel in zip(row, panels, strict=True):
            draw_panel(axis, curve[curve.panel == panel], lines, name != "listeners")
        row[0].set_ylabel(
            f"{name}\n{quantity(experiment)}", fontsize=8, color="0.5" if name in CONTROLS else "black"
        )
    for axis, panel in zip(axes.T, panels, strict=True):
        axis[0].set_title(panel.replace("_", " "), fontsize=8)
        axis[-1].set_xlabel(experiment["along"].replace("_", " "), fontsize=8)
        for part in axis:
            scaled(part, whole[whole.panel == panel], whole, experiment)
    colors = matplotlib.colormaps[COLORS](np.linspace(0, 0.85, len(lines)))
    handles = [matplotlib.lines.Line2D([], [], color=color) for color in colors]
    if len(lines) > 1:
        names = [line.replace("_", " ") for line in lines]
        figure.legend(handles, names, loc="outside right upper", fontsize=7, frameon=False)
    figure.suptitle(f"{experiment['source']}\nopen circles, dashed: listeners; dots: the model", fontsize=9)
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    rows = [
        (
            Path(path).stem,
            pandas.read_csv(path, keep_default_na=False, na_values={name: [""] for name in NUMBERS}),
        )
        for path in args.curve
    ]
    write_pages(lambda page: draw(page, args.experiment), rows, args.output)
