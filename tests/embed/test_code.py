"""Code that comes with weights is loaded only if the entry trusts it and states the digest of every file."""

import hashlib
import json
import math
import os
import re
import struct
import subprocess
import wave

import numpy as np
import pytest
from conftest import ROOT, built
from shared import weights
from shared.code import check_code

CONFIGURATION = """
from transformers import PretrainedConfig

class StandInConfig(PretrainedConfig):
    model_type = "stand-in"
"""
MODELING = """
import os
from pathlib import Path
import torch
from transformers import PreTrainedModel
from .configuration import StandInConfig

Path(os.environ["RAN"]).touch()

class StandIn(PreTrainedModel):
    config_class = StandInConfig

    def __init__(self, config):
        super().__init__(config)
        self.weight = torch.nn.Parameter(torch.zeros(4))

    def forward(self, input_values):
        frames = input_values.unfold(1, 100, 100).std(dim=2, keepdim=True) * self.weight  # (n, T, 4)
        return {"logits": torch.sigmoid(frames.mean(dim=1)), "x": frames, "layers": [frames, 2 * frames]}
"""
# A user's module that asks for code of the weights, whatever the entry says
CARELESS = """
from adapters import transformers_audio
from transformers import AutoModel

def load_model(path):
    try:
        transformers_audio.load_model(path)
    except ValueError as problem:
        assert "trust_remote_code" in str(problem)
    return AutoModel.from_pretrained(path, trust_remote_code=True)

def get_scene_embeddings(audio, model):
    return model(audio)["x"].mean(dim=1)
"""
AUTO_MAP = {"AutoConfig": "configuration.StandInConfig", "AutoModel": "modeling.StandIn"}
REVISION = "0123456789abcdef0123456789abcdef01234567"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A harmless model with code of its own, as it lies in the cache, and its entry of weights."""
    monkeypatch.setattr(os, "environ", os.environ | {"GEAR_CACHE": str(tmp_path / "cache")})
    folder = tmp_path / "cache" / "stand-in"
    folder.mkdir(parents=True)
    (folder / "configuration.py").write_text(CONFIGURATION)
    (folder / "modeling.py").write_text(MODELING)
    (folder / "config.json").write_text(json.dumps({"model_type": "stand-in", "auto_map": AUTO_MAP}))
    extractor = {"feature_extractor_type": "Wav2Vec2FeatureExtractor", "do_normalize": False}
    (folder / "preprocessor_config.json").write_text(json.dumps(extractor))
    header = json.dumps({"weight": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    tensors = struct.pack("<Q", len(header)) + header + struct.pack("<4f", 1, 2, 3, 4)
    (folder / "model.safetensors").write_bytes(tensors)
    return folder


def entry_of(folder, **code):
    """The hub entry of a folder in the cache, fetched just now. code: digests that it states, {stem:
    digest}.
    """
    receipt = folder.parent / "receipt.json"
    receipt.write_text(json.dumps({"files": {path.name: digest(path) for path in folder.iterdir()}}))
    listed = {f"{stem}.py": value for stem, value in code.items()}
    hub = {"cached": folder.name, "receipt": str(receipt), "hub": "org/stand-in", "revision": REVISION}
    return hub | ({"code": listed} if listed else {})


def own(folder, **code):
    """The entry of the same folder as a path of the user's own."""
    return {"path": str(folder), "code": {f"{stem}.py": value for stem, value in code.items()}}


def refusal(entry, trusted):
    """The sentence with which an entry's code is refused."""
    with pytest.raises(weights.Refused) as raised:
        check_code([entry], trusted)
    return str(raised.value)


@pytest.mark.parametrize("kind", [entry_of, own])
def test_code_needs_trust_and_the_digest_of_every_file(repository, kind):
    names = ("configuration", "modeling")
    digests = {name: digest(repository / f"{name}.py") for name in names}
    check_code([kind(repository, **digests)], trusted=True)
    assert "state `trust_code: true`" in refusal(kind(repository, **digests), trusted=False)

    unread = refusal(kind(repository, configuration=None, modeling=None), trusted=True)
    assert f"read it in {repository}" in unread
    assert "{" + ", ".join(f"{name}.py: {digests[name]}" for name in names) + "}" in unread
    half = refusal(kind(repository, configuration=digests["configuration"], modeling=None), trusted=True)
    assert f"{{modeling.py: {digests['modeling']}}}" in half

    with open(repository / "modeling.py", "ab") as file:
        file.write(b"#")
    changed = refusal(kind(repository, **digests), trusted=True)
    assert "modeling.py is other code than the entry trusts" in changed
    assert digest(repository / "modeling.py") in changed


