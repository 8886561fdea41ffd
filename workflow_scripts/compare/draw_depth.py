"""Scores against depth, of models with layers: what each layer carries of each factor, and how it lies there.

A row per model. Left: R2 of the linear probe, whether a factor is there; right: R2 of the nearest-neighbour
regression, whether the distances follow it. The last point, apart, is the model's own embedding. Bars are
95 % intervals; dashed lines are the control `reference`.
"""

import pandas
from matplotlib.figure import Figure
from shared.arguments import figure_parser
from shared.drawing import write_figure
from shared.names import depth_of, is_layer, model_of

FIGURE = {
    "of": "layers",
    "order": 50,
    "reads": ["scores"],
    "takes": ["models", "factors"],
    "heading": "Layers",
    "caption": "Scores of each layer in the order of depth, and of the model's own embedding, with 95 % "
    "intervals. Probe: is a factor there; neighbours: do the distances follow it.",
}

PANELS = {"probe_r2": "R2 of the linear probe", "r2": "R2 of nearest-neighbour regression"}
GAP = 0.7  # layers between the last layer and the model's own embedding


def of_layers(scores, model):
    """Which rows are of a layer of the model, bool (rows,)."""
    return scores.model.map(lambda row: is_layer(row) and model_of(row) == model).astype(bool)


def by_depth(scores, model):
    """Rows of one model with their place on the axis: layers 0, 1, ..., its own embedding after a gap."""
    layers = scores[of_layers(scores, model)]
    layers = layers.assign(place=layers.model.map(depth_of).astype(float))
    own = scores[scores.model == model].assign(place=layers.place.max() + 1 + GAP if len(layers) else 0.0)
    return pandas.concat([layers, own]).sort_values("place")


def draw(factors, models, scores):
    """The figure. factors: list of names; models: list of names; scores: DataFrame of scores.csv."""
    figure = Figure(figsize=(9, 2.6 * len(models) + 0.6), layout="constrained")
    axes = figure.subplots(len(models), 2, squeeze=False, sharey=True)
    for row, model in zip(axes, models, strict=True):
        for axis, (metric, label) in zip(row, PANELS.items(), strict=True):
            rows = by_depth(scores[scores.metric == metric], model)
            axis.set_title(f"{model}: {label}", fontsize=9)
            if not len(rows):
                continue
            for i, factor in enumerate(factors):
                color, of = f"C{i % 10}", rows[rows.factor == factor]
                layers, own = of[of.model != model], of[of.model == model]
                axis.vlines(of.place, of.low, of.high, color=color, linewidth=1)
                axis.plot(layers.place, layers.value, "o-", color=color, markersize=4, label=factor)
                axis.plot(own.place, own.value, "D", color=color, markersize=4)
                reference = scores[(scores.metric == metric) & (scores.model == "reference")]
                for value in reference[reference.factor == factor].value:
                    axis.axhline(value, color=color, linestyle="--", linewidth=0.6)
            marks = rows.drop_duplicates("place")
            names = [
                str(depth_of(row.model)) if row.model != model else "embedding" for row in marks.itertuples()
            ]
            axis.set_xticks(marks.place, names, fontsize=7)
            axis.axhline(0, color="lightgrey", linewidth=0.6, zorder=0)
            axis.set_xlabel("layer, in the order of depth")
        row[0].set_ylabel("R2")
    axes[0, 0].set_ylim(bottom=max(-0.2, axes[0, 0].get_ylim()[0]))
    axes[0, 1].legend(fontsize=7, frameon=False)
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    scores = pandas.read_csv(args.scores, keep_default_na=False)  # a factor may be called NA
    for column in ("value", "low", "high"):
        scores[column] = pandas.to_numeric(scores[column])
    drawn = [model for model in args.models if of_layers(scores, model).any()]
    write_figure(draw(list(args.factors), drawn, scores), args.output)
