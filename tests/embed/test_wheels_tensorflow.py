"""Trained networks inside wheels that run in TensorFlow: that they are what they were trained to be.

Their environment is large and no run of the tests needs it, so that it is not built for these tests alone.
"""

import json
import subprocess

import numpy as np
import pytest
from conftest import ENVIRONMENTS, ROOT

ENVIRONMENT = ENVIRONMENTS / "wheels_tensorflow"
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not (ENVIRONMENT / "requirements.lock").exists(), reason=f"not built: environment {ENVIRONMENT.name}"
    ),
]
CODE = """
import json
import numpy as np
import tensorflow as tf
from adapters import birdnet, musicnn, wakeword
from musicnn.configuration import MTT_LABELS

rng = np.random.default_rng(0)
def tone(rate, seconds=1):
    t = np.arange(int(rate * seconds)) / rate
    partials = [np.sin(2 * np.pi * 220 * k * t + 6 * rng.random()) / k for k in range(1, 16)]
    return 0.05 * np.sum(partials, axis=0).astype(np.float32)
found, heard = {}, np.stack([tone(16000), 0.05 * rng.standard_normal(16000).astype(np.float32)])

tagger = musicnn.load_model(name="MTT_musicnn")
logits, *_, mean_pool, _, _ = tagger.network(musicnn.mel_frames(heard))
found["tags"] = [MTT_LABELS[i] for i in np.argsort(logits[0])[:-4:-1]]
found["musicnn"], times = musicnn.get_timestamp_embeddings(heard, tagger)
found["mean_pool"], found["musicnn_times"] = mean_pool, times[0, :3]
found["mean"] = musicnn.get_scene_embeddings(heard, tagger)
vgg = musicnn.load_model(name="MSD_vgg")
found["vgg"], found["vgg_times"] = musicnn.get_timestamp_embeddings(np.tile(heard, (1, 4)), vgg)

birds = birdnet.load_model()
call = tone(48000)
found["bird"] = birdnet.get_scene_embeddings(call[None], birds)[0]
found["bird_repeated"], found["bird_times"] = birdnet.get_timestamp_embeddings(np.tile(call, 6)[None], birds)
network = birds.network
found["species"] = network.get_tensor(network.get_output_details()[0]["index"])[0]
last = {tuple(t["shape"]): t["index"] for t in network.get_tensor_details() if "CLASS_DENSE" in t["name"]}
weights, bias = network.get_tensor(last[6522, 1024]), network.get_tensor(last[6522,])
found["species_of_embedding"] = weights @ np.asarray(found["bird_repeated"])[0, -1] + bias

spotter = wakeword.load_model()
sound = np.concatenate([np.zeros(3200, np.float32), heard[0], np.zeros(3200, np.float32)])
found["words"], times = wakeword.get_timestamp_embeddings(sound[None], spotter)
found["later"], _ = wakeword.get_timestamp_embeddings(np.roll(sound, 1280)[None], spotter)
found["word_times"] = times[0, :2]
found["short"] = wakeword.get_scene_embeddings(heard[:, :1600], wakeword.load_model())
print(json.dumps({name: np.asarray(value).tolist() for name, value in found.items()}))
"""


@pytest.fixture(scope="module")
def found():
    """{name: array} of what CODE finds in the environment of the adapters."""
    words = [ENVIRONMENT / "bin" / "python", "-c", CODE]
    done = subprocess.run(words, cwd=ROOT / "workflow_scripts", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: np.array(value) for name, value in json.loads(done.stdout).items()}


def test_musicnn_calls_a_steady_harmonic_tone_a_bowed_string(found):
    assert {"cello", "violin", "strings"} & set(found["tags"])


def test_the_embedding_of_musicnn_is_its_own_mean_over_frames(found):
    assert found["musicnn"].shape == (2, 63, 753)
    assert found["mean"] == pytest.approx(found["mean_pool"], abs=1e-5)
    assert found["musicnn_times"].tolist() == [0, 16, 32]  # ms


def test_vgg_hears_windows_of_three_seconds(found):
    assert found["vgg"].shape == (2, 2, 256)
    assert found["vgg_times"][0] == pytest.approx([1496, 4488])  # ms


def test_the_embedding_of_birdnet_is_what_its_last_layer_reads(found):
    assert found["bird"].shape == (1024,)
    assert found["species_of_embedding"] == pytest.approx(found["species"], abs=1e-3)


def test_birdnet_repeats_a_short_sound(found):
    assert found["bird_repeated"].shape == (1, 2, 1024)
    assert found["bird_repeated"][0, 0] == pytest.approx(found["bird"], abs=1e-5)
    assert found["bird_times"].tolist() == [[1500, 4500]]  # ms


def test_a_delay_of_one_hop_moves_the_windows_of_wakeword_by_one(found):
    words, later = found["words"][0], found["later"][0]
    assert words.shape[1] == 96
    assert later[1:] == pytest.approx(words[:-1], abs=1e-3 * np.abs(words).max())
    assert found["word_times"].tolist() == [380, 460]  # ms


def test_wakeword_hears_sounds_shorter_than_its_window(found):
    assert found["short"].shape == (2, 96)
    assert np.abs(found["short"][0] - found["short"][1]).max() > 0.1
