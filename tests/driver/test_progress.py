"""How far a run is: the time left of runs that are known, and every rule has its stage."""

import re

import pytest
from conftest import ROOT
from driver.progress import STAGES, called, known, spoken, stages, time_left


def test_every_rule_stands_in_the_stage_of_its_file():
    stage_of = stages(ROOT)
    named = {
        name
        for path in (ROOT / "rules").glob("*.smk")
        for name in re.findall(r"\nrule (\w+):", path.read_text())
    }
    assert named <= set(stage_of)
    assert set(stage_of.values()) == set(STAGES)
    assert (stage_of["embed"], stage_of["embed_layers"], stage_of["isomap"]) == ("embed", "embed", "analyse")


def test_declared_analyses_and_figures_have_a_stage(tmp_path):
    for stage in STAGES:
        (tmp_path / "rules").mkdir(exist_ok=True)
        (tmp_path / "rules" / f"{stage}.smk").write_text(
            "for name in TABLES:\n\n    rule:\n        name: name\n"
        )
        (tmp_path / "workflow_scripts" / stage).mkdir(parents=True)
    scripts = tmp_path / "workflow_scripts"
    (scripts / "analyse" / "cka.py").write_text("import torch\n\nANALYSIS = {'of': 'cloud'}\n")
    (scripts / "analyse" / "graphs.py").write_text("EDGES = {'of': 'cloud'}\n")
    (scripts / "compare" / "draw_cka.py").write_text("FIGURE = {'of': 'cloud'}\n")
    assert stages(tmp_path) == {"cka": "analyse", "draw_cka": "compare"}


def test_equal_jobs_one_after_the_other():
    assert time_left({"embed": 10}, {"embed": [3.0] * 4}, [], {}, 12.0) == pytest.approx(18)


def test_two_cores_take_half_as_long_by_jobs_of_one_thread_or_of_two():
    assert time_left({"knn": 10}, {"knn": [3.0] * 4}, [], {}, 6.0) == pytest.approx(9)
    assert time_left({"embed": 10}, {"embed": [6.0] * 4}, [], {}, 12.0) == pytest.approx(18)


def test_a_running_job_counts_for_what_it_has_done():
    assert time_left({"embed": 3}, {"embed": [4.0]}, [("embed", 3.0)], {}, 7.0) == pytest.approx(5)


def test_a_rule_that_no_job_has_ended_of_takes_what_it_took_before():
    assert time_left({"embed": 1, "trust": 2}, {"embed": [5.0]}, [], {"trust": 50.0}, 5.0) == pytest.approx(
        100
    )
    assert time_left({"embed": 1, "trust": 2}, {"embed": [5.0]}, [], {}, 5.0) == pytest.approx(10)
    took = {"embed": [90.0], "control": [2.0, 4.0], "neighbors": [1.0]}  # the rule in the middle: 3 s
    assert time_left(
        {"embed": 1, "control": 2, "neighbors": 1, "trust": 2}, took, [], {}, 97.0
    ) == pytest.approx(6)


def test_nothing_is_foretold_before_the_first_job_has_ended():
    assert time_left({"embed": 3}, {}, [("embed", 2.0)], {"embed": 9.0}, 2.0) is None


def test_times_of_earlier_runs_are_means_over_their_benchmarks(tmp_path):
    (tmp_path / "embed" / "tones").mkdir(parents=True)
    for model, seconds in {"mfcc": 2, "crepe": 4}.items():
        (tmp_path / "embed" / "tones" / f"{model}.tsv").write_text(
            f"s\th:m:s\n{seconds}.0\t0:00:0{seconds}\n"
        )
    assert known(tmp_path, "embed") == 3
    assert known(tmp_path, "knn") is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (40, "40 s"), (95, "2 min"), (3000, "50 min"), (12000, "3 h 20 min")]
)
def test_durations_as_one_says_them(seconds, words):
    assert spoken(seconds) == words


def test_jobs_are_called_by_rule_model_and_data_set():
    assert called("embed", {"dataset": "tones", "model": "crepe"}) == "embed crepe on tones"
    assert called("environment", {"env": "signal"}) == "environment signal"
    assert called("report", {}) == "report"
