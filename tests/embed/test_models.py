"""The models of the paper and newer ones: real packages and loaders, random weights where the real ones are
not at hand, put into the cache by hand as a user without a network would."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import ROOT, link_environments, snakemake

pytestmark = [pytest.mark.network, pytest.mark.environments("analysis", "weights")]
BYOL_CONFIG = """
{unit_sec: 0.95, sample_rate: 16000, n_fft: 1024, win_length: 400, hop_length: 160, n_mels: 64, f_min: 60,
f_max: 7800, feature_d: 2048, shape: [64, 96], depths: [1, 1, 1], embed_dims: [64, 256, 512],
mlp_mults: [4, 4, 4], cvt_pool: mean+max}
"""
# {model: (its environment, what tiny_weights.py makes for each of its files, in their order)}
PAPER = {
    "openl3": ("openl3", ["torchopenl3_mel256_music_6144.pth.tar"]),
    "byol": ("serab_byols", ["cvt.pth", "config.yaml"]),
    "wav2vec2": ("wav2vec2", ["wav2vec2"]),
    "gura": ("gura", ["hubert", "wav2vec2"]),
    "yamnet": ("tensorflow", ["yamnet.tar.gz"]),
}
# {newer model: (its name in tiny_weights.py, what changes in its entry, the size of its embedding)}
NEWER = {
    "wavlm": ("wavlm", {}, 64),
    "whisper": ("whisper", {}, 64),
    "clap": ("clap", {}, 128),
    "clap_fused": ("clap_fused", {}, 128),
    "wavlm_layers": (
        "wavlm",
        {"layers": ["network.feature_extractor.conv_layers.{0..6}", {"network.encoder.layers.{0..2}": -1}]},
        64,
    ),
    "ast": ("ast", {}, 64),
    "ast_first_layer": ("ast", {"options": {"output": "hidden_states.0"}}, 64),
    "ast_mean": ("ast", {"options": {"pooling": "mean"}}, 64),
}
CATALOGUE = yaml.safe_load((ROOT / "catalogues" / "transformers.yaml").read_text())["models"]


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
    addresses = [word.split("git+")[1].rsplit("@", 1)[0] for word in words if "git+https" in word]
    return addresses[0] if addresses else None


def embedded(clone, env, entries, made, dataset):
    """Build the environment, make weights in it, put them into the cache, embed a data set with each model.

    entries: {model: entry}; made: {model: (name in tiny_weights.py, its files)}. Returns {model: (embeddings,
    facts)}. Skips where a git repository that is needed cannot be reached.
    """
    repository = repository_of(env)
    if repository:
        answer = subprocess.run(["git", "ls-remote", "--exit-code", repository, "HEAD"], capture_output=True)
        if answer.returncode:
            pytest.skip(f"{repository} cannot be reached, and the package exists nowhere else")
    run = {"datasets": [dataset], "models": list(entries)}
    (clone / f"{env}.yaml").write_text(yaml.safe_dump({"run": run, "models": entries}))
    words = ["--configfile", ROOT / "tests" / "small.yaml", clone / f"{env}.yaml"]
    link_environments(clone, env)
    python = clone / "resources" / "environments" / env / "bin" / "python"
    for model, (name, files) in made.items():
        folder = clone / "tiny" / name
        if not folder.exists():
            subprocess.run([python, ROOT / "tests" / "tiny_weights.py", name, folder], check=True)
            (folder / "config.yaml").write_text(BYOL_CONFIG)
        for file, source in zip(listed(entries[model]), files, strict=True):
            target = clone / "cache" / cached(file)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                target.symlink_to(folder / source)
    folder = Path("results", dataset, "embeddings")
    targets = [folder / f"{model}.npy" for model in entries]
    done = snakemake(clone, *targets, *words, GEAR_CACHE=str(clone / "cache"))
    assert done.returncode == 0, done.stdout[-5000:]
    return {
        model: (np.load(clone / target), json.loads((clone / target).with_suffix(".json").read_text()))
        for model, target in zip(entries, targets, strict=True)
    }


def listed(entry):
    """The weights of an entry as a list, without digests."""
    weights = entry["weights"] if isinstance(entry["weights"], list) else [entry["weights"]]
    return [unpinned(file) for file in weights]


@pytest.mark.parametrize("model", PAPER)
def test_the_papers_models_load_and_embed(shared_clone, model):
    entry = yaml.safe_load((ROOT / "experiments" / "paper.yaml").read_text())["models"][model]
    entry["weights"] = listed(entry)
    env, files = PAPER[model]
    results = embedded(shared_clone, env, {model: entry}, {model: (model, files)}, "small_grid")
    embeddings, facts = results[model]
    assert embeddings.shape == (36, entry["embedding_size"])
    assert 1e-3 < np.abs(embeddings).max() < 1e4
    assert facts["audit"]["varies"]
    assert facts["audit"]["batch_dependent"] == (model == "byol")
    assert len(facts["weights_sha256"]) == sum(len(file.get("files", [""])) for file in entry["weights"])
    lock = (shared_clone / "cache" / "weights.lock").read_text()
    assert all(str(cached(file)) in lock for file in entry["weights"])


def test_yamnet_as_submitted_to_hear_embeds_clips_of_a_second(shared_clone):
    name = "soundsensing_yamnet"
    entry = yaml.safe_load((ROOT / "catalogues" / "hear2021.yaml").read_text())["models"][name]
    entry["weights"] = listed(entry)
    made = {name: ("yamnet_hear", ["yamnet.h5"])}
    embeddings, facts = embedded(shared_clone, "yamnet", {name: entry}, made, "second")[name]
    assert embeddings.shape == (12, 1024)
    assert 1e-3 < np.abs(embeddings).max() < 1e4  # not shrunk to nothing
    assert facts["audit"]["varies"]


@pytest.fixture(scope="module")
def newer(shared_clone):
    """Embeddings and facts of the newer models, from one call."""
    entries, made = {}, {}
    for model, (name, changes, size) in NEWER.items():
        files = dict.fromkeys(["config.json", "preprocessor_config.json", "model.safetensors"])
        entry = CATALOGUE[name] | {"embedding_size": size, "gpu": 0} | changes
        entries[model] = entry | {
            "weights": entry["weights"] | {"files": files}
        }  # the tiny ones are safetensors
        made[model] = (name, [name])
    return embedded(shared_clone, "transformers", entries, made, "small")


@pytest.mark.parametrize("model", NEWER)
def test_newer_models_load_and_embed(newer, model):
    embeddings, facts = newer[model]
    assert embeddings.shape == (40, NEWER[model][2])
    assert facts["audit"]["varies"]
    assert not facts["audit"]["batch_dependent"]


def test_layer_and_pooling_of_a_hub_model_are_chosen(newer):
    own = newer["ast"][0]  # the mean of two tokens
    assert not np.allclose(own, newer["ast_first_layer"][0])
    assert not np.allclose(own, newer["ast_mean"][0])


def test_the_last_layer_of_a_transformer_is_its_embedding(newer, shared_clone):
    layers = shared_clone / "results" / "small" / "layers" / "wavlm_layers"
    sizes = [np.load(layers / f"{i}.npy").shape[1] for i in range(10)]
    assert sizes == [32] * 7 + [64] * 3
    np.testing.assert_allclose(np.load(layers / "9.npy"), newer["wavlm"][0], rtol=1e-4, atol=1e-5)
