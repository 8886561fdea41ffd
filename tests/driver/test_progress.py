"""How far a run is: the time left of runs that are known, and every rule has its stage."""

import random
import re
from collections import Counter

import pytest
import yaml
from conftest import ROOT
from driver.progress import (
    STAGES,
    called,
    cost,
    expected,
    families,
    measured,
    spoken,
    stages,
    time_left,
)


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
    took = {f"embed/tones/{i}": 3.0 for i in range(4)}
    assert time_left({"embed": 10}, took, {}, {"embed/tones/0": 3.0}, 1) == pytest.approx(18)
    assert time_left({"embed": 10}, took, {}, {"embed/tones/0": 3.0}, 2) == pytest.approx(9)


def test_a_machine_half_as_fast_takes_twice_as_long():
    known = {f"embed/tones/{i}": 300.0 for i in range(10)}
    took = {f"embed/tones/{i}": 600.0 for i in range(4)}
    assert time_left({"embed": 10}, took, {}, known, 1) == pytest.approx(3600, rel=0.03)


def test_a_running_job_counts_for_what_it_has_done():
    known = {"embed/tones/a": 4.0}
    took, running = {"embed/tones/a": 4.0}, {"embed/tones/b": 3.0}
    assert time_left({"embed": 3}, took, running, known, 1) == pytest.approx(5)


def test_the_longest_job_at_work_is_waited_for():
    known = {"embed/tones/a": 1.0, "embed/tones/b": 100.0}
    took, running = {"embed/tones/a": 1.0}, {"embed/tones/b": 10.0}
    assert time_left({"embed": 2}, took, running, known, 8) == pytest.approx(90)


def test_jobs_that_are_left_are_not_those_that_ended():
    """The long ones are left: a mean over the rule would say 100 s."""
    known = {f"embed/tones/{i}": 10.0 for i in range(9)} | {"embed/tones/slow": 190.0}
    took = {f"embed/tones/{i}": 10.0 for i in range(9)}
    assert time_left({"embed": 10}, took, {}, known, 1) == pytest.approx(190)


def test_a_new_job_takes_what_its_model_or_else_its_rule_takes():
    known = {"embed/tones/crepe": 50.0, "embed/ladder/crepe": 70.0, "embed/tones/mfcc": 3.0, "report": 9.0}
    assert cost("embed/tones/crepe", known) == 50
    assert cost("embed/mine/crepe", known) == 60
    assert cost("embed/mine/new", known) == pytest.approx(41)
    assert cost("knn/tones/crepe", known) == pytest.approx(29.5)  # the job in the middle


def test_nothing_is_foretold_before_the_first_job_has_ended():
    assert time_left({"embed": 3}, {}, {"embed/tones/a": 2.0}, {"embed/tones/a": 9.0}, 1) is None


def test_times_of_earlier_runs_go_before_those_that_are_shipped(tmp_path):
    (tmp_path / "embed" / "tones").mkdir(parents=True)
    (tmp_path / "embed" / "tones" / "crepe.tsv").write_text("s\th:m:s\n7000.0\t1:56:40\n")
    assert measured(tmp_path) == {"embed/tones/crepe": 7000}
    known = expected(ROOT, ["tones"], tmp_path)
    assert known["embed/tones/crepe"] == 7000
    assert 1 < known["embed/tones/mfcc"] < 600


def test_rules_made_from_others_share_their_logs():
    assert families(ROOT)["embed_shard_layers"] == "embed"


def replayed(seconds, cores):
    """A run of jobs {job: seconds}, as many at a time as there are cores: [(job, begin, end)]."""
    free, times = [0.0] * cores, []
    for job, duration in seconds.items():
        begin = min(free)
        free[free.index(begin)] = begin + duration
        times.append((job, begin, begin + duration))
    return times


STAGE_OF = stages(ROOT)
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())["run"]


def in_order(job):
    """Where a job of the default run stands in it: sounds, the models in their order, then the report."""
    stage = STAGES.index(STAGE_OF[job.split("/")[0]])
    model = job.split("/")[-1]
    if stage in (STAGES.index("embed"), STAGES.index("analyse")) and model in CONFIG["models"]:
        return (STAGES.index("embed"), 1 + CONFIG["models"].index(model), stage)
    return (min(stage, STAGES.index("embed")) if stage < STAGES.index("compare") else stage, 0, stage)


@pytest.mark.parametrize("quick_before", [False, True])
@pytest.mark.parametrize("cores", [2, 8])
@pytest.mark.parametrize("speed", [0.5, 1, 3])
def test_the_time_left_of_the_default_run_is_right_by_a_factor_of_two(cores, speed, quick_before, tmp_path):
    """On machines of other speeds, on which rules differ, too, and after a run of small data sets."""
    rng = random.Random(0)
    shipped = expected(ROOT, CONFIG["datasets"], tmp_path)
    if quick_before:
        for job in [job for job in shipped if "/tones/" in job]:
            path = tmp_path / f"{job.replace('/tones/', '/few_tones/')}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"s\n{shipped[job] / 10}\n")
    known = expected(ROOT, CONFIG["datasets"], tmp_path)
    factor = {rule: speed * rng.uniform(0.6, 1.6) for rule in sorted({job.split("/")[0] for job in shipped})}
    order = sorted(shipped, key=in_order)
    times = replayed({job: shipped[job] * factor[job.split("/")[0]] for job in order}, cores)
    over = max(end for *_, end in times)
    totals = Counter(job.split("/")[0] for job in shipped)
    for now in (180, 360, 540, 0.8 * over):
        if now > 0.9 * over:
            continue
        took = {job: end - begin for job, begin, end in times if end <= now}
        running = {job: now - begin for job, begin, end in times if begin <= now < end}
        left = time_left(totals, took, running, known, cores)
        assert (over - now) / 2 < left < (over - now) * 2, now


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (40, "40 s"), (95, "2 min"), (3000, "50 min"), (12000, "3 h 20 min")]
)
def test_durations_as_one_says_them(seconds, words):
    assert spoken(seconds) == words


def test_jobs_are_called_by_rule_model_and_data_set():
    assert called("embed", {"dataset": "tones", "model": "crepe"}) == "embed crepe on tones"
    assert called("environment", {"env": "signal"}) == "environment signal"
    assert called("report", {}) == "report"
