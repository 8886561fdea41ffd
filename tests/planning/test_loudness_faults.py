"""What the plan knows of equally loud sounds: where they are made, and one sentence for each mistake."""

import pytest
from conftest import ROOT
from helpers import checked_with
from planning.datasets import FOR_LOUDNESS, FOR_SOUNDS, made_in, workplace
from test_faults import run, sentences


def test_equally_loud_sounds_are_made_where_loudness_can_be_measured():
    drums = {"synthesizer": "drum", "normalize": "loudness"}
    assert (made_in(drums), made_in(drums | {"normalize": "rms"})) == ("hearing", "analysis")
    own = workplace(drums | {"requirements": ["mine==1"]})
    assert own["requirements"] == ["mine==1", *FOR_SOUNDS, *FOR_LOUDNESS]
    pins = [line.strip(" -") for line in (ROOT / "envs" / "hearing.yaml").read_text().splitlines()]
    assert {*FOR_LOUDNESS} <= {*pins}
    assert {*FOR_SOUNDS, "numpy", "soundfile"} <= {pin.split("==")[0] for pin in pins}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            run("voice", normalize="loudness"),
            "voice.normalize: loudness needs mosqito, which envs/voice.yaml does not list; copy the file, "
            "add mosqito==1.2.1, and name the copy as `env`",
        ),
        (run("tones", loudness=4), "tones.loudness: it says nothing under `normalize: rms`"),
        (
            run("ladder", normalize="peak", full_scale=90),
            "full_scale: it says nothing under `normalize: peak`",
        ),
        (run("tones", normalize="loudness", level=-20), "level: it says nothing under `normalize: loudness`"),
        (run("tones", normalize="loudness", loudness=0), "tones.loudness: 0 is less than the minimum of 0.1"),
    ],
)
def test_one_sentence(change, sentence):
    (fault,) = sentences(change)
    assert sentence in fault


def test_a_ladder_may_leave_its_parents_loudness_aside():
    change = run("ladder", normalize="rms")
    change["datasets"]["tones"] = {"normalize": "loudness", "loudness": 4}
    assert checked_with(change)["datasets"]["ladder"]["normalize"] == "rms"
