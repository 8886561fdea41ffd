"""The sentence that says which model hears most like people, and how sure that is."""

import re

import jinja2
import pandas
from report import tables
from report.people import closest
from report.report import PAGE

ROWS = ["ear", "tone", "tone.0", "deaf"]
COLUMNS = ["model", "metric", "value", "low", "high", "chance", "reference", "n", "note"]


def scores(*rows):
    """A summary table as it is read: every cell is text."""
    cells = [
        [model, "spearman", value, low, high, "0.01", "0.3", "334", ""] for model, value, low, high in rows
    ]
    return pandas.DataFrame(cells, columns=COLUMNS)


def pairs(*real):
    """Differences of all pairs of ROWS; real: those that are."""
    names = [(a, b) for i, a in enumerate(ROWS) for b in ROWS[i + 1 :]]
    told = ["yes" if name in real else "no" for name in names]
    table = pandas.DataFrame(names, columns=["model", "other_model"])
    return table.assign(metric="spearman", difference=0.1, real=told)


KNOWN = scores(
    ("ear", "0.4", "0.35", "0.45"),
    ("tone", "0.38", "0.3", "0.46"),
    ("tone.0", "0.2", "0.1", "0.3"),
    ("deaf", "", "", ""),
    ("reference", "0.9", "0.8", "1"),
)


def sentence(best):
    """The words of the page. best: of closest()."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"number": tables.number}
    macro = environment.get_template("macros.html.j2").module.answer
    return " ".join(re.sub("<[^>]*>", "", macro(best, "Timbre")).split())


def test_the_closest_model_and_those_that_do_not_really_differ_from_it():
    best = closest(KNOWN, pairs(("ear", "tone.0")), "spearman", ROWS)
    assert best["model"] == "ear"
    assert best["near"] == ["tone"]
    assert best["behind"] == 1
    assert best["unsure"] == []
    assert best["above_chance"]
    assert sentence(best) == (
        "Timbre: ear with 0.40 [0.35, 0.45], chance 0.01. Not really different from it: tone. "
        "Really behind: 1 of the other 2."
    )


def test_a_control_is_no_model_and_a_model_without_a_score_is_left_out():
    best = closest(KNOWN, pairs(), "spearman", ROWS)
    assert best["model"] == "ear"
    assert best["near"] == ["tone", "tone.0"]
    assert closest(KNOWN[KNOWN.model == "deaf"], pairs(), "spearman", ROWS) is None
    assert sentence(None) == "Timbre: no model has a score."


def test_a_model_without_an_interval_is_not_called_equal():
    all_pairs = pairs(("ear", "tone.0"))
    known = all_pairs[(all_pairs.model != "tone") & (all_pairs.other_model != "tone")]
    best = closest(KNOWN, known, "spearman", ROWS)
    assert (best["near"], best["unsure"], best["behind"]) == ([], ["tone"], 1)
    assert "Not compared with it, for want of an interval: tone." in sentence(best)


def test_nobody_is_praised_at_chance():
    best = closest(
        scores(("ear", "0.02", "-0.1", "0.1"), ("tone", "0", "-0.1", "0.1")), pairs(), "spearman", ROWS
    )
    assert not best["above_chance"]
    assert sentence(best).startswith("Timbre: no model is clearly above chance; the highest is ear with 0.02")
