"""What a shallow network on top adds: each score from the raw embedding through the heads, a line per model.

A row of panels per score, a panel per factor or pair of factors. Bars are 95 % intervals, short grey dashes
the chance level of each embedding. The controls are dashed (reference) and dotted (chance): what a head
learns from them needs no model. Red dashes are listeners' thresholds. A triangle at the top is a threshold
that the largest step does not reach. Heads of layers are not drawn.
"""

import numpy as np
import pandas
from matplotlib.figure import Figure
from shared.arguments import figure_parser
from shared.drawing import look_of, write_pages
from shared.names import HEADS, base_of, is_head, is_layer, part_of

FIGURE = {
    "of": "levels",
    "order": 52,
    "reads": ["scores"],
    "takes": [],
    "heading": "From the raw embedding through the heads",
    "caption": "Each score of the raw embedding and of the hidden activations of the shallow networks on "
    "top, with 95 % intervals; short grey dashes: chance. Dotted and dashed black: the heads on the controls "
    "chance and reference. Heads have been taught by the sounds of one data set: on those, chance shows what "
    "they can memorise.",
}

SCORES = {  # analysis.metric: axis label
    "threshold.threshold_jnd": "threshold (JND)",
    "threshold.d_prime": "d' at one JND",
    "knn.r2": "neighbours (R2)",
    "subspaces.probe_r2": "linear probe (R2)",
    "subspaces.leakage": "leakage (share)",
    "subspaces.angle": "angle (degrees)",
    "hypothesis.hypothesis": "hypothesis (0 to 1)",
    "agreement.spearman": "agreement (rank correlation)",
    "experiment.correlation": "correlation with listeners",
}
LOGARITHMIC = "threshold.threshold_jnd"
MODELS = 12  # on a page
SHOWN = 6  # panels of a score; of more factors or pairs of them, the first ones
SPREAD = 0.3  # levels over which the models stand side by side


def levelled(scores):
    """The scores that the figure shows, with columns `score`, `panel`, `base` and `level`.

    scores: DataFrame of scores.csv. `base` is the model or control, `level` the kind of head or `raw`. Only
    bases that have heads are there.
    """
    scores = scores.assign(
        score=scores.analysis + "." + scores.metric,
        panel=scores.factor + (" → " + scores.other).where(scores.other != "", ""),
        base=scores.model.map(base_of),
        level=scores.model.map(lambda row: part_of(row) if is_head(row) else "raw"),
    )
    headed = set(scores.base[scores.model.map(is_head).astype(bool)])
    chosen = scores.score.isin([*SCORES]) & scores.base.isin(headed)
    return scores[chosen & ~scores.base.map(is_layer).astype(bool)]


def draw_line(axis, rows, levels, place, look):
    """One model in one panel.

    rows: DataFrame of its scores; levels: names in order; place: how far aside of each level it stands; look:
    colour, marker, line style and label.
    """
    rows = rows.set_index("level").reindex(levels)
    x = np.arange(len(levels)) + place
    color, marker, style, label = look
    axis.vlines(x, rows.low, rows.high, color=color, linewidth=1)
    axis.plot(
        x, rows.value, marker=marker, linestyle=style, color=color, markersize=4, linewidth=1, label=label
    )
    axis.plot(x, rows.chance, "_", color="0.6", markersize=5, zorder=0)
    for place in x[(rows.state == "not reached").to_numpy()]:
        axis.plot(
            place, 1, "^", color=color, markersize=5, transform=axis.get_xaxis_transform(), clip_on=False
        )


def draw(models):
    """The figure. models: list of (model, its rows of levelled())."""
    rows = pandas.concat([of for _, of in models])
    levels = [level for level in ("raw", *HEADS) if level in set(rows.level)]
    drawn = {
        score: [*dict.fromkeys(of.panel)][:SHOWN]
        for score in SCORES
        if len(of := rows[(rows.score == score) & (rows.value.notna() | (rows.state == "not reached"))])
    }
    across = max(map(len, drawn.values()), default=0)
    if not across:
        figure = Figure(figsize=(6, 1))
        figure.text(0.02, 0.5, "No head has one of these scores on this data set.")
        return figure
    columns = max(2, 2 * across)
    size = (0.8 + 2.3 * max(across, 2), 0.6 + 0.2 * len(models) / columns + 2 * len(drawn))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(drawn), across, squeeze=False, sharey="row")
    order = [model for model, _ in models]
    for line, (score, panels) in zip(axes, drawn.items(), strict=True):
        line[0].set_ylabel(SCORES[score])
        for axis in line[len(panels) :]:
            axis.set_axis_off()
        for axis, panel in zip(line, panels, strict=False):
            of_panel = rows[(rows.score == score) & (rows.panel == panel)]
            for i, model in enumerate(order):
                place = SPREAD * ((i + 0.5) / len(order) - 0.5)
                look = (*look_of(i, model), model)
                draw_line(axis, of_panel[of_panel.base == model], levels, place, look)
            axis.set_title(panel, fontsize=8)
            axis.set_xticks(range(len(levels)), levels, fontsize=7)
            axis.set_xlim(-0.4, len(levels) - 0.6)
        if score == LOGARITHMIC:
            line[0].set_yscale("log")
            for axis in line[: len(panels)]:
                axis.axhline(1, color="tab:red", linestyle="--", linewidth=0.8, zorder=0)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize=7, frameon=False)
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    scores = pandas.read_csv(args.scores, keep_default_na=False)  # a factor may be called NA
    for column in ("value", "low", "high", "chance"):
        scores[column] = pandas.to_numeric(scores[column])
    rows = levelled(scores)
    write_pages(
        draw,
        [(model, rows[rows.base == model]) for model in dict.fromkeys(rows.base)],
        args.output,
        size=MODELS,
    )
