"""An array that was computed elsewhere is taken for the sounds that it was made from, and for no others."""

import hashlib
import json
import os
import re
import time
from pathlib import Path

import numpy as np
import pytest
from embed import adopt

OTHER = "adopted before, for other sounds than this data set has now; embed sounds/audio.wav again"


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A folder with sounds and, younger, an array of them; returns a function that adopts the array."""
    monkeypatch.chdir(tmp_path)
    make_sounds(b"first", 120)
    Path("sounds/parameters.csv").write_text("sound\n0\n1\n")
    make_array(1.0, 60)

    def adopted(source="tones.npy"):
        words = ["--source", source, "--parameters", "sounds/parameters.csv", "--audio", "sounds/audio.wav"]
        adopt.main([*words, "--records", "records", "--embeddings", "e.npy", "--facts", "e.json"])
        return json.loads(Path("e.json").read_text())

    return adopted


def make_sounds(content, seconds_ago):
    Path("sounds").mkdir(exist_ok=True)
    Path("sounds/audio.wav").write_bytes(content)
    age("sounds/audio.wav", seconds_ago)


def make_array(value, seconds_ago):
    np.save("tones.npy", np.full((2, 3), value))
    age("tones.npy", seconds_ago)


def age(path, seconds):
    os.utime(path, (time.time() - seconds, time.time() - seconds))


def state_sounds(content):
    Path("tones.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  sounds/audio.wav\n")


def test_an_array_is_taken_again_for_the_same_sounds_whatever_their_age(call):
    assert call()["file"] == "tones.npy"
    make_sounds(b"first", 0)  # made anew, the same
    assert call()["N"] == 2


@pytest.mark.parametrize("copied", [False, True])
def test_an_array_is_refused_when_the_sounds_have_changed(call, copied):
    call()
    make_sounds(b"second", 30)
    if copied:
        age("tones.npy", 0)
    with pytest.raises(
        SystemExit, match=re.escape(f"error: tones.npy cannot stand for this data set: it was {OTHER}")
    ):
        call()
    make_array(2.0, 0)
    call()
    make_sounds(b"first", 0)
    with pytest.raises(SystemExit, match=re.escape(OTHER)):
        call()


def test_a_wrong_record_can_be_deleted(call):
    call()
    make_sounds(b"second", 90)
    with pytest.raises(SystemExit, match=r"or delete records/(\w+)\.txt, if it is of these sounds after all"):
        call()
    for record in Path("records").iterdir():
        record.unlink()
    call()


def test_an_array_that_is_older_than_the_sounds_is_not_taken_on_trust(call):
    make_sounds(b"first", 0)
    with pytest.raises(
        SystemExit, match=r"older than the sounds; embed sounds/audio\.wav again, or `touch` it"
    ):
        call()
    assert not Path("e.npy").exists()
    age("tones.npy", 0)
    call()


def test_whoever_made_an_array_can_say_of_which_sounds(call):
    make_sounds(b"first", 0)
    state_sounds(b"first")
    call()
    make_sounds(b"second", 90)
    with pytest.raises(
        SystemExit, match=r"made from other sounds, as tones\.sha256 says; embed sounds/audio"
    ):
        call()
    state_sounds(b"second")
    call()


def test_facts_beside_an_array_stand_for_its_own(call):
    facts = {"module": "mine.network", "N": 2, "D": 3, "marks": {}, "seconds": 1.5}
    Path("tones.json").write_text(json.dumps(facts))
    assert call() == facts


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"module": "m", "N": 3, "D": 3, "marks": {}}, "has the facts of another array, 3 x 3"),
        ({"title": "tones"}, "does not hold the facts of an embedding; delete it"),
        ([], "does not hold the facts of an embedding; delete it"),
    ],
)
def test_facts_of_something_else_are_refused(call, content, fault):
    Path("tones.json").write_text(json.dumps(content))
    with pytest.raises(SystemExit, match=re.escape(f"tones.json beside it {fault}")):
        call()
    assert not Path("e.json").exists()
