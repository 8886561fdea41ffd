"""What the page says of leaderboards: how many pairs are found, or why none can be."""

import re

import jinja2
import numpy as np
import pandas
import pytest
from compare.bridge import benjamini_yekutieli, bridge
from conftest import ROOT
from report import tables
from report.published import fewest_pairs, leaderboards
from report.report import PAGE
from shared.leaderboards import read_leaderboard

PATH = ROOT / "data" / "hear_leaderboard.csv"
BOARD = read_leaderboard(PATH)
NAMES = sorted(name for name, tasks in BOARD.items() if len(tasks) > 14)


def section(folder, models, planted=False, published=None):
    """The page's section for some models of HEAR's table. planted: their scores are those of a task."""
    published = published or {f"m{i}": [name] for i, name in enumerate(NAMES[:models])}
    rng = np.random.default_rng(0)
    rows = []
    for i, name in enumerate(NAMES[:models]):
        noise = rng.standard_normal()
        values = {"f1": BOARD[name].get("CREMA-D", 0.5) if planted else noise, "odd": rng.standard_normal()}
        rows += [
            {"model": f"m{i}", "analysis": "knn", "metric": "probe_r2", "factor": factor, "value": str(value)}
            for factor, value in values.items()
        ]
    columns = ["model", "analysis", "metric", "factor", "value"]
    scores = pandas.DataFrame(rows, columns=columns).assign(other="", state="", better="high")
    path = folder / "leaderboards.csv"
    bridge({"tones": scores}, {"HEAR": BOARD}, published).to_csv(path, index=False, float_format="%.6g")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"number": tables.number}
    boards = leaderboards([path], [{"name": "HEAR", "path": str(PATH)}], published)
    return environment.get_template("sections/leaderboards.html.j2").render(boards=boards)


def words(page):
    return " ".join(re.sub("<[^>]*>", " ", page).split())


def test_what_is_planted_stands_in_the_table_with_its_score(tmp_path):
    page = section(tmp_path, 28, planted=True)
    (row,) = re.findall('<tr><th scope="row">CREMA-D</th>.*?</tr>', page, re.DOTALL)
    assert "probe r2 of f1 (knn, tones, high is better)" in row
    assert "1 of 2" in row
    assert "1.00" in row
    assert "pairs of a score and a task are correlated beyond chance" in words(page)


def test_where_nothing_is_planted_there_is_no_table(tmp_path):
    page = section(tmp_path, 28)
    assert "<table" not in page
    assert re.search(r"None of \d+ pairs of a score and a task is correlated beyond chance", words(page))


@pytest.mark.parametrize(
    ("models", "told"), [(1, "1 model of this run has"), (7, "7 models of this run have")]
)
def test_few_models_are_told(tmp_path, models, told):
    text = words(section(tmp_path, models))
    assert told in text
    assert "Too few models have both a score and a task: a correlation needs 8." in text


def test_a_perfect_order_of_eight_models_is_nothing_among_thousands_of_pairs(tmp_path):
    perfect = 2 / 40320  # p of a pair that has the same order of 8 models, or the opposite
    for pairs in (38, 4000):
        fewest = fewest_pairs(pandas.DataFrame({"n": [8]}), pairs)
        for count in (fewest - 1, fewest):
            p = np.append(np.full(count, perfect), np.ones(pairs - count))
            assert (benjamini_yekutieli(p) < 0.05).sum() == (count if count == fewest else 0)
    assert fewest > 1
    assert fewest_pairs(pandas.DataFrame({"n": [8, 29]}), 4000) == 1
    assert "one pair alone" not in words(section(tmp_path, 8))


def test_unknown_names_and_no_model_at_all(tmp_path):
    text = words(section(tmp_path, 1, published={"m0": ["CREPES"]}))
    assert "No model of this run has a published score" in text
    assert "It does not have m0 (CREPES, or is it CREPE?)." in text
