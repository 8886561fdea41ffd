"""Scores against depth and time, of models with layers or several poolings: what each tells of each factor.

A row per model. Left: R2 of the linear probe, whether a factor is there; right: R2 of the nearest-neighbour
regression, whether the distances follow it. Layers come first, in the order of depth. Apart from them, as
diamonds, stand the model's own embedding and its further poolings over time. Bars are 95 % intervals; dashed
lines are the control `reference`.
"""

import pandas
from matplotlib.figure import Figure
from shared.arguments import figure_parser
from shared.drawing import write_figure
from shared.names import is_head, is_layer, model_of, part_of

FIGURE = {
    "of": "layers",
    "order": 50,
    "reads": ["scores"],
    "takes": ["models", "factors"],
    "heading": "Layers and time",
    "caption": "Scores of each layer in the order of depth, of the model's own embedding, and of its "
    "further poolings over time, with 95 % intervals. Probe: is a factor there; neighbours: do the "
    "distances follow it.",
}

PANELS = {"probe_r2": "R2 of the linear probe", "r2": "R2 of nearest-neighbour regression"}
SPREAD = 0.3  # layers over which the factors stand side by side
GAP = 0.7  # layers between the last layer and the model's own embedding


def of_parts(scores, model):
    """Which rows are of a layer or of a further pooling of the model, and no head, bool (rows,)."""
    return scores.model.map(lambda row: is_layer(row) and not is_head(row) and model_of(row) == model).astype(
        bool
    )


def by_depth(scores, model):
    """Rows of one model with their `place` on the axis and their `name` there.

    Layers stand at 0, 1, ..., after a gap the model's own embedding, then its further poolings.
    """
    parts = scores[of_parts(scores, model)]
    parts = parts.assign(name=parts.model.map(part_of))
    deep = parts.name.map(str.isdigit).astype(bool)
    layers, poolings = parts[deep], parts[~deep]
    layers = layers.assign(place=layers.name.astype(float))
    after = layers.place.max() + 1 + GAP if len(layers) else 0.0
    own = scores[scores.model == model].assign(place=after, name="embedding")
    order = {name: after + 1 + i for i, name in enumerate(dict.fromkeys(poolings.name))}
    poolings = poolings.assign(place=poolings.name.map(order).astype(float))
    return pandas.concat([layers, own, poolings]).sort_values("place")


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
                color, aside = f"C{i % 10}", SPREAD * ((i + 0.5) / len(factors) - 0.5)
                of = rows[rows.factor == factor].assign(place=lambda of, aside=aside: of.place + aside)
                deep = of.name.map(str.isdigit).astype(bool)
                layers, others = of[deep], of[~deep]
                axis.vlines(of.place, of.low, of.high, color=color, linewidth=1)
                axis.plot(layers.place, layers.value, "o-", color=color, markersize=4)
                axis.plot(others.place, others.value, "D", color=color, markersize=4, label=factor)
                reference = scores[(scores.metric == metric) & (scores.model == "reference")]
                for value in reference[reference.factor == factor].value:
                    axis.axhline(value, color=color, linestyle="--", linewidth=0.6)
            marks = rows.drop_duplicates("place")
            axis.set_xticks(marks.place, marks.name, fontsize=7)
            axis.axhline(0, color="lightgrey", linewidth=0.6, zorder=0)
            axis.set_xlabel("layers by depth, then embedding and poolings")
        row[0].set_ylabel("R2")
    axes[0, 0].set_ylim(bottom=max(-0.2, axes[0, 0].get_ylim()[0]))
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=8, fontsize=7, frameon=False)
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    scores = pandas.read_csv(args.scores, keep_default_na=False)  # a factor may be called NA
    for column in ("value", "low", "high"):
        scores[column] = pandas.to_numeric(scores[column])
    drawn = [model for model in args.models if of_parts(scores, model).any()]
    write_figure(draw(list(args.factors), drawn, scores), args.output)
