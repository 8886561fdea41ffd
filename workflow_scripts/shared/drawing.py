"""What the figures share: style, pages of many models, and writing as PNG and PDF."""

import gc
from contextlib import ExitStack
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.text import Text

from shared.files import written_whole
from shared.names import CONTROLS

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
PAGE = 40  # models on a page: a figure of hundreds of clouds takes more memory than a machine has
COLORS = "viridis"  # perceptually uniform, safe for colour-blind readers


def literal(figure):
    """A figure in which a `$` of a user's name or unit begins no formula. Empty texts will be numbers."""
    for text in figure.findobj(Text):
        if text.get_text() and r"\mathdefault" not in text.get_text():  # numbers on a log scale
            text.set_parse_math(False)
    return figure


def write_figure(figure, paths, dpi=150):
    """Write a matplotlib figure to each path (.png, .pdf)."""
    literal(figure)
    for path in paths:
        with written_whole(path) as draft:
            save_placed(figure, draft, dpi)


def save_placed(figure, path, dpi):
    """Save a figure, and keep everything in its place: to find the places takes as long as to draw."""
    figure.savefig(path, dpi=dpi)
    figure.set_layout_engine("none")


def pages(rows, size=PAGE):
    """Rows (model, ...) in pages of `size` models at most; each page ends with the controls."""
    models = [row for row in rows if row[0] not in CONTROLS]
    controls = [row for row in rows if row[0] in CONTROLS]
    return [[*models[i : i + size], *controls] for i in range(0, max(len(models), 1), size)]


def pictured(figure, dpi):
    """A figure that shows another figure as one picture of its pixels.

    A PDF keeps every mark in memory until it is closed, and a page of clouds has hundreds of thousands.
    """
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Figure(figsize=figure.get_size_inches(), dpi=dpi)
    picture.figimage(np.asarray(canvas.buffer_rgba())[..., :3])
    return picture


def write_pages(draw, rows, paths, dpi=150, clouds=False, size=PAGE):
    """Write the figures draw(page) of all pages of rows: a PDF holds every page, a PNG the first.

    clouds: the figures have so many marks that, if there are several pages, each is written as one picture.
    size: models on a page.
    """
    all_pages = pages(rows, size)
    with ExitStack() as stack:
        drafts = {Path(path).suffix: stack.enter_context(written_whole(path)) for path in paths}
        book = stack.enter_context(PdfPages(drafts[".pdf"])) if ".pdf" in drafts else None
        for i, page in enumerate(all_pages):
            figure = literal(draw(page))
            if len(all_pages) > 1:
                words = f"page {i + 1} of {len(all_pages)}; all pages: the PDF"
                figure.text(0.995, 0.002, words, fontsize=7, ha="right", va="bottom")
            if i == 0 and ".png" in drafts:
                save_placed(figure, drafts[".png"], dpi)
            if book:
                book.savefig(pictured(figure, dpi) if clouds and len(all_pages) > 1 else figure, dpi=dpi)
            del figure
            gc.collect()  # a figure refers to itself


def look_of(i, model):
    """Colour, marker, line style of the i-th model. Controls are black, chance dotted, reference dashed."""
    if model in CONTROLS:
        return "black", ".", {"chance": ":", "reference": "--"}[model]
    return f"C{i % 10}", "os^Dv"[i // 10 % 5], "-"


def title(factor, unit):
    """A factor with its unit, for axes and colour bars."""
    return f"{factor} ({unit})"
