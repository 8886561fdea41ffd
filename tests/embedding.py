"""The HEAR runner on the models of tests/models, in this process: fixtures of its tests, a pytest plugin."""

import json
import sys

import numpy as np
import pytest
import soundfile
from conftest import ROOT
from embed import embed

N, T = 24, 512


@pytest.fixture
def sounds(tmp_path):
    """Twenty-four noises of 512 samples at 16 kHz, back to back."""
    noise = np.random.default_rng(1).uniform(-1, 1, N * T) * np.repeat(np.linspace(0.1, 1, N), T)
    soundfile.write(tmp_path / "audio.wav", noise, 16000, subtype="FLOAT")
    return tmp_path / "audio.wav"


@pytest.fixture
def run(sounds, tmp_path, monkeypatch):
    """Run embed.py on the test model; returns embeddings and facts."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "models"))
    assert not {"torch", "tensorflow"} & set(sys.modules), "tests run without a framework"

    table = tmp_path / "parameters.csv"
    table.write_text("sound,level\n" + "".join(f"{i},{i}\n" for i in range(N)))

    def call(*words, module="faulty", sample_rate=16000, **options):
        output = {name: tmp_path / f"model.{end}" for name, end in (("embeddings", "npy"), ("facts", "json"))}
        embed.main(
            [
                *("--audio", str(sounds), "--parameters", str(table), "--model", "mine", "--module", module),
                *("--sample-rate", str(sample_rate), "--options", json.dumps(options)),
                *(word for name, path in output.items() for word in (f"--{name}", str(path))),
                *words,
            ]
        )
        return np.load(output["embeddings"]), json.loads(output["facts"].read_text())

    return call
