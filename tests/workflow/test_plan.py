"""Plans by Snakemake itself: faults in one sentence, hundreds of models, what a profile asks for."""

import re

import numpy as np
import pytest
import yaml
from conftest import ROOT, jobs, snakemake
from planning.schema import defaults


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"models": {"crepe": {"modul": "x"}}}, "models.crepe: unknown key 'modul', did you mean 'module'?"),
        ({"run": {"datasets": ["paper"]}}, "run.datasets: 'paper' is not defined"),
        ({"catalogues": ["hear"]}, "catalogues: 'hear' is not known, did you mean 'hear2021'?"),
    ],
)
def test_a_fault_of_the_config_is_one_sentence_before_anything_is_made(tmp_path, change, sentence):
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    done = snakemake(tmp_path, "-n", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml")
    assert done.returncode != 0
    (fault,) = [line for line in done.stdout.splitlines() if line.startswith("config: ")]
    assert sentence in fault
    assert not (tmp_path / "results").exists()


def test_what_a_second_file_changes_reaches_the_commands(tmp_path):
    own = {"module": "adapters.mfcc", "requirements": ["scipy==1.16.3"], "sample_rate": 16000}
    change = {"run": {"models": ["mfcc", "mine", "cvssp_panns"], "datasets": ["paper2023"]}}
    change["models"] = {"mfcc": {"options": {"n_mfcc": 13}}, "mine": own, "cvssp_panns": {"batch_size": 3}}
    change |= {"catalogues": ["hear2021"], "analyses": {"metric": "cosine", "reduce": {"pca": 8}}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["-n", "--printshellcmds", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(tmp_path, *words)
    assert done.returncode == 0, done.stdout
    commands = [line for line in done.stdout.splitlines() if "embed.embed --audio" in line]
    assert len(commands) == 3
    assert any("n_mfcc" in line and "environments/signal/bin/python" in line for line in commands)
    assert any("environments/inline-" in line for line in commands)
    (panns,) = [line for line in commands if "--module panns_hear" in line]
    assert "--batch-size 3" in panns
    assert "--licence 'MIT (code), CC BY 4.0 (weights)'" in panns
    assert "rule fetch" in done.stdout
    for script in ("neighbors", "isomap", "knn"):
        commands = [line for line in done.stdout.splitlines() if f" analyse.{script} " in line]
        told = ["--metric cosine" in line and """--reduce '{"pca": 8}'""" in line for line in commands]
        controls = ["chance.npz" in line or "reference.npz" in line for line in commands]
        assert (sum(told), sum(controls)) == (3, 2)
        assert not any(one and other for one, other in zip(told, controls, strict=True))


def test_three_hundred_models_can_be_planned(tmp_path):
    entry = {"module": "adapters.mfcc", "env": "signal", "sample_rate": 16000}
    models = {f"model{i}": entry for i in range(300)}
    change = {"run": {"models": list(models), "datasets": ["paper2023"]}, "models": models}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["-n", "--quiet", "rules", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(tmp_path, *words)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^embed +300$", done.stdout, re.MULTILINE)


def test_lint_finds_nothing_but_the_missing_conda_directives():
    """planning/environments.py says why there are none; the next test asks for what stands in their place."""
    done = snakemake(ROOT, "--lint")
    found = set(re.findall(r"^ +\* (.*):$", done.stdout, re.MULTILINE))
    assert found == {"Specify a conda environment or container for each rule."}


def test_every_script_waits_for_the_environment_that_it_is_called_in():
    rules = "".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
    rules = re.split(r"^ *(?:use )?rule\b", rules, flags=re.MULTILINE)[1:]
    callers = [rule for rule in rules if "input:" in rule and re.search(r"\bcall=|as \w+ with:", rule)]
    assert len(callers) > 12
    missing = [rule.split(":")[0].strip() for rule in callers if "environment=" not in rule]
    assert missing == ["environment", "record"]  # the driver's own interpreter makes both


def test_slurm_profile_asks_what_the_entries_say_and_is_not_capped(tmp_path):
    big = {"models": {"mfcc": {"mem_mb": 64000, "gpu": 0}}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(big))
    words = ["-n", "--forceall", "--profile", "slurm", "--configfile", tmp_path / "mine.yaml"]
    done = snakemake(ROOT, *words)
    assert done.returncode == 0, done.stdout
    asked = {}
    for job in done.stdout.split("rule embed:")[1:]:
        asked[re.search("model=(.+)", job)[1]] = re.search("resources: (.+)", job)[1]
    assert {model for model, line in asked.items() if "gpu=1" in line} == {"crepe", "crepe_untrained"}
    assert "mem_mb=64000" in asked["mfcc"]
    assert all("runtime=240" in line for line in asked.values())


def test_more_sounds_ask_for_more_time_and_memory(tmp_path):
    run = {"datasets": ["tones"], "models": ["mfcc"], "shard_size": 20000}
    more = {"run": run, "datasets": {"tones": {"N": 16384}}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(more))
    plan = snakemake(ROOT, "-n", "--forceall", "--configfile", tmp_path / "mine.yaml").stdout
    embed, search = (
        re.search(rf"^rule {rule}:.*?resources: (.+?)$", plan, re.DOTALL | re.MULTILINE)[1]
        for rule in ("embed", "neighbors")
    )
    assert "runtime=960" in embed
    assert "mem_mb=4000" in embed  # the network's
    assert "mem_mb=8000" in search
    assert "runtime=240" in search


@pytest.mark.parametrize("experiment", ["paper", "hear2021", "wheels"])
def test_an_experiment_is_planned_without_a_fault(experiment):
    config = ROOT / "experiments" / f"{experiment}.yaml"
    done = snakemake(ROOT, "-n", "--quiet", "rules", "--configfile", config)
    assert done.returncode == 0, done.stdout


def plan(folder, dataset, model):
    """Command, threads and resources of every job that a run of one data set and one model would do.

    The file that keeps the config as it is stated goes by its content; its name is left out.
    """
    bare = {"synthesizer": "additive", "N": 256, "sample_rate": 16000, "duration": 0.5}
    mine = {"module": "adapters.mfcc", "env": "signal", "sample_rate": 22050}
    change = {"run": {"datasets": ["bare"], "models": ["mine"]}}
    change |= {"datasets": {"bare": dataset | bare}, "models": {"mine": model | mine}}
    (folder / "mine.yaml").write_text(yaml.safe_dump(change, sort_keys=False))
    words = ["-n", "--printshellcmds", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(folder, *words, "--cores", 8)  # two would cap the threads
    assert done.returncode == 0, done.stdout
    text = re.sub(r"resources/configs/\S+", "the config", done.stdout)
    return sorted(re.findall(r"^ *(?:Shell command|threads|resources): .*", text, re.MULTILINE))


def test_an_entry_that_leaves_a_key_out_gets_the_default_that_the_schema_states(tmp_path):
    bare = plan(tmp_path, {}, {})
    assert any("embed.embed --audio" in line for line in bare)
    assert bare == plan(tmp_path, defaults("dataset"), defaults("model"))


def test_a_head_on_a_model_embedded_elsewhere_is_trained_and_not_taken_for_a_file_of_that_name(tmp_path):
    for row in ("mine", "mine.supervised"):
        np.save(tmp_path / f"{row}.npy", np.zeros((1024, 4), dtype=np.float32))
    config = {
        "run": {"datasets": ["tones"], "models": ["mine"]},
        "models": {"mine": {"module": "precomputed", "embeddings": str(tmp_path / "mine.npy")}},
        "heads": {"of": "tones", "kinds": ["supervised"]},
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(config))
    done = snakemake(ROOT, "-n", "--forceall", "--configfile", tmp_path / "mine.yaml")
    assert done.returncode == 0, done.stdout
    assert [jobs(done.stdout).count(rule) for rule in ("adopt", "head", "head_row")] == [1, 3, 3]
