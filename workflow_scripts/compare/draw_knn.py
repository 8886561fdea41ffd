"""Figure 4: log-ratio of estimated to true factor, ln(estimate / true), per factor and model.

Each row shows the distribution over sounds: median, quartiles (box), 5th and 95th percentile
(whiskers), all sounds (faint violin). Exact estimates lie at 0. Factors that are not always positive
have no log-ratio.
"""

from pathlib import Path

import numpy as np
import pandas
from matplotlib.figure import Figure
from shared.arguments import figure_parser
from shared.drawing import write_pages
from shared.names import CONTROLS

FIGURE = {
    "of": "cloud",
    "order": 70,
    "reads": ["knn.estimates"],
    "takes": ["factors", "knn.K", "knn.include_self"],
    "heading": "Figure 4. Nearest-neighbour regression",
    "caption": "Ratio of estimated to true factor over all sounds: median, quartiles (box), 5th to 95th "
    "percentile (whiskers). 1 is exact; compare with the row ``chance``.",
}

SHOWN = 6  # factors; of more, the first ones
TICKS = {"2/3": 2 / 3, "1/2": 1 / 2, "1/3": 1 / 3, "1": 1, "3/2": 3 / 2, "2": 2, "3": 3}
FAR_TICKS = {"1": 1} | {f"1/{10**i}": 10.0**-i for i in (1, 2, 3)} | {f"{10**i}": 10.0**i for i in (1, 2, 3)}


def draw(factors, estimates, K, include_self):
    """The figure. estimates: list of (model, DataFrame with <factor>_log_ratio columns)."""
    names = [model for model, _ in estimates]
    figure = Figure(figsize=(4 * len(factors) + 1, 0.32 * len(names) + 1.6), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(factors), sharey=True))
    positions = np.arange(len(names))[::-1]
    ratios = [table.filter(like="_log_ratio").abs().to_numpy().ravel() for _, table in estimates]
    reach = 1.05 * max(np.log(3), *(np.quantile(r, 0.999) if r.size else 0 for r in ratios))
    ticks = TICKS if reach < np.log(8) else FAR_TICKS
    for axis, factor in zip(axes, factors, strict=True):
        axis.set_title(factor)
        column = f"{factor}_log_ratio"
        if any(column not in table for _, table in estimates):
            axis.text(0.5, 0.5, "no log-ratio:\nnot always positive", transform=axis.transAxes, ha="center")
            axis.set_xticks([])
            continue
        values = [table[column].to_numpy() for _, table in estimates]
        colors = ["0.6" if name in CONTROLS else "tab:blue" for name in names]
        spread = [np.ptp(v) > 1e-9 for v in values]  # a violin needs some width
        if any(spread):
            shapes = axis.violinplot(
                [v for v, wide in zip(values, spread, strict=True) if wide],
                positions[spread],
                orientation="horizontal",
                widths=0.9,
                showextrema=False,
            )
            for body, color in zip(shapes["bodies"], np.array(colors)[spread], strict=True):
                body.set(facecolor=color, alpha=0.25)
        boxes = axis.boxplot(
            values,
            positions=positions,
            orientation="horizontal",
            widths=0.35,
            whis=(5, 95),
            showfliers=False,
            patch_artist=True,
            medianprops={"color": "black"},
        )
        for box, color in zip(boxes["boxes"], colors, strict=True):
            box.set(facecolor=color, alpha=0.7)
        axis.axvline(0, color="0.5", linewidth=0.8, zorder=0)
        axis.set_xticks(np.log(list(ticks.values())), list(ticks))
        axis.set_xlim(-reach, reach)
        axis.grid(axis="x", color="0.9", zorder=0)
    axes[0].set_yticks(positions, names)
    axes[0].set_ylim(-0.6, len(names) - 0.4)
    figure.supxlabel("estimate / true (log scale); 1 is exact", fontsize=9)
    own = "the sound itself among them" if include_self else "the sound itself left out"
    figure.suptitle(f"Nearest-neighbour regression, K = {K}, {own}", fontsize=10)
    return figure


def main(argv=None):
    args = figure_parser(__doc__, FIGURE).parse_args(argv)
    estimates = [(Path(path).stem, pandas.read_csv(path)) for path in args.estimates]
    factors = dict(list(args.factors.items())[:SHOWN])
    write_pages(lambda page: draw(factors, page, args.K, args.include_self), estimates, args.output)
