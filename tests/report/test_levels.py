"""The section on heads: what it says of the search, and in which words if few took part."""

import itertools
import re

import jinja2
import numpy as np
import pandas
import pytest
from compare import search
from report import tables
from report.levels import added, levels, of_kind
from report.report import PAGE, read_scores

TERMS = ("model", "grid", "factor", "model x grid", "seed")


def written(folder, models, points, seed=0, dead=None):
    """search.csv of heads on some models: the grid adds 0.1 a point, and a model 0.2.

    dead: a point at which nothing is learned; the others are then nearly equal.
    """
    rng = np.random.default_rng(seed)
    (folder / "heads").mkdir(parents=True, exist_ok=True)
    for m, model in enumerate(models):
        rows = []
        for p, s, targets, held_out, (f, factor) in itertools.product(
            range(points), range(3), ("true", "shuffled"), ("blocks", "sounds"), enumerate(("f1", "r"))
        ):
            r2 = (0.1 + 0.2 * m + 0.1 * p + 0.05 * f + 0.05 * (held_out == "sounds")) * (targets == "true")
            if dead is not None:
                r2 = 0.01 * r2 + 0.5 * (p != dead) * (targets == "true")
            rows.append(
                {"model": model, "kind": "supervised", "point": p, "learning_rate": 10.0**-p, "seed": s}
                | {"targets": targets, "held_out": held_out, "factor": factor}
                | {"r2": r2 + 0.002 * rng.normal()}
            )
        pandas.DataFrame(rows).to_csv(folder / "heads" / f"{model}.supervised.csv", index=False)
    heads, output = [f"{model}.supervised" for model in models], folder / "search.csv"
    words = ["--results", str(folder), "--heads", *heads, "--models", *models, "--output", str(output)]
    search.main(words)
    return output


def section(folder, models, points=3, dead=None):
    """The words of the section, and what it was made of."""
    path = written(folder / "tones", models, points, dead=dead)
    scores = {"model": models, "analysis": "knn", "metric": "r2", "factor": "f1", "value": "0.5"}
    scores = pandas.DataFrame(scores).reindex(columns=["model", "analysis", "metric", "factor", *CELLS])
    scores.assign(value="0.5").to_csv(folder / "tones" / "scores.csv", index=False)
    rows = [row for model in models for row in (model, f"{model}.supervised")]
    dataset = {"name": "tones", "ladder": None, "figures": {"levels": ""}}
    found = levels(path, folder, rows, [dataset], read_scores)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"number": tables.number}
    html = environment.get_template("sections/levels.html.j2").render(
        levels=found,
        widest=tables.WIDEST,
        controls=["chance", "reference"],
        empty_cell=tables.EMPTY_CELL,
        shown_note=tables.shown_note,
    )
    return " ".join(re.sub("<[^>]*>", "", html).split()), found


CELLS = ["value", "low", "high", "chance", "reference", "n", "state", "note"]


def test_the_sentence_says_the_share_that_the_table_has(tmp_path):
    words, found = section(tmp_path, ["a", "b", "c"])
    share = float(found["kinds"][0]["shares"]["grid, in all"]["value"])
    # points of 0, 0.1, 0.2, models of 0, 0.2, 0.4 and factors of 0, 0.05: variances 2/3, 8/3 and 1/16 of 0.01
    assert share == pytest.approx(100 * (2 / 3) / (2 / 3 + 8 / 3 + 1 / 16), abs=0.5)
    assert re.search(rf"Of HEAR-like scores on these sounds, {share:.0f} % \[\d+, \d+\] is the choice", words)
    assert re.search(r"differs from model to model, \d+ % \[\d+, \d+\] from factor to factor\.", words)
    assert "Without any one of the models, the grid has" in words
    assert "two models in different orders in 0 %" in words
    assert re.search(r"change the R2 by \+0\.05 \[0\.0\d, 0\.0\d\], mean of models", words)
    assert "chance 0" in words


def test_of_few_models_it_speaks_of_these_alone(tmp_path):
    words, _ = section(tmp_path / "two", ["a", "b"])
    assert "With 2 models, this speaks of them alone." in words
    assert "Without any one" not in words
    words, _ = section(tmp_path / "one", ["a"])
    assert "With 1 model, this speaks of it alone." in words
    assert "different orders" not in words
    assert "1 model at 3 points of the grid" in words


def test_nothing_is_said_of_a_grid_of_one_point_or_without_models(tmp_path):
    words, _ = section(tmp_path / "point", ["a", "b"], points=1)
    assert "The grid has one point: nothing is said of its choice." in words
    assert "is the choice of grid" not in words
    words, found = section(tmp_path / "controls", ["chance", "reference"])
    assert "No model took part" in words
    assert found["kinds"][0]["optimism"] is None


def test_a_run_without_heads_has_no_section():
    assert levels(None, None, [], [], read_scores) is None


def test_each_model_stands_beside_its_heads_and_the_heads_on_controls_beside_these():
    rows = ["a", "a.supervised", "b", "a.0", "a.0.supervised", "chance.supervised"]
    cells = {"analysis": "knn", "metric": "r2", "factor": "f1", "value": "0.5"}
    scores = pandas.DataFrame([{"model": row, **cells} for row in [*rows, "chance", "reference"]])
    table = added(scores, rows)
    assert list(table["cells"]) == ["a", "a.supervised", "chance.supervised", "chance"]  # b has no head
    assert table["columns"] == {"f1, neighbours": "R2, high is better"}
    assert table["cells"]["a.supervised"]["f1, neighbours"]["value"] == "0.5"


def test_kinds_of_heads_are_told_apart():
    rows = [
        {"kind": kind, "score": "share", "of": term, "value": value, "n": "4", "point": "", "factor": ""}
        for kind, value in (("supervised", "10"), ("contrastive", "20"))
        for term in TERMS
    ]
    found = of_kind(pandas.DataFrame(rows), "contrastive")
    assert {term: row["value"] for term, row in found["shares"].items()} == dict.fromkeys(TERMS, "20")
    assert found["models"] == 4


def test_a_value_that_makes_the_grids_share_is_named_and_no_other(tmp_path):
    """Of five points that raise the score step by step none makes more than half of the share."""
    words, _ = section(tmp_path / "steps", ["a", "b", "c"], points=5)
    assert "One value makes" not in words
    words, _ = section(tmp_path / "dead", ["a", "b", "c"], points=5, dead=0)
    assert "One value makes more than half of the grid's share: without learning rate 1.0 it is" in words
