"""The config that the plan works with: files merged, catalogues added, weights joined."""

import pytest
from helpers import checked_with
from planning.config import find_files
from planning.datasets import resolved
from planning.environments import environment_of
from planning.models import weights_to_fetch
from snakemake.exceptions import WorkflowError


def test_a_second_file_merges_definitions_and_replaces_lists():
    config = checked_with(
        {
            "run": {"models": ["mfcc", "mine"], "datasets": ["paper2023"]},
            "models": {
                "mfcc": {"options": {"n_mfcc": 13}},
                "mine": {
                    "module": "adapters.mfcc",
                    "requirements": ["librosa==0.11.0"],
                    "sample_rate": 16000,
                },
                "logmel": None,
            },
        }
    )
    assert config["run"] == {"models": ["mfcc", "mine"], "datasets": ["paper2023"], "shard_size": 10000}
    assert config["models"]["mfcc"]["options"] == {"n_mfcc": 13}
    assert environment_of(config["models"]["mfcc"]) == "signal"
    assert environment_of(config["models"]["mine"]).startswith("inline-")
    assert "logmel" not in config["models"]


def test_a_second_file_changes_and_takes_away_from_a_data_set():
    tones = {
        "N": 512,
        "factors": {"f1": {"high": 300}, "odd_even": None},
        "nuisances": {"gain": False, "noise": None},
    }
    change = {
        "run": {"datasets": ["tones"], "models": ["mfcc"]},
        "datasets": {"tones": tones, "ladder": None},
    }
    entry = resolved(checked_with(change), "tones")
    assert entry["N"] == 512
    assert list(entry["factors"]) == ["f1", "odd_even"]
    assert (entry["factors"]["f1"]["low"], entry["factors"]["f1"]["high"]) == (200, 300)
    assert set(entry["nuisances"]) == {"phases", "onset", "noise"}
    assert entry["nuisances"]["noise"]["low"] == 20


def test_a_catalogue_adds_what_the_run_names_and_ones_own_entry_goes_before():
    change = {"catalogues": ["hear2021"], "run": {"models": ["cvssp_panns", "crepe"]}}
    config = checked_with(change | {"models": {"cvssp_panns": {"batch_size": 3}}})
    entry = config["models"]["cvssp_panns"]
    assert (entry["module"], entry["batch_size"]) == ("panns_hear", 3)
    assert entry["licence"] == "MIT (code), CC BY 4.0 (weights)"
    assert weights_to_fetch(config)


def test_ones_own_digests_go_before_a_catalogues_file_by_file():
    digests = {"modeling_dasheng.py": "0" * 64}
    change = {"catalogues": ["transformers"], "run": {"models": ["dasheng_06b"]}}
    entry = checked_with(change | {"models": {"dasheng_06b": {"weights": {"files": digests}}}})["models"]
    weights = entry["dasheng_06b"]["weights"]
    assert weights["hub"] == "mispeech/dasheng-0.6B"
    assert weights["files"]["modeling_dasheng.py"] == "0" * 64
    assert weights["files"]["configuration_dasheng.py"] is None

    own = {"path": ".", "files": digests}
    entry = checked_with(change | {"models": {"dasheng_06b": {"weights": own}}})["models"]["dasheng_06b"]
    assert entry["weights"] == own


def test_ones_own_model_keeps_its_name_beside_a_catalogue():
    own = {"module": "my_crepe.hear", "requirements": ["my-crepe==1"], "sample_rate": 16000}
    change = {"catalogues": ["hear2021"], "run": {"models": ["CREPE", "wav2vec2"]}}
    config = checked_with(change | {"models": {"CREPE": own, "wav2vec2": own | {"module": "mine"}}})
    assert config["run"]["models"] == ["CREPE", "wav2vec2"]
    assert [config["models"][name]["module"] for name in config["run"]["models"]] == ["my_crepe.hear", "mine"]
    assert not weights_to_fetch(config)


def test_a_submission_goes_by_its_published_names():
    change = {"catalogues": ["hear2021"], "run": {"models": ["GURA Fuse Cat H+w+C (time)", "CVSSP PANNS"]}}
    assert checked_with(change)["run"]["models"] == ["gura_fuse_cat_h+w+c_t", "cvssp_panns"]


def test_digests_of_one_file_are_joined_and_must_agree():
    hub = {"hub": "a/b", "revision": "0123456789abcdef0123456789abcdef01234567"}
    of = {"module": "x", "env": "signal", "sample_rate": 16000}
    models = {"first": of | {"weights": hub | {"files": {"w": 64 * "1", "c": None}}}}
    models["second"] = of | {"weights": hub | {"files": {"w": None, "d": 64 * "2"}}}

    def files():
        run = {"models": list(models), "datasets": ["tones"]}
        (file,) = weights_to_fetch(checked_with({"run": run, "models": models})).values()
        return file["files"]

    assert files() == {"w": 64 * "1", "c": None, "d": 64 * "2"}
    models["third"] = of | {"weights": hub | {"files": {"w": 64 * "3"}}}
    with pytest.raises(WorkflowError, match="has two different digests"):
        files()


def test_paths_may_begin_at_home_and_be_spelled_otherwise(tmp_path, monkeypatch):
    for name in ("w.pth", "buzz.py", "sounds"):
        (tmp_path / name).mkdir() if name == "sounds" else (tmp_path / name).touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    entry = {"synthesizer": "~/buzz.py", "table": "~/t.csv", "options": {"folder": "~\\sounds"}}
    model = {"module": "m", "weights": [{"path": "~/w.pth", "place": "./w"}]}
    config = {"datasets": {"d": entry}, "models": {"a": model, "b": {"module": "m", "weights": "~/w.pth"}}}
    config["models"]["c"] = {"module": "precomputed", "embeddings": "~/{dataset}.npy"}
    find_files(config)
    assert entry["synthesizer"] == f"{tmp_path}/buzz.py"
    assert entry["table"] == f"{tmp_path}/t.csv"  # although it is not there
    assert entry["options"]["folder"] == f"{tmp_path}/sounds"
    assert model["weights"][0]["path"] == config["models"]["b"]["weights"] == f"{tmp_path}/w.pth"
    assert config["models"]["c"]["embeddings"] == f"{tmp_path}/{{dataset}}.npy"
