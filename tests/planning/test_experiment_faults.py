"""Listening experiments in a config: what the plan refuses, and what such a data set goes through."""

import json

import pytest
from conftest import ROOT
from helpers import checked_with, merged
from planning.analyses import kinds_of, of_kinds, read_analyses, read_figures
from planning.datasets import definition, resolved, size_of, sources
from planning.schema import schema_faults
from planning.yaml_files import read_yaml
from snakemake.exceptions import WorkflowError

TABLE = "hertz,percent\n100,2\n200,1\n400,0.5\n"


def asked(folder, entry=None, **changes):
    """A change of the config that runs an experiment."""
    (folder / "heard.csv").write_text(TABLE)
    experiment = {
        "listeners": str(folder / "heard.csv"),
        "source": "us",
        "answer": "percent",
        "along": "hertz",
    }
    experiment |= {"parameters": {"f0": "hertz", "highest": 1}}
    experiment |= {"threshold": {"knob": "step", "steps": [1, 2, 4], "plain": 3, "moved": 2}}
    experiment = {key: value for key, value in (experiment | changes).items() if value is not None}
    whole = {"synthesizer": "complex_tone", "sample_rate": 16000, "duration": 0.5, "normalize": "none"}
    whole |= {"experiment": experiment} | (entry or {})
    return {"run": {"datasets": ["heard"]}, "datasets": {"heard": whole}}


def test_an_experiment_goes_through_its_analysis_alone(tmp_path):
    config = checked_with(asked(tmp_path))
    kinds = kinds_of(config["datasets"]["heard"])
    assert of_kinds(read_analyses(), kinds) == ["experiment"]
    assert of_kinds(read_figures(), kinds) == ["sounds", "experiment"]
    entry = resolved(config, "heard")
    assert [*entry["factors"]] == ["f0", "highest", "step"]
    assert size_of(entry) == 3 * (3 + 3 * 2)
    assert sources(entry) == [str(tmp_path / "heard.csv")]


def test_how_a_curve_is_drawn_makes_no_new_sounds(tmp_path):
    plain, drawn = (
        definition(resolved(checked_with(asked(tmp_path, **changes)), "heard"))
        for changes in ({}, {"source": "them", "panels": "hertz"})
    )
    assert plain == drawn
    assert json.loads(plain)["experiment"]["along"] == "hertz"


PITCH = {"of": "f0", "alike": ["hertz"], "ordinary": 24, "within": 1.1, "odd": 2}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"listeners": "nowhere.csv"}, "experiment.listeners: nowhere.csv: cannot be read: No such file"),
        ({"listeners": "{x}.csv"}, "Snakemake takes braces in a path"),
        ({"answer": "cents"}, "no column cents"),
        ({"parameters": {"f00": "hertz"}}, "experiment.parameters.f00: complex_tone has no such factor"),
        ({"parameters": {"f0": "hertz", "step": 1}}, "parameters.step: it is the knob"),
        ({"parameters": {"f0": [{"hertz": {"1": 2}, "percent": {"1": 2}}]}}, "experiment.parameters.f0"),
        ({"threshold": None}, "datasets.heard.experiment: must be one of `threshold` and `pitch`"),
        (
            {"threshold": None, "pitch": PITCH | {"of": "carrier"}},
            "pitch.of: 'carrier' is none of `parameters`",
        ),
        ({"threshold": None, "pitch": PITCH | {"within": 1}}, "pitch.within: must be a number above 1"),
        ({"threshold": None, "pitch": PITCH | {"as": {"loudness": 1}}}, "complex_tone has no such factor"),
        ({"threshold": None, "pitch": PITCH, "parameters": {"f0": 0}}, "a pitch must be above 0 Hz"),
        ({"entry": {"factors": {"f0": None}}}, "datasets.heard.factors: an experiment has none"),
        ({"entry": {"design": "random", "N": 8}}, "datasets.heard.design: an experiment has none"),
        (
            {"entry": {"ratings": {"matrix": "x", "source": "y"}}},
            "datasets.heard.ratings: an experiment has none",
        ),
        ({"entry": {"analyses": {"pitch": "f0"}}}, "an experiment shows no octaves"),
        ({"entry": {"made_by": "make it"}, "listeners": "nowhere.csv"}, "`make it` makes it"),
    ],
)
def test_a_fault_of_an_experiment_is_told(tmp_path, changes, sentence):
    with pytest.raises(WorkflowError) as fault:
        checked_with(asked(tmp_path, **changes))
    assert sentence in str(fault.value)


def test_an_experiment_has_no_ladder(tmp_path):
    change = asked(tmp_path)
    change["datasets"]["steps"] = {"ladder": {"of": "heard", "points": 2, "steps": [1]}}
    change["run"]["datasets"] = ["steps"]
    with pytest.raises(WorkflowError, match="an experiment is no ladder and has none"):
        checked_with(change)


def test_the_six_experiments_can_run(monkeypatch):
    monkeypatch.chdir(ROOT)
    change = read_yaml(ROOT / "experiments" / "listeners.yaml")
    assert list(schema_faults(merged(change))) == []
    config = checked_with(change)
    sizes = {name: size_of(resolved(config, name)) for name in config["run"]["datasets"]}
    assert len(sizes) == 6
    assert max(sizes.values()) < 1000
    text = (ROOT / "experiments" / "listeners.yaml").read_text()
    assert f"{sum(sizes.values()):,}" in text
    assert f"{sum(sizes.values()):,}" in (ROOT / "README.md").read_text()
    assert len(config["run"]["models"]) >= 8
