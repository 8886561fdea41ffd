"""The one writer of sounds."""

import numpy as np
import soundfile
from shared.sounds import write_audio


def test_equal_sounds_make_equal_files_whenever_they_are_made(tmp_path):
    """An array made elsewhere states the digest of the sounds; sounds that are made again must have it."""
    sounds = np.random.default_rng(0).standard_normal((3, 100)).astype(np.float32)
    write_audio(tmp_path / "a.wav", [sounds], 16000, 3)
    time_of = tmp_path / "dated.wav"
    soundfile.write(time_of, sounds.ravel(), 16000, subtype="FLOAT")
    stamp = time_of.read_bytes()
    whole = (tmp_path / "a.wav").read_bytes()
    place = whole.index(b"PEAK") + 12
    assert stamp[place : place + 4] != bytes(4)  # the library states the time of writing
    assert (
        whole[:place] + stamp[place : place + 4] + whole[place + 4 :] == stamp
    )  # and differs in nothing else
    assert whole[place : place + 4] == bytes(4)
    assert np.array_equal(soundfile.read(tmp_path / "a.wav", dtype="float32")[0], sounds.ravel())
