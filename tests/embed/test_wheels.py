"""Networks inside packages of PyPI (catalogues/wheels.yaml) are those that their authors trained.

Each tells what it was trained to tell, or gives the numbers of the package's own way to run it. It hears each
sound by itself and forgets it. All run in one process in their environment, which takes 2 GB.
"""

import json
import subprocess

import numpy as np
import pytest
import yaml
from conftest import ROOT, built

pytestmark = [pytest.mark.network, pytest.mark.environments("wheels")]
OF_PITCH = ["crepe_tiny", "crepe_small", "crepe_medium", "crepe_large", "pesto", "fcpe"]
HOPS = {"crepe_tiny": 250, "pesto": 50, "fcpe": 10, "silero": 32, "beatnet": 20}  # ms
MODELS = [*OF_PITCH, "beatnet", "silero", "resemblyzer", "dvector", "dnsmos", "cdpam"]
CATALOGUE = yaml.safe_load((ROOT / "catalogues" / "wheels.yaml").read_text())["models"]
PITCHES = [110, 220, 440, 880]


@pytest.fixture(scope="module")
def found():
    """{model: {fact: value}} of tests/wheel_facts.py."""
    [folder] = built("wheels")
    entries = {name: CATALOGUE[name] for name in MODELS}
    words = [ROOT / "tests" / "wheel_facts.py", json.dumps(entries), json.dumps(PITCHES)]
    done = subprocess.run([folder / "bin" / "python", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", MODELS)
def test_it_hears_each_sound_by_itself_and_forgets_it(found, name):
    facts = found[name]
    assert facts["shape"] == [4, CATALOGUE[name]["embedding_size"]]
    assert facts["varies"] > 1e-3
    assert facts["again"] == 0
    assert facts["alone"] < 1e-4
    assert np.isfinite(facts["silence"]).all()


@pytest.mark.parametrize("name", OF_PITCH)
def test_it_tells_pitch_at_any_level(found, name):
    assert found[name]["pitches"] == pytest.approx(PITCHES, rel=0.01)
    assert found[name]["level"] < 0.1  # 20 dB, beside an octave


@pytest.mark.parametrize("name", HOPS)
def test_an_embedding_is_the_mean_over_frames(found, name):
    facts = found[name]
    assert facts["mean"] < 1e-6
    assert list(np.shape(facts["times"])) == facts["frames"]
    assert np.diff(facts["times"]) == pytest.approx(HOPS[name])


@pytest.mark.parametrize("name", ["silero", "cdpam", "dnsmos"])
def test_it_gives_the_numbers_of_its_package(found, name):
    """CDPAM's are distances: sums of absolute differences. Those of DNSMOS are of 9.01 s."""
    assert found[name]["published"] < 1e-4


def test_beatnet_finds_the_beat(found):
    beats = np.array(found["beatnet"]["beats"])
    assert len(beats) >= 5
    assert np.abs(beats * 2 - np.round(beats * 2)).max() <= 0.12  # clicks at every half second, within 60 ms