def test_a_file_of_code_that_is_not_listed_is_refused(repository):
    code = {"modeling": digest(repository / "modeling.py")}
    assert re.search("asks for code of configuration.py: list", refusal(entry_of(repository, **code), True))
    settings = {"auto_map": {"AutoModel": "modeling.StandIn"}}
    (repository / "config.json").write_text(json.dumps(settings))
    assert "modeling.py of org/stand-in imports configuration.py" in refusal(
        entry_of(repository, **code), True
    )
    assert "whose SHA-256 digest the entry does not state (configuration.py)" in refusal(
        own(repository, **code), True
    )
    inner = repository / "inner"
    inner.mkdir()
    (inner / "more.py").touch()
    assert "configuration.py, inner/more.py" in refusal(own(repository, **code), True)
    assert "has no file gone.py" in refusal(own(repository, gone=None), True)


def test_code_of_another_repository_is_listed_or_refused(repository):
    auto_map = {name: f"other/base--{reference}" for name, reference in AUTO_MAP.items()}
    (repository / "config.json").write_text(json.dumps({"auto_map": auto_map}))
    code = {name: digest(repository / f"{name}.py") for name in ("configuration", "modeling")}
    entry = entry_of(repository, **code)
    assert "{hub: other/base, revision: ..., files: {configuration.py: }, place: HF_HOME}" in refusal(
        entry, True
    )
    check_code([entry, entry | {"hub": "other/base", "place": "HF_HOME"}], trusted=True)


def embed(tmp_path, module, entry, *words):
    """Run embed.embed on four sounds in the environment of transformers. Returns the process."""
    t = np.arange(4 * 1600)
    with wave.open(str(tmp_path / "audio.wav"), "wb") as file:
        file.setparams((1, 2, 16000, len(t), "NONE", ""))
        file.writeframes((3000 * (1 + t // 1600) * np.sin(2 * math.pi * t / 40)).astype("<i2").tobytes())
    (tmp_path / "parameters.csv").write_text("f1\n1\n2\n3\n4\n")
    [folder] = built("transformers")
    command = [folder / "bin" / "python", ROOT / "workflow_scripts", "embed.embed", *words]
    for name, value in {
        "audio": tmp_path / "audio.wav",
        "parameters": tmp_path / "parameters.csv",
        "model": "stand-in",
        "module": module,
        "sample-rate": 16000,
        "weights": json.dumps([entry]),
        "embeddings": tmp_path / "embeddings.npy",
        "facts": tmp_path / "facts.json",
    }.items():
        command += [f"--{name}", str(value)]
    variables = os.environ | {"RAN": str(tmp_path / "ran"), "PYTHONPATH": str(ROOT / "workflow_scripts")}
    return subprocess.run(command, env=variables, capture_output=True, text=True)


@pytest.mark.network
@pytest.mark.environments("transformers")
def test_a_model_with_code_of_its_own_runs_when_trusted_and_never_else(repository, tmp_path):
    module = tmp_path / "careless.py"
    module.write_text(CARELESS)
    done = embed(tmp_path, module, {"path": str(repository)})
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "error: stand-in: the model needs code that comes with its"
    )
    assert "state `trust_code: true`" in done.stderr
    assert not (tmp_path / "ran").exists()

    code = {name: digest(repository / f"{name}.py") for name in ("configuration", "modeling")}
    words = ["--trust-code", "--options", '{"output": "layers.-1"}']
    done = embed(tmp_path, "adapters.transformers_audio", own(repository, **code), *words)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ran").exists()
    levels = np.load(tmp_path / "embeddings.npy")
    assert levels / levels[0] == pytest.approx(np.outer([1, 2, 3, 4], np.ones(4)), rel=0.01)
    assert levels[0] / levels[0, 0] == pytest.approx([1, 2, 3, 4])
