"""What an analysis declares is whole: a new file is asked for its docs row and its known answer."""

import argparse
import importlib
import re
import shlex

import known
import numpy as np
import pytest
from conftest import ROOT
from planning.analyses import arguments, inputs_of, read_analyses
from shared.arguments import SETTINGS, flag
from shared.scores import analysis_parser, write_scores

ANALYSES = read_analyses()
METRICS = [(analysis, metric) for analysis, table in ANALYSES.items() for metric in table["metrics"]]
KEYS = {"of", "order", "reads", "takes", "writes", "caption", "mem_mb", "notes", "heading", "text"}
MEASURES = (ROOT / "docs" / "measures.md").read_text()
VALUES = {  # of every setting that an analysis may take, as the plan gives them
    "factors": '{"a": {"scale": "linear"}}',
    "nuisances": '{"gain": {"low": 0}}',
    "models": ["m.0", "m.1"],
    "reduce": '{"pca": 64}',
    "metric": "cosine",
    **dict.fromkeys(SETTINGS.keys() - {"factors", "nuisances", "models", "reduce", "metric"}, 3),
}


@pytest.mark.parametrize("analysis", ANALYSES)
def test_an_analysis_declares_what_the_plan_knows(analysis):
    table = ANALYSES[analysis]
    assert set(table) <= KEYS | {"metrics"}
    assert table["of"] in ("cloud", "ladder", "rated", "pitch", "experiment")
    assert set(table["takes"]) <= set(SETTINGS)
    assert all("{dataset}" in pattern for pattern in inputs_of(table, ANALYSES).values())
    assert all(file.startswith("{model}.") for file in table.get("writes", {}).values())


def test_no_two_analyses_have_the_same_place_in_the_report():
    orders = [table["order"] for table in ANALYSES.values() if "order" in table]
    assert len(orders) == len(set(orders))


@pytest.mark.parametrize(("analysis", "metric"), METRICS)
def test_a_metric_declares_how_to_read_it(analysis, metric):
    table = ANALYSES[analysis]
    declared = table["metrics"][metric]
    assert set(declared) <= {"unit", "better", "heading", "text", "notes"}
    assert declared["unit"]
    assert declared["better"] in ("high", "low", "")
    # a metric that is not per factor stands in the table of its analysis
    assert declared.get("heading") or table.get("heading")
    assert declared.get("text") or table.get("text")


@pytest.mark.parametrize(("analysis", "metric"), METRICS)
def test_a_metric_has_its_row_in_the_docs(analysis, metric):
    sections = re.split(r"^## ", MEASURES, flags=re.MULTILINE)
    own = [section for section in sections if f"`{analysis}`" in section.partition("\n")[0]]
    assert own, f"docs/measures.md has no section whose heading names `{analysis}`"
    rows = [line.split("|")[1] for section in own for line in section.splitlines() if line.startswith("|")]
    assert any(f"`{metric}`" in cell for cell in rows), f"docs/measures.md has no row for `{metric}` there"


@pytest.mark.parametrize(("analysis", "metric"), METRICS)
def test_a_metric_has_a_known_answer(analysis, metric):
    if ANALYSES[analysis]["of"] != "cloud" or analysis in known.ELSEWHERE:
        path = ROOT / "tests" / "analyse" / f"test_{analysis}.py"
        assert path.exists(), f"{path.name} must state what `{metric}` gives where the answer is known"
        return
    stated = {tuple(score.split()[:2]) for score, _ in known.EXPECTED}
    assert (analysis, metric) in stated, (
        f"EXPECTED of tests/analyse/known.py has no `{analysis} {metric} ...`"
    )


@pytest.mark.parametrize("analysis", ANALYSES)
def test_the_script_accepts_exactly_what_the_plan_passes(analysis, monkeypatch):
    table = ANALYSES[analysis]
    script = importlib.import_module(f"analyse.{analysis}")
    files = [*table.get("writes", ()), "scores"]
    inputs = {key: f"{key}.in" for key in inputs_of(table, ANALYSES)}
    line = arguments(table, inputs, VALUES, {"model": "m", **{name: f"{name}.out" for name in files}})
    parsers = []

    def parse_no_more(parser, argv=None):
        parsers.append(parser)
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", parse_no_more)
        with pytest.raises(InterruptedError):
            script.main([])
    options = {option for option in parsers[0]._option_string_actions if option.startswith("--")}
    names = [*table["reads"], *table["takes"], *files, "model", "help"]
    assert options == {flag(name) for name in names}
    args = parsers[0].parse_args(shlex.split(line))
    assert args.analysis == analysis
    assert args.model == "m"
    assert {key: getattr(args, key) for key in inputs} == inputs
    assert {name: getattr(args, name) for name in files} == {name: f"{name}.out" for name in files}


def test_a_metric_that_is_not_declared_is_refused(tmp_path):
    table = {"reads": [], "takes": [], "metrics": {"spread": {"unit": "share", "better": "low"}}}
    parser = analysis_parser("", table, "analyse/example.py")
    args = parser.parse_args(["--model", "m", "--scores", str(tmp_path / "m.scores.csv")])
    with pytest.raises(ValueError, match="example does not declare the metric 'spraed'"):
        write_scores(args, [{"metric": "spraed", "value": 1.0}])
    assert not list(tmp_path.iterdir())
    write_scores(args, [{"metric": "spread", "value": 1.0}, {"metric": "spread", "value": np.nan}])
    lines = (tmp_path / "m.scores.csv").read_text().splitlines()
    assert [line.split(",")[:3] for line in lines[1:]] == 2 * [["m", "example", "spread"]]
    assert all(",share,low," in line for line in lines[1:])
