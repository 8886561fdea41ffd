"""What the figures share: style, and writing one figure as PNG and PDF."""

import matplotlib
from files import beside

matplotlib.use("Agg")
matplotlib.rcParams.update(
    {
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "pdf.fonttype": 42,  # text stays text
    }
)
COLORS = "viridis"  # perceptually uniform, safe for colour-blind readers


def write_figure(figure, paths, dpi=150):
    """Write a matplotlib figure to each path (.png, .pdf)."""
    for path in paths:
        with beside(path) as draft:
            figure.savefig(draft, dpi=dpi)


def title(factor, unit):
    """A factor with its unit, for axes and colour bars."""
    return f"{factor} ({unit})"
