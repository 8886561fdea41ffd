"""The adapter ear, against facts of hearing that hold without it."""

import json
import subprocess

import numpy as np
import pytest
from conftest import ROOT, built
from shared.scales import erb_rate

pytestmark = [pytest.mark.network, pytest.mark.environments("hearing")]
CODE = """
import json
import numpy as np
from adapters import ear

t, model = np.arange(8000) / 16000, ear.load_model()
def heard(*sounds):
    return ear.get_scene_embeddings(np.array(sounds, np.float32), model)
def tone(frequency, decibels=-40):
    return np.sqrt(2) * 10 ** (decibels / 20) * np.sin(2 * np.pi * frequency * t)

found = {"centres": model.centres, "tones": heard(*(tone(f) for f in (200, 1000, 4000)))}
found["levels"] = heard(*(tone(1000, level) for level in (-120, -100, -40, -20)), 0 * t).max(axis=1)
found["complex"] = heard(sum(tone(200 * k) for k in range(1, 31)))[0]
frames, times = ear.get_timestamp_embeddings(np.array([np.where(t < 0.25, tone(1000), 0)], np.float32), model)
found |= {"frames": frames[0].max(axis=1), "times": times[0], "mean": frames[0].mean(axis=0).max()}
found["short"] = ear.get_timestamp_embeddings(np.ones((2, 50), np.float32), model)[0].shape
try:
    ear.load_model(low=8000)
except ValueError as problem:
    found["told"] = [str(problem)]
print(json.dumps({name: np.asarray(value).tolist() for name, value in found.items()}))
"""


@pytest.fixture(scope="module")
def found():
    """{name: array} of what CODE finds in the environment of models of hearing."""
    [folder] = built("hearing")
    words = [folder / "bin" / "python", "-c", CODE]
    done = subprocess.run(words, cwd=ROOT / "workflow_scripts", check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name: np.array(value) for name, value in json.loads(done.stdout).items()}


def test_channels_lie_evenly_on_the_erb_rate_and_each_hears_its_own_frequency(found):
    steps = np.diff(erb_rate(found["centres"]))
    assert (len(steps), found["centres"][0]) == (63, pytest.approx(50))
    assert steps == pytest.approx(np.full(63, 0.49), abs=0.01)
    best = found["centres"][found["tones"].argmax(axis=1)]
    assert erb_rate(best) == pytest.approx(erb_rate(np.array([200, 1000, 4000])), abs=0.3)


def test_a_tone_spreads_to_higher_channels_more_than_to_lower_ones_as_filters_widen(found):
    """In Hz; in channels the pattern is about even."""
    pattern = found["tones"][1]
    wide = found["centres"][pattern > pattern.max() / 4]
    assert wide[-1] - 1000 > 1.2 * (1000 - wide[0])


def test_twenty_decibels_about_double_the_answer_and_silence_has_none(found):
    below, threshold, medium, loud, silence = found["levels"]
    assert loud / medium == pytest.approx(10 ** (0.3 * 20 / 20), rel=0.12)
    assert threshold / below > 5  # around 0 dB SPL the answer is linear
    assert silence == 0


def test_low_harmonics_are_resolved_and_high_ones_are_not(found):
    """Of 200 Hz: between harmonics the answer dips below the sixth, and no longer above the fifteenth."""
    at = np.interp(200 * np.arange(1, 26, 0.5), found["centres"], found["complex"])
    harmonics, between = at[::2], at[1::2]
    dips = 1 - 2 * between[:-1] / (harmonics[:-1] + harmonics[1:])
    assert dips[:4].min() > 0.15
    assert np.abs(dips[15:]).max() < 0.03


def test_moments_follow_the_sound_and_their_mean_is_the_scene(found):
    assert found["times"][:2].tolist() == [5, 15]  # ms
    assert len(found["times"]) == 50
    assert found["frames"][:24].min() > 50 * found["frames"][30:].max()
    assert found["short"].tolist() == [2, 1, 64]


def test_impossible_options_are_one_sentence(found):
    (sentence,) = found["told"]
    assert sentence.startswith("ear: state channels from 1, low between 0 and 8000 Hz")
