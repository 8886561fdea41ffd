"""The figure of scores from the raw embedding through the heads."""

import numpy as np
import pandas
from compare import draw_levels

COLUMNS = ["model", "analysis", "metric", "factor", "other", "value", "low", "high", "chance", "state"]


def scores(*rows):
    """Rows (model, analysis, metric, factor, value) as the figure reads them."""
    cells = [
        [m, a, metric, f, "", v, v, v, 0.0, "" if v == v else "not reached"] for m, a, metric, f, v in rows
    ]
    return pandas.DataFrame(cells, columns=COLUMNS)


KNOWN = scores(
    *[("a", "knn", "r2", f, 0.2) for f in ("f1", "r")],
    *[("a.contrastive", "knn", "r2", f, 0.3) for f in ("f1", "r")],
    *[("a.supervised", "knn", "r2", f, 0.4) for f in ("f1", "r")],
    *[(f"chance{head}", "knn", "r2", "f1", 0.0) for head in ("", ".supervised")],
    ("a.0", "knn", "r2", "f1", 0.7),
    ("a.0.supervised", "knn", "r2", "f1", 0.8),
    ("b", "knn", "r2", "f1", 0.9),
    ("a", "knn", "median_abs_log_ratio", "f1", 0.1),
)


def test_a_line_goes_from_raw_to_supervised_to_contrastive():
    rows = draw_levels.levelled(KNOWN)
    assert set(rows.base) == {"a", "chance"}  # b has no head, and heads of layers are left out
    assert set(rows.score) == {"knn.r2"}
    figure = draw_levels.draw([(model, rows[rows.base == model]) for model in ("a", "chance")])
    first = figure.axes[0]
    assert [text.get_text() for text in first.get_xticklabels()] == ["raw", "supervised", "contrastive"]
    (line,) = [line for line in first.lines if line.get_label() == "a"]
    assert list(line.get_ydata()) == [0.2, 0.4, 0.3]
    (line,) = [line for line in first.lines if line.get_label() == "chance"]
    assert list(line.get_ydata())[:2] == [0.0, 0.0]
    assert np.isnan(line.get_ydata()[2])  # no contrastive head: no mark
    assert [axis.get_title() for axis in figure.axes if axis.axison] == ["f1", "r"]


def test_a_threshold_that_is_not_reached_is_a_mark_at_the_top_and_shrinks_no_panel(tmp_path):
    some = scores(
        *[
            (f"a{head}", "threshold", "threshold_jnd", "f1", value)
            for head, value in (("", np.nan), (".supervised", 2.0))
        ]
    )
    rows = draw_levels.levelled(some)
    figure = draw_levels.draw([("a", rows)])
    figure.savefig(tmp_path / "a.png")  # lays out; a warning is an error
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "^"]
    assert [tuple(mark.get_ydata()) for mark in marks] == [(1,)]
    assert figure.axes[0].get_position().height > 0.4


def test_without_such_scores_it_says_so():
    figure = draw_levels.draw([("a", draw_levels.levelled(KNOWN[:0]))])
    assert "No head" in figure.texts[0].get_text()
