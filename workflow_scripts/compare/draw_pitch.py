"""Distance of sounds against that of their pitches, a panel per model: does it dip at octaves?

Distances are means over pairs of sounds, divided by the mean over all pairs, after what the other factors do
is taken off. Grey lines are whole octaves. A code of pitch as a line rises and then stays level or goes on;
one that knows octaves has a dip at every grey line.
"""

from pathlib import Path

import numpy as np
import pandas
from matplotlib.figure import Figure
from shared.arguments import figure_parser
from shared.drawing import write_pages

FIGURE = {
    "of": "pitch",
    "order": 75,
    "reads": ["pitch.scores", "pitch.curve"],
    "takes": [],
    "heading": "Distance and octaves",
    "caption": "Mean distance of two sounds, over that of all pairs, against how many octaves their pitches "
    "are apart (grey: whole octaves). A dip at an octave is octave equivalence. Titles: the share by "
    "which whole octaves are nearer, with its 95 % interval.",
}

ACROSS = 4  # panels in a row


def title(model, scores):
    """Name of the model and its octave equivalence. scores: its rows."""
    row = scores[scores.metric == "octave"].iloc[0]
    if not np.isfinite(row.value):
        return f"{model}\nno score"
    return f"{model}\noctave {row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"


def draw(models):
    """The figure. models: list of (model, its score rows, its curve), the last two DataFrames."""
    across = min(ACROSS, len(models))
    down = -(-len(models) // across)
    figure = Figure(figsize=(2.6 * across, 2.1 * down + 0.6), layout="constrained")
    axes = np.atleast_1d(figure.subplots(down, across, sharex=True, sharey=True)).ravel()
    for axis in axes[len(models) :]:
        axis.set_axis_off()
    for axis, (model, scores, curve) in zip(axes, models, strict=False):
        axis.set_title(title(model, scores), fontsize=8)
        if len(curve):
            for octave in range(1, int(curve.octaves.max()) + 1):
                axis.axvline(octave, color="lightgrey", linewidth=0.8, zorder=0)
            axis.plot(curve.octaves, curve.distance, color="C0", linewidth=1)
    axes[0].set_ylim(bottom=0)
    axes[0].set_xlim(left=0)
    figure.supxlabel("distance of the pitches in octaves", fontsize=9)
    figure.supylabel("distance, over the mean", fontsize=9)
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    models = []
    for scores, curve in zip(args.scores, args.curve, strict=True):
        table = pandas.read_csv(scores, keep_default_na=False)  # a model may be called NA
        for column in ("value", "low", "high"):
            table[column] = pandas.to_numeric(table[column])
        models.append((Path(scores).name.removesuffix(".scores.csv"), table, pandas.read_csv(curve)))
    write_pages(draw, models, args.output)
