"""Figure 3: the Isomap cloud of each model (rows), coloured by each factor (columns).

Under the model's name stands whether the picture can be trusted (trust.py), and if not, why. A graph in
pieces says so, too. Bridged, all sounds are drawn and the bridges are
dashed; not bridged, the largest component is drawn, since the pieces have no common coordinates.
"""

import textwrap
from functools import partial
from pathlib import Path

import numpy as np
import pandas
from matplotlib.cm import ScalarMappable
from matplotlib.colors import FuncNorm, LogNorm, Normalize
from matplotlib.figure import Figure
from shared.arguments import figure_parser
from shared.drawing import COLORS, title, write_pages
from shared.scales import off_scale, on_scale

FIGURE = {
    "of": "cloud",
    "order": 30,
    "reads": ["parameters", "isomap.coordinates", "isomap.bridges", "trust.scores"],
    "takes": ["factors", "isomap.K"],
    "mem_mb": 2000,
    "mem_mb_per_model": 30,
    "heading": "Figure 3. Isomap",
    "caption": "Each row is a model, each column the same cloud coloured by one factor. Axes have no unit "
    "and may be turned or mirrored from one model to the next. ``chance`` is Gaussian noise, "
    "``reference`` the true factors themselves. Dashed red lines are bridges between components "
    "of the graph.",
}

SHOWN = 6  # factors; of more, the first ones
ROWS = 10  # models below each other; more go into a second block beside the first
CELL = 2.3  # inches


def normalization(entry, values):
    """Colour scale of a factor on its sampling scale."""
    kinds = {"linear": Normalize, "log": LogNorm}
    if entry["scale"] in kinds:
        return kinds[entry["scale"]](values.min(), values.max())
    functions = tuple(partial(function, scale=entry["scale"]) for function in (on_scale, off_scale))
    return FuncNorm(functions, values.min(), values.max())


def describe(cloud, bridges):
    """One or two lines on the graph under a cloud."""
    count = cloud["component"].max() + 1
    if count == 1:
        return "1 component"
    if len(bridges):
        return f"{count} components,\n{len(bridges)} bridges"
    share = (cloud["component"] == 0).mean()
    return f"{count} components,\nlargest drawn ({share:.0%})"


def stamp(scores):
    """The stamp of a picture, from its scores by trust.py, as lines for the label column."""
    (words,) = scores[scores.metric == "stamp"].note
    return "\n".join(textwrap.wrap(words, 24))


def draw_cloud(axis, cloud, bridges, colors, norm):
    """One cloud in a 3-D axis. cloud: DataFrame x, y, z, component; colors: float (N,)."""
    drawn = np.full(len(cloud), True) if len(bridges) else cloud["component"] == 0
    points = cloud[["x", "y", "z"]].to_numpy()
    axis.scatter(*points[drawn].T, c=colors[drawn], cmap=COLORS, norm=norm, s=2, linewidths=0)
    for start, stop in bridges[["sound", "other_sound"]].to_numpy():
        axis.plot(*points[[start, stop]].T, color="tab:red", linewidth=0.4, linestyle="--")
    center = (np.nanmax(points[drawn], axis=0) + np.nanmin(points[drawn], axis=0)) / 2
    radius = np.nanmax(np.abs(points[drawn] - center)) or 1
    for set_limits, middle in zip((axis.set_xlim, axis.set_ylim, axis.set_zlim), center, strict=True):
        set_limits(middle - radius, middle + radius)
    axis.set(xticklabels=[], yticklabels=[], zticklabels=[])
    axis.set_box_aspect((1, 1, 1), zoom=1.15)


def draw(table, factors, clouds, K):
    """The figure. clouds: list of (model, cloud, bridges, stamp)."""
    blocks = -(-len(clouds) // ROWS)
    rows = -(-len(clouds) // blocks)
    size = (blocks * ((len(factors) + 0.6) * CELL), rows * CELL + 0.9)
    figure = Figure(figsize=size)
    grid = figure.add_gridspec(
        rows + 1,
        blocks * (len(factors) + 1),
        width_ratios=[0.6, *[1] * len(factors)] * blocks,
        height_ratios=[*[1] * rows, 0.03],
        left=0.01,
        right=0.98,
        top=1 - 0.35 / size[1],
        bottom=0.5 / size[1],
        wspace=0.02,
        hspace=0.02,
    )
    norms = {name: normalization(entry, table[name]) for name, entry in factors.items()}
    for i, (model, cloud, bridges, trust) in enumerate(clouds):
        row, first = i % rows, i // rows * (len(factors) + 1)
        label = figure.add_subplot(grid[row, first])
        label.axis("off")
        fitting = min(10, 130 / len(model))  # points: the column is some 1.3 inches wide
        label.text(0.05, 0.55, model, fontsize=fitting, fontweight="bold")
        label.text(0.05, 0.5, f"{describe(cloud, bridges)}\n{trust}", fontsize=7, va="top")
        for j, name in enumerate(factors):
            axis = figure.add_subplot(grid[row, first + 1 + j], projection="3d")
            draw_cloud(axis, cloud, bridges, table[name].to_numpy(), norms[name])
    for block in range(blocks):
        for j, (name, entry) in enumerate(factors.items()):
            bar = figure.add_subplot(grid[rows, block * (len(factors) + 1) + 1 + j])
            mappable = ScalarMappable(norms[name], COLORS)
            figure.colorbar(mappable, cax=bar, orientation="horizontal").set_label(
                title(name, entry["unit"]), fontsize=8
            )
            bar.tick_params(which="both", labelsize=7)  # a log scale labels its minor ticks, too
            place = bar.get_position()
            bar.set_position([place.x0 + 0.15 * place.width, place.y0, 0.7 * place.width, 0.08 / size[1]])
    figure.suptitle(
        f"Isomap, K = {K}: one cloud per model, one colour per factor", y=1 - 0.08 / size[1], va="top"
    )
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    clouds = [
        (Path(cloud).stem, pandas.read_csv(cloud), pandas.read_csv(bridges), stamp(pandas.read_csv(scores)))
        for cloud, bridges, scores in zip(args.coordinates, args.bridges, args.scores, strict=True)
    ]
    factors = dict(list(args.factors.items())[:SHOWN])
    table = pandas.read_csv(args.parameters)
    write_pages(lambda page: draw(table, factors, page, args.K), clouds, args.output, clouds=True)
