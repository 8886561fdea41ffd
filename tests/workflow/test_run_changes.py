"""What is made again after a change, and nothing else."""

import json
import os

import pytest
import yaml
from conftest import ROOT, SMALL, jobs, snakemake
from runs import (
    CLOUD,
    MODELS,
    embedding,
    planned,
)

pytestmark = pytest.mark.network


def test_second_run_does_nothing(finished):
    done = snakemake(finished, *SMALL)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout


def test_what_jobs_depend_on_is_the_same_in_a_moved_clone(finished):
    """Snakemake records the parameters and inputs of each job; none names the folder of the clone."""
    records = [path for path in (finished / ".snakemake" / "metadata").rglob("*") if path.is_file()]
    assert len(records) > 100
    for path in records:
        record = json.loads(path.read_text())
        assert str(finished) not in json.dumps([record["params"], record["input"]]), record["rule"]


FAN_IN = {
    "compare": 3,
    "bridge": 1,
    "pairs": 2,
    "draw_models": 2,
    "draw_isomap": 2,
    "draw_knn": 2,
    "draw_subspaces": 2,
    "draw_threshold": 1,
    "explore": 2,
    "report": 1,
    "record": 1,
}
BRANCH = {"embed": 3, **dict.fromkeys(CLOUD, 2), "sensitivity": 1, "threshold": 1}


def test_one_models_option_reruns_its_branch_only(finished):
    words = ["--config", 'models={"mfcc": {"options": {"n_mfcc": 13}}}']
    assert planned(finished, *SMALL, *words) == BRANCH | FAN_IN


def test_a_setting_makes_those_analyses_again_that_take_it(finished, tmp_path):
    (tmp_path / "mine.yaml").write_text("analyses: {metric: cosine}\n")
    of_clouds = dict.fromkeys({*CLOUD} - {"subspaces", "axes"}, 2 * len(MODELS))  # not of controls
    of_ladders = dict.fromkeys(("sensitivity", "threshold"), len(MODELS))
    fan_in = {rule: count for rule, count in FAN_IN.items() if rule != "draw_subspaces"}
    assert planned(finished, *SMALL, tmp_path / "mine.yaml") == of_clouds | of_ladders | fan_in


def test_editing_an_adapter_reruns_its_model_only(finished):
    path = finished / "workflow_scripts" / "adapters" / "mfcc.py"
    before, when = path.read_text(), path.stat().st_mtime
    path.write_text(before + "# edited\n")
    assert planned(finished, *SMALL)["embed"] == 3
    path.write_text(before)
    os.utime(path, (when, when))
    assert planned(finished, *SMALL) == {}


def test_the_readmes_example_adds_a_model_by_config_alone(finished, tmp_path):
    """The YAML block of the README, as it stands there, run for real; only the new model's jobs run."""
    text = (ROOT / "README.md").read_text()
    block = text.split("## Add a model")[1].split("```yaml")[1].split("```")[0]
    example = yaml.safe_load(block)
    (name,) = example["models"]
    small = yaml.safe_load((ROOT / "tests" / "small.yaml").read_text())
    example["run"] = {"datasets": small["run"]["datasets"], "models": [*MODELS, name]}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(example))
    words = [*SMALL, tmp_path / "mine.yaml"]
    done = snakemake(finished, *words)
    assert done.returncode == 0, done.stdout[-5000:]
    ran = jobs(done.stdout)
    assert {rule: ran.count(rule) for rule in ran} == {"environment": 1, "all": 1} | BRANCH | FAN_IN
    assert embedding(finished, "small", name).shape == (40, 88)
    assert planned(finished, *SMALL) == FAN_IN  # and back again
