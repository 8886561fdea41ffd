"""How alike every two models are, ordered by clustering.

Left: the dendrogram (average linkage of the angle whose cosine is CKA); then a matrix for each similarity,
all in its order. Up to 14 rows have their numbers, up to 80 their names. Controls are grey.
"""

import numpy as np
import pandas
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial.distance import squareform
from shared.arguments import figure_parser
from shared.drawing import COLORS, write_figure
from shared.names import CONTROLS

from compare.likeness import angles, matrix

FIGURE = {
    "of": "cloud",
    "order": 45,
    "reads": ["pairs"],
    "takes": [],
    "mem_mb": 1000,
    "heading": "Model against model",
    "caption": "How alike every two models are on the same sounds, 0 to 1: debiased linear CKA, rank "
    "correlation of distances (RSA), neighbours in common, and Procrustes. Their order is that of the "
    "dendrogram, which joins models by the angle whose cosine is CKA. Chance is 0 for CKA, RSA, K / (N - 1) "
    "for neighbours, and 0.05 to 0.2 or more for Procrustes: see models.csv.",
}

SCORES = {"cka": "CKA", "rsa": "RSA", "overlap": "neighbours in common", "procrustes": "Procrustes"}
NUMBERED, NAMED = 14, 80  # rows at most


def draw_matrix(axis, values, names):
    """One matrix with its names below, and its numbers if it is small."""
    style = {"cmap": COLORS, "vmin": 0, "vmax": 1, "interpolation": "nearest", "aspect": "auto"}
    shown = axis.imshow(np.ma.masked_invalid(values), **style)
    axis.set_yticks([])
    axis.set_xticks([])
    if len(names) <= NAMED:
        axis.set_xticks(range(len(names)), names, rotation=90, fontsize=min(8, 500 / len(names)))
    axis.tick_params(length=0)
    if len(names) <= NUMBERED:
        for (row, column), value in np.ndenumerate(values):
            text = f"{round(value, 2) + 0.0:.2f}".replace("0.", ".") if np.isfinite(value) else ""
            color = "black" if value > 0.6 else "white"
            axis.text(column, row, text, ha="center", va="center", fontsize=6.5, color=color)
    return shown


def draw(pairs):
    """The figure. pairs: DataFrame of models.csv."""
    names = list(dict.fromkeys([*pairs.model_a, *pairs.model_b]))
    tree = linkage(squareform(angles(matrix(pairs, names, "cka")), checks=False), "average")
    side = float(np.clip(0.33 * len(names), 2.4, 8))
    figure = Figure(figsize=(4 * side + 3.2, side + 1.6), layout="constrained")
    axes = figure.subplots(1, 5, width_ratios=[0.45, 1, 1, 1, 1])
    with np.errstate(all="ignore"):
        order = dendrogram(
            tree, ax=axes[0], orientation="left", color_threshold=0, above_threshold_color="0.3"
        )
    ordered = [names[leaf] for leaf in order["leaves"]]
    axes[0].invert_yaxis()
    axes[0].set(xlabel="angle (rad)", yticks=[])
    axes[0].spines[["left", "right"]].set_visible(False)
    for axis, (score, title) in zip(axes[1:], SCORES.items(), strict=True):
        shown = draw_matrix(axis, matrix(pairs, ordered, score), ordered)
        axis.set_title(title, fontsize=9)
    if len(names) <= NAMED:
        axes[1].set_yticks(range(len(names)), ordered, fontsize=min(8, 500 / len(names)))
    for axis in axes[1:]:
        for label in [*axis.get_xticklabels(), *axis.get_yticklabels()]:
            label.set_color("0.5" if label.get_text() in CONTROLS else "black")
    figure.colorbar(shown, ax=axes[-1], shrink=0.8)
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    pairs = pandas.read_csv(args.pairs, keep_default_na=False, na_values={"value": [""]})
    write_figure(draw(pairs), args.output)
