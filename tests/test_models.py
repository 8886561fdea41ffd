"""The models of the paper and newer ones: real packages and loaders, random weights where the real ones are
not at hand, put into the cache by hand as a user without a network would."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import ROOT, snakemake

pytestmark = pytest.mark.network
BYOL_CONFIG = """
{unit_sec: 0.95, sample_rate: 16000, n_fft: 1024, win_length: 400, hop_length: 160, n_mels: 64, f_min: 60,
f_max: 7800, feature_d: 2048, shape: [64, 96], depths: [1, 1, 1], embed_dims: [64, 256, 512],
mlp_mults: [4, 4, 4], cvt_pool: mean+max}
"""
# of each model: its environment, and what tiny_weights.py makes for each of its files, in their order
PAPER = {
    "openl3": ("openl3", ["torchopenl3_mel256_music_6144.pth.tar"]),
    "byol": ("serab_byols", ["cvt.pth", "config.yaml"]),
    "wav2vec2": ("wav2vec2", ["wav2vec2"]),
    "gura": ("gura", ["hubert", "wav2vec2"]),
    "yamnet": ("tensorflow", ["yamnet.tar.gz"]),
}
NEWER = {"wavlm": ["wavlm"], "ast": ["ast"], "clap": ["clap"], "whisper": ["whisper"]}


def unpinned(file):
    """A weights file of an entry without its digests: random weights have others."""
    kept = {key: value for key, value in file.items() if key not in ("sha256", "git_blob")}
    return kept | ({"files": dict.fromkeys(file["files"])} if "files" in file else {})


def cached(file):
    """Where a file lies in the cache, as README says: by its address."""
    if "hub" in file:
        return Path("huggingface.co", file["hub"], file["revision"])
    return Path(file["url"].split("://")[1])


def repository_of(env):
    """Address of the git repository that an environment installs from, or None."""
    script = ROOT / "envs" / f"{env}.post-deploy.sh"
    words = script.read_text().split() if script.exists() else []
    found = [word.split("git+")[1].rsplit("@", 1)[0] for word in words if "git+https" in word]
    return found[0] if found else None


def embedded(clone, model, env, entry, made, dataset="small"):
    """Build the environment, make weights in it, put them into the cache and embed a data set.

    Returns embeddings and facts. Skips where a git repository that is needed cannot be reached.
    """
    repository = repository_of(env)
    if repository:
        asked = subprocess.run(["git", "ls-remote", "--exit-code", repository, "HEAD"], capture_output=True)
        if asked.returncode:
            pytest.skip(f"{repository} cannot be reached, and the package exists nowhere else")
    listed = entry["weights"] if isinstance(entry["weights"], list) else [entry["weights"]]
    listed = [unpinned(file) for file in listed]
    config = clone / f"{model}.yaml"
    run = {"datasets": [dataset], "models": [model]}
    config.write_text(yaml.safe_dump({"run": run, "models": {model: entry | {"weights": listed}}}))
    words = ["--configfile", ROOT / "tests" / "small.yaml", config]
    built = f"resources/environments/{env}/requirements.lock"
    done = snakemake(clone, built, *words)
    assert done.returncode == 0, done.stdout[-5000:]
    command = [
        clone / "resources" / "environments" / env / "bin" / "python",
        ROOT / "tests" / "tiny_weights.py",
    ]
    subprocess.run([*command, model, clone / "tiny" / model], check=True)
    (clone / "tiny" / model / "config.yaml").write_text(BYOL_CONFIG)
    cache = clone / "cache"
    for file, name in zip(listed, made, strict=True):
        target = cache / cached(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.symlink_to(clone / "tiny" / model / name)
    target = clone / "results" / dataset / "embeddings" / f"{model}.npy"
    done = snakemake(clone, target.relative_to(clone), *words, GEAR_CACHE=str(cache))
    log = clone / "logs" / "embed" / dataset / f"{model}.log"
    assert done.returncode == 0, done.stdout[-3000:] + (log.read_text()[-3000:] if log.exists() else "")
    return np.load(target), json.loads(target.with_suffix(".json").read_text())


@pytest.mark.parametrize("model", PAPER)
def test_the_papers_models_load_and_embed(shared_clone, model):
    entry = yaml.safe_load((ROOT / "experiments" / "paper.yaml").read_text())["models"][model]
    env, made = PAPER[model]
    embeddings, facts = embedded(shared_clone, model, env, entry, made, "small_grid")
    assert embeddings.shape == (36, entry["embedding_size"])
    assert 1e-3 < np.abs(embeddings).max() < 1e4
    assert facts["audit"]["varies"]
    assert facts["audit"]["batch_dependent"] == (model == "byol")
    assert len(facts["weights_sha256"]) == len(made)
    lock = (shared_clone / "cache" / "weights.lock").read_text()
    assert (
        str(cached(entry["weights"][0] if isinstance(entry["weights"], list) else entry["weights"])) in lock
    )


@pytest.mark.parametrize("model", NEWER)
def test_newer_models_load_and_embed(shared_clone, model):
    catalogue = yaml.safe_load((ROOT / "catalogues" / "transformers.yaml").read_text())["models"]
    entry = dict(catalogue[model], embedding_size=64) | ({"embedding_size": 128} if model == "clap" else {})
    weights = entry["weights"]
    files = {"config.json": None, "preprocessor_config.json": None, "model.safetensors": None}
    entry["weights"] = weights | {"files": files}  # the tiny ones are safetensors
    embeddings, facts = embedded(shared_clone, model, "transformers", entry, NEWER[model])
    assert embeddings.shape == (40, entry["embedding_size"])
    assert facts["audit"]["varies"]
    assert not facts["audit"]["batch_dependent"]


def test_layer_and_pooling_of_a_hub_model_are_chosen(shared_clone):
    catalogue = yaml.safe_load((ROOT / "catalogues" / "transformers.yaml").read_text())["models"]
    found = {}
    for name, options in {"last": {}, "first": {"layer": 0}, "token": {"pooling": "first"}}.items():
        entry = {"module": "adapters.transformers_audio", "env": "transformers", "sample_rate": 16000}
        files = dict.fromkeys(["config.json", "preprocessor_config.json", "model.safetensors"])
        entry |= {"weights": catalogue["ast"]["weights"] | {"files": files}, "options": options}
        config = shared_clone / f"{name}.yaml"
        config.write_text(
            yaml.safe_dump({"run": {"datasets": ["small"], "models": [name]}, "models": {name: entry}})
        )
        words = [
            f"results/small/embeddings/{name}.npy",
            "--configfile",
            ROOT / "tests" / "small.yaml",
            config,
        ]
        done = snakemake(shared_clone, *words, GEAR_CACHE=str(shared_clone / "cache"))
        assert done.returncode == 0, done.stdout[-3000:]
        found[name] = np.load(shared_clone / "results" / "small" / "embeddings" / f"{name}.npy")
    assert not np.allclose(found["last"], found["first"])
    assert not np.allclose(found["last"], found["token"])
