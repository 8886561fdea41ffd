"""A model that another clone has embedded joins the comparison, which is then that of a joint run."""

import shutil
import subprocess

import pytest
import yaml
from conftest import FEW, PYTHON, jobs, snakemake
from planning.config import record
from planning.yaml_files import to_yaml
from runs import GOOD, facts, write_datasets

pytestmark = [pytest.mark.environments("analysis"), pytest.mark.analyses(*FEW)]
SOUNDS = {
    "synthesizer": "additive",
    "design": "latin_hypercube",
    "N": 24,
    "sample_rate": 16000,
    "duration": 0.1,
}
MOMENTS = GOOD | {"embedding": "timestamps", "pooling": ["mean", "max"], "published": ["Moments"]}
TABLES = ("scores.csv", "differences.csv", "models.csv")


def merge(clone, *words):
    call = [PYTHON, "workflow_scripts", "driver.merge", *map(str, words)]
    return subprocess.run(call, cwd=clone, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_a_merged_comparison_is_that_of_the_joint_run(clone, tmp_path_factory):
    write_datasets(clone, few=SOUNDS)
    joint = yaml.safe_load((clone / "mine.yaml").read_text())
    joint["run"]["models"] += ["moments"]
    joint["models"]["moments"] = MOMENTS
    (clone / "joint.yaml").write_text(to_yaml(joint))
    done = snakemake(clone, "--configfile", "joint.yaml")
    assert done.returncode == 0, done.stdout[-5000:]

    # the other clone has both; of this one only what a run of the first model would have left
    other = tmp_path_factory.mktemp("other")
    results = clone / "results"
    shutil.copytree(results, other / "results")
    expected = {name: (results / "few" / name).read_bytes() for name in TABLES}
    known = {row: facts(clone, "few", row) for row in ("moments", "moments.max")}
    for path in [*results.glob("few/*/moments*"), *(results / "few" / name for name in TABLES)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    alone = yaml.safe_load((results / "run_config.yaml").read_text())
    alone["run"]["models"].remove("moments")
    del alone["models"]["moments"]
    record(alone, results / "run_config.yaml")

    changed = tmp_path_factory.mktemp("changed")
    shutil.copytree(other, changed, dirs_exist_ok=True)
    with open(changed / "results" / "few" / "sounds" / "audio.wav", "r+b") as file:
        file.seek(-1, 2)
        file.write(b"?")
    refused = merge(clone, changed)
    assert refused.returncode != 0
    (sentence,) = refused.stdout.splitlines()
    assert f"error: the data set few of {changed} has other sounds than here" in sentence
    assert not (clone / "merged.yaml").exists()
    assert not (clone / "resources" / "merged").exists()

    taken = merge(clone, other)
    assert taken.returncode == 0, taken.stdout
    assert "good is here already" in taken.stdout
    targets = [f"results/few/{name}" for name in TABLES]
    done = snakemake(clone, "--replace-workflow-config", "--configfile", "merged.yaml", "--", *targets)
    assert done.returncode == 0, done.stdout[-5000:]
    ran = jobs(done.stdout)
    assert ran.count("adopt") == 2  # the model and its further pooling
    assert not {"embed", "synthesize", "environment", "layer"} & {*ran}
    assert ran.count("knn") == 2
    assert {name: (results / "few" / name).read_bytes() for name in TABLES} == expected
    assert {row: facts(clone, "few", row) for row in known} == known
