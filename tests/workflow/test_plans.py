"""What Snakemake plans: the commands, resources and jobs of a run that does not begin."""

import json
import re
import shlex
import time

import pytest
import yaml
from conftest import ROOT, snakemake
from planning.schema import defaults


def test_a_second_file_merges_definitions_into_the_commands(tmp_path):
    change = {
        "run": {"models": ["mfcc", "mine"], "datasets": ["paper2023"]},
        "models": {
            "mfcc": {"options": {"n_mfcc": 13}},
            "mine": {"module": "adapters.mfcc", "requirements": ["librosa==0.11.0"], "sample_rate": 16000},
            "logmel": None,
        },
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["-n", "--printshellcmds", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(tmp_path, *words, "-R", "embed")
    assert done.returncode == 0, done.stdout
    commands = [line for line in done.stdout.splitlines() if "embed.embed --audio" in line]
    assert len(commands) == 2
    assert any("n_mfcc" in line and "environments/signal/bin/python" in line for line in commands)
    assert any("environments/inline-" in line for line in commands)


def test_a_second_file_changes_and_takes_away_from_a_data_set(tmp_path):
    change = {
        "run": {"datasets": ["tones"], "models": ["mfcc"]},
        "datasets": {
            "tones": {
                "N": 512,
                "factors": {"f1": {"high": 300}, "odd_even": None},
                "nuisances": {"gain": False, "noise": None},
            },
            "ladder": None,
        },
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["-n", "--printshellcmds", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(tmp_path, *words)
    assert done.returncode == 0, done.stdout
    (command,) = [line for line in done.stdout.splitlines() if "synthesize.synthesize --definition" in line]
    words = shlex.split(command)
    entry = json.loads(words[words.index("--definition") + 1])
    assert entry["N"] == 512
    assert list(entry["factors"]) == ["f1", "odd_even"]
    assert (entry["factors"]["f1"]["low"], entry["factors"]["f1"]["high"]) == (200, 300)
    assert set(entry["nuisances"]) == {"phases", "onset", "noise"}
    assert entry["nuisances"]["noise"]["low"] == 20


def test_three_hundred_models_can_be_planned(tmp_path):
    entry = {"module": "adapters.mfcc", "env": "signal", "sample_rate": 16000}
    models = {f"model{i}": entry for i in range(300)}
    change = {"run": {"models": list(models), "datasets": ["paper2023"]}, "models": models}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["-n", "--quiet", "rules", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(tmp_path, *words)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^embed +300$", done.stdout, re.MULTILINE)


def test_lint_finds_nothing():
    done = snakemake(ROOT, "--lint")
    assert done.returncode == 0, done.stdout
    assert "Congratulations" in done.stdout


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


def test_a_catalogue_adds_what_the_run_names_and_ones_own_entry_goes_before(tmp_path):
    change = {"catalogues": ["hear2021"], "run": {"models": ["cvssp_panns", "crepe"]}}
    change["models"] = {"cvssp_panns": {"batch_size": 3}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml", "-n", "--printshellcmds"]
    plan = snakemake(tmp_path, "results/tones/embeddings/cvssp_panns.npy", *words).stdout
    assert "--module panns_hear" in plan
    assert "--batch-size 3" in plan
    assert "--licence 'MIT (code), CC BY 4.0 (weights)'" in plan
    assert "rule fetch" in plan


def test_ones_own_model_keeps_its_name_beside_a_catalogue(tmp_path):
    own = {"module": "my_crepe.hear", "requirements": ["my-crepe==1"], "sample_rate": 16000}
    change = {"catalogues": ["hear2021"], "run": {"models": ["CREPE", "wav2vec2"]}}
    change["models"] = {"CREPE": own, "wav2vec2": own | {"module": "mine"}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml", "-n", "--printshellcmds"]
    targets = [f"results/tones/embeddings/{name}.npy" for name in ("CREPE", "wav2vec2")]
    plan = snakemake(tmp_path, *targets, *words).stdout
    assert "--module my_crepe.hear" in plan
    assert "--module mine" in plan
    assert "rule fetch" not in plan


def test_digests_of_one_file_are_joined_and_must_agree(tmp_path):
    hub = {"hub": "a/b", "revision": "0123456789abcdef0123456789abcdef01234567"}
    of = {"module": "x", "env": "signal", "sample_rate": 16000}
    models = {"first": of | {"weights": hub | {"files": {"w": 64 * "1", "c": None}}}}
    models["second"] = of | {"weights": hub | {"files": {"w": None, "d": 64 * "2"}}}

    def plan():
        run = {"models": list(models), "datasets": ["tones"]}
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"run": run, "models": models}))
        words = ["--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml", "-n", "--printshellcmds"]
        return snakemake(tmp_path, "weights", *words).stdout

    told = plan()
    assert all(word in told for word in (f'"w": "{64 * "1"}"', '"c": null', f'"d": "{64 * "2"}"'))
    models["third"] = of | {"weights": hub | {"files": {"w": 64 * "3"}}}
    assert "has two different digests" in plan()


def test_a_submission_goes_by_its_published_names(tmp_path):
    change = {"catalogues": ["hear2021"], "run": {"models": ["GURA Fuse Cat H+w+C (time)", "CVSSP PANNS"]}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml", "-n"]
    plan = snakemake(tmp_path, *words).stdout
    assert "results/tones/embeddings/gura_fuse_cat_h+w+c_t.npy" in plan
    assert "results/tones/embeddings/cvssp_panns.npy" in plan


def plan(folder, dataset, model):
    """Command, threads and resources of every job that a run of one data set and one model would do."""
    bare = {"synthesizer": "additive", "N": 256, "sample_rate": 16000, "duration": 0.5}
    mine = {"module": "adapters.mfcc", "env": "signal", "sample_rate": 22050}
    change = {"run": {"datasets": ["bare"], "models": ["mine"]}}
    change |= {"datasets": {"bare": dataset | bare}, "models": {"mine": model | mine}}
    (folder / "mine.yaml").write_text(yaml.safe_dump(change, sort_keys=False))
    words = ["-n", "--printshellcmds", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(folder, *words, "--cores", 8)  # two would cap the threads
    assert done.returncode == 0, done.stdout
    return sorted(re.findall(r"^ *(?:Shell command|threads|resources): .*", done.stdout, re.MULTILINE))


def test_an_entry_that_leaves_a_key_out_gets_the_default_that_the_schema_states(tmp_path):
    bare = plan(tmp_path, {}, {})
    assert any("embed.embed --audio" in line for line in bare)
    assert bare == plan(tmp_path, defaults("dataset"), defaults("model"))


@pytest.mark.parametrize("experiment", ["paper", "hear2021"])
def test_an_experiment_is_planned_without_a_fault(experiment):
    config = ROOT / "experiments" / f"{experiment}.yaml"
    began = time.monotonic()
    done = snakemake(ROOT, "-n", "--quiet", "rules", "--configfile", config)
    assert done.returncode == 0, done.stdout
    print(f"{experiment}: planned in {time.monotonic() - began:.1f} s")
