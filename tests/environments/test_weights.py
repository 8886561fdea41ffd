"""Weights in their places: where a loader looks for them, checked, and seen by no other process."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, snakemake
from shared import weights

CONTENT = bytes(range(256)) * 4096  # 1 MiB
DIGEST = hashlib.sha256(CONTENT).hexdigest()
REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """An entry of a hub model in the cache: one file that its receipt names, and one beside it."""
    monkeypatch.setenv("GEAR_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "hub"
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(CONTENT)
    (folder / "unchecked.bin").write_bytes(b"?")
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps({"files": {"config.json": DIGEST}}))
    return {"cached": "hub", "receipt": str(receipt), "hub": "org/name", "revision": REVISION}


@pytest.fixture(autouse=True)
def unchanged(monkeypatch):
    """Environment variables and import path as they were, after each test."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setattr(sys, "path", list(sys.path))


def test_a_file_without_a_place_is_the_argument_of_load_model(file):
    with weights.in_place([{"path": str(file)}]) as (argument, digests):
        assert argument == str(file)
        assert digests == {str(file): DIGEST}
    with weights.in_place([]) as (argument, digests):
        assert (argument, digests) == ("", {})


def test_places_are_seen_while_the_model_runs_and_by_no_other(file):
    before = Path.cwd()
    places = ["TORCH_HOME/hub/checkpoints/a.pth", "./some/b.bin", "site-packages/yaml/c.h5"]
    with weights.in_place([{"path": str(file), "place": place} for place in places]):
        homes = Path(os.environ["TORCH_HOME"])
        assert (homes / "hub" / "checkpoints" / "a.pth").read_bytes() == CONTENT
        assert Path("some/b.bin").read_bytes() == CONTENT
        command = [sys.executable, "-c", "import yaml; print(yaml.__file__)"]
        variables = {**os.environ, "PYTHONPATH": sys.path[0]}
        done = subprocess.run(command, env=variables, capture_output=True, text=True)
        package = Path(done.stdout.strip()).parent
        assert (package / "c.h5").read_bytes() == CONTENT
    assert Path.cwd() == before
    assert not homes.exists()
    assert not (Path(yaml.__file__).parent / "c.h5").exists()  # the environment itself is as it was


def test_a_hub_model_lies_as_in_the_hubs_own_cache(fetched, tmp_path):
    """Whatever cache the user's own variables name."""
    os.environ["HF_HUB_CACHE"] = os.environ["HUGGINGFACE_HUB_CACHE"] = str(tmp_path / "other")
    with weights.in_place([fetched | {"place": "HF_HOME"}]):
        command = "import huggingface_hub as h; print(h.hf_hub_download('org/name', 'config.json'))"
        done = subprocess.run([sys.executable, "-c", command], env=os.environ, capture_output=True, text=True)
        assert done.stdout.strip().endswith(f"snapshots/{REVISION}/config.json"), done.stderr
        assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_of_a_hub_model_only_the_files_that_were_checked_are_used(fetched):
    for place in ({}, {"place": "./org/name"}):
        with weights.in_place([fetched | place]) as (argument, digests):
            folder = Path(argument or "org/name")
            assert [path.name for path in folder.iterdir()] == ["config.json"]
            assert list(digests.values()) == [DIGEST]


def test_a_package_that_is_not_installed_is_named(file):
    with (
        pytest.raises(
            weights.Refused, match="the package 'no_such_package', which this environment does not"
        ),
        weights.in_place([{"path": str(file), "place": "site-packages/no_such_package/a"}]),
    ):
        pass


def test_a_file_changed_after_its_fetch_is_refused(fetched, tmp_path):
    file = tmp_path / "cache" / "hub" / "config.json"
    assert weights.verified(fetched) == {str(file): DIGEST}
    file.write_bytes(CONTENT[:-1])
    with pytest.raises(
        weights.Refused, match=f"must be {DIGEST}: it was truncated.* and .*receipt.json, and it"
    ):
        weights.verified(fetched)
    file.unlink()
    with pytest.raises(weights.Refused, match=r"is missing; delete it, if it is there, and .*receipt.json"):
        weights.verified(fetched)


# --- through the workflow --------------------------------------------------------------------------


HOSTILE = """
import sys, torch

class Hostile:
    def __reduce__(self):
        return print, ("the pickle ran",)

torch.save({"model": Hostile()}, sys.argv[1])
"""


@pytest.mark.network
@pytest.mark.environments("analysis", "hearbaseline")
def test_a_pickle_that_runs_code_is_not_loaded_unless_it_is_trusted(clone):
    entry = {
        "module": "adapters.pickled",
        "env": "hearbaseline",
        "sample_rate": 16000,
        "weights": "hostile.pth",
    }
    models = {"careless": entry, "trusting": entry | {"trust_pickle": True}}
    small = yaml.safe_load((ROOT / "tests" / "small.yaml").read_text())
    small |= {"models": models, "run": {"datasets": ["small"], "models": list(models)}}
    (clone / "mine.yaml").write_text(yaml.safe_dump(small))
    (clone / "hostile.pth").touch()
    assert snakemake(clone, "environments", "--configfile", "mine.yaml").returncode == 0
    python = clone / "resources" / "environments" / "hearbaseline" / "bin" / "python"
    subprocess.run([python, "-c", HOSTILE, clone / "hostile.pth"], check=True)
    targets = [f"results/small/embeddings/{model}.npy" for model in models]

    assert snakemake(clone, targets[0], "--configfile", "mine.yaml").returncode != 0
    careless, trusting = (clone / "logs" / "embed" / "small" / f"{model}.log" for model in models)
    sentence = careless.read_text().splitlines()[-1]
    assert sentence.startswith("error: careless: a weights file is a pickle of more than tensors")
    assert "state `trust_pickle: true`" in sentence
    assert "the pickle ran" not in careless.read_text()

    done = snakemake(clone, targets[1], "--configfile", "mine.yaml")
    assert done.returncode == 0, trusting.read_text()
    assert "the pickle ran" in trusting.read_text()
