"""Catalogues: every published submission is one entry, named as published, that can be planned."""

import csv
import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from conftest import PYTHON, ROOT, snakemake
from driver import list_models

sys.path.insert(0, str(ROOT / "catalogues"))
import hear2021

LISTED = json.loads((ROOT / "data" / "hear2021_models.json").read_text())
HEAR = yaml.safe_load((ROOT / "catalogues" / "hear2021.yaml").read_text())["models"]
PAPER = yaml.safe_load((ROOT / "experiments" / "paper.yaml").read_text())
WHEELS = yaml.safe_load((ROOT / "catalogues" / "wheels.yaml").read_text())["models"]


def test_the_catalogue_is_what_its_script_writes():
    assert (ROOT / "catalogues" / "hear2021.yaml").read_text() == hear2021.catalogue()


def test_every_submission_is_one_entry_under_both_spellings():
    assert len(HEAR) == 29
    assert [entry["published"][0] for entry in HEAR.values()] == list(LISTED)
    with open(ROOT / "data" / "hear_leaderboard.csv", newline="") as file:
        board = {row["Model"] for row in csv.DictReader(file) if row["Submission Date"] == "HEAR 2021"}
    assert {entry["published"][-1] for entry in HEAR.values()} == board
    assert sum(len(entry["published"]) == 2 for entry in HEAR.values()) == 7


def test_what_the_list_does_not_say_is_called_unknown():
    silent = [
        entry["licence"]
        for entry, facts in zip(HEAR.values(), LISTED.values(), strict=True)
        if "code_license" not in facts
    ]
    assert silent == ["unknown (code), unknown (weights)"] * 2


def test_published_weights_are_addressed_as_listed():
    addresses = json.dumps(HEAR)
    own = {"CP-JKU PaSST base"}  # its loader looks for the file of its own repository
    for name, facts in LISTED.items():
        if "zenodo_weights_url" in facts and name not in own:
            assert facts["zenodo_weights_url"] in addresses


def test_the_papers_table_is_complete():
    assert PAPER["run"]["models"] == ["logmel", "openl3", "byol", "crepe", "wav2vec2", "gura", "yamnet"]
    sizes = {name: entry["embedding_size"] for name, entry in PAPER["models"].items()}
    assert sizes == {"openl3": 6144, "byol": 2048, "wav2vec2": 1024, "gura": 3072, "yamnet": 1024}


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.post-deploy.sh")), ids=lambda path: path.name)
def test_what_follows_an_environment_is_pinned(path):
    text = path.read_text()
    assert "set -e" in text
    for address in re.findall(r"git\+https://\S+", text):
        assert re.search(r"@[0-9a-f]{40}\"?$", address)
    for line in re.findall(r"pip install.*", text):
        assert "--no-deps" in line


def test_the_table_of_models_names_them_all():
    command = [PYTHON, ROOT / "workflow_scripts", "driver.list_models"]
    table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    names = [line.split()[0] for line in table.splitlines()[1:]]
    assert set(names) >= set(HEAR) | set(PAPER["models"]) | set(WHEELS) | {"wavlm", "ast", "clap"}


@pytest.mark.parametrize("name", WHEELS)
def test_a_network_in_a_wheel_says_what_it_is(name):
    stated = {"licence", "task", "training_data", "embedding_size", "sample_rate", "threads"}
    assert stated <= set(WHEELS[name])
    assert "weights" not in WHEELS[name]


def test_the_experiment_of_wheels_runs_all_of_them():
    listed = yaml.safe_load((ROOT / "experiments" / "wheels.yaml").read_text())["run"]["models"]
    assert set(WHEELS) <= set(listed)


def test_the_table_of_models_tells_what_the_last_run_found(tmp_path, monkeypatch):
    monkeypatch.setattr(list_models, "ROOT", tmp_path)
    assert list_models.measured("mine", "mymodel") == ("", "", "", "")
    facts = {"module": "mymodel", "D": 8, "seconds_per_1000_sounds": 12.5, "marks": {"view": "", "delay": ""}}
    for dataset, count in (("older", 1), ("newer", 22244328)):
        path = tmp_path / "results" / dataset / "embeddings" / "mine.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(facts | {"parameters": count}))
        os.utime(path, (count, count))
    assert list_models.measured("mine", "mymodel") == ("8", "22,244,328", "12.5", "view, delay")
    assert list_models.measured("mine", "another") == ("", "", "", "")


HUB = yaml.safe_load((ROOT / "catalogues" / "transformers.yaml").read_text())["models"]


def test_the_newer_models_say_what_they_are():
    assert len(HUB) >= 40
    for name, entry in HUB.items():
        stated = {"sample_rate", "embedding_size", "licence", "task", "training_data", "weights", "env"}
        assert stated <= entry.keys(), name
        code = [file for file in entry["weights"]["files"] if file.endswith(".py")]
        assert bool(code) == entry.get("trust_code", False), name


@pytest.mark.long
def test_every_entry_of_every_catalogue_can_be_planned(clone):
    """`snakemake -n` of one run of them all."""
    catalogues = {
        path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / "catalogues").glob("*.yaml")
    }
    names = [name for catalogue in catalogues.values() for name in catalogue["models"]]
    config = yaml.safe_load((ROOT / "tests" / "small.yaml").read_text())
    run = {"datasets": ["small"], "models": sorted(set(names))}
    (clone / "all.yaml").write_text(yaml.safe_dump(config | {"catalogues": [*catalogues], "run": run}))
    done = snakemake(clone, "-n", "--quiet", "--configfile", "all.yaml")
    assert done.returncode == 0, done.stdout[-5000:]
