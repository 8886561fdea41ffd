"""What adapters without a deep-learning package give, against facts that hold without them."""

import json
import subprocess

import numpy as np
import pytest
from conftest import ROOT, built

pytestmark = [pytest.mark.network, pytest.mark.environments("signal")]
CODE = """
import json
import numpy as np
from adapters import mfcc, swift_f0

t = np.arange(8000) / 16000
decaying = 0.1 * np.sin(2 * np.pi * 220 * t) + 0.05 * np.sin(2 * np.pi * 1760 * t) * np.exp(-8 * t)
coefficients = mfcc.get_scene_embeddings(decaying.astype(np.float32)[None], mfcc.load_model())[0]

t, rng = np.arange(16000) / 16000, np.random.default_rng(0)
def tone(f0):
    partials = [np.sin(2 * np.pi * f0 * k * t + 6 * rng.random()) / k for k in range(1, int(3500 / f0))]
    return 0.05 * np.sum(partials, axis=0, dtype=np.float32).astype(np.float32)
network = swift_f0.load_model()
heard = [
    np.median(network.session.run(["pitch"], {"audio": tone(f0)[None]} | swift_f0.BAND)[0])
    for f0 in (110, 220, 440, 880)
]
tones = np.stack([tone(200 * 2 ** (i / 48)) for i in range(16)])
close = swift_f0.get_scene_embeddings(tones, network)
alone = swift_f0.get_scene_embeddings(tones[5:6], network)
frames, times = swift_f0.get_timestamp_embeddings(tones[:2], network)
found = {"mfcc": coefficients, "heard": heard, "close": close, "alone": alone, "times": times[0, :3]}
print(json.dumps({name: np.asarray(value).tolist() for name, value in found.items()}))
"""


@pytest.fixture(scope="module")
def found():
    """{name: array} of what CODE finds in the environment of the adapters."""
    [folder] = built("signal")
    words = [folder / "bin" / "python", "-c", CODE]
    output = subprocess.run(words, cwd=ROOT / "workflow_scripts", check=True, capture_output=True, text=True)
    return {name: np.array(value) for name, value in json.loads(output.stdout).items()}


def test_mfcc_are_those_of_librosa(found):
    """librosa.feature.mfcc 0.11.0 with 40 coefficients of frames of 1,024 samples, hop 256."""
    librosa = [-670.875, 63.037, 25.31, 46.6, -41.816, 2.802, 5.387]
    assert found["mfcc"][[0, 1, 2, 3, 10, 20, 39]] == pytest.approx(librosa, abs=0.002)
    assert found["mfcc"].shape == (40,)


def test_swift_f0_is_a_trained_network_that_tells_pitch(found):
    assert found["heard"] == pytest.approx([110, 220, 440, 880], rel=0.01)


def test_the_embedding_of_swift_f0_tells_quarter_semitones_and_hears_each_sound_alone(found):
    close = found["close"]
    assert close.shape == (16, 380)
    distances = np.linalg.norm(close[:, None] - close, axis=2) + np.diag([np.inf] * 16)
    assert np.abs(distances.argmin(axis=1) - np.arange(16)).max() <= 2
    assert found["alone"][0] == pytest.approx(close[5], abs=1e-5)
    assert found["times"].tolist() == [0, 16, 32]  # ms
