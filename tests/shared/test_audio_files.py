"""The beginning of audio files: whole, plausible, and no more read than is needed."""

import struct
import time

import numpy as np
import pytest
import soundfile
import soxr
from shared.audio_files import read_start
from synthesizers.recordings import render

RATE = 16000


@pytest.fixture
def noise():
    """Stereo noise of 1 s, float (T, 2)."""
    return 0.2 * np.random.default_rng(0).standard_normal((RATE, 2))


def fault(path, duration=1.0):
    with pytest.raises(ValueError, match=r"^\w") as caught:
        read_start(path, duration)
    return str(caught.value)


def wav(path, samples, rate=RATE, channels=1, data=None, riff=None):
    """Write a WAV file of int16 samples whose header may lie about the bytes of its data and of the file."""
    body = np.asarray(samples, "<i2").tobytes()
    data = len(body) if data is None else data
    riff = min(36 + data, 2**32 - 1) if riff is None else riff
    fmt = struct.pack(
        "<IHHIIHH", 16, 1, channels, rate, min(rate * 2 * channels, 2**32 - 1), 2 * channels, 16
    )
    path.write_bytes(
        b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt " + fmt + b"data" + struct.pack("<I", data) + body
    )


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 96000, 250000])
@pytest.mark.parametrize("seconds", [0.1, 0.25, 0.3, 1, 3])
def test_a_beginning_gives_the_same_sound_as_the_whole_file(tmp_path, rate, seconds):
    sound = 0.2 * np.random.default_rng(0).standard_normal(round(rate * seconds))
    soundfile.write(tmp_path / "a.wav", sound, rate, subtype="FLOAT")
    whole = soxr.resample(sound.astype(np.float32).astype(float), rate, RATE, quality="VHQ")[: RATE // 4]
    (found,) = render({"file": ["a.wav"]}, RATE, 0.25, str(tmp_path))
    unfaded = RATE // 4 - (RATE // 100 if seconds > 0.25 else 0)
    np.testing.assert_array_equal(found[: min(len(whole), unfaded)], whole[:unfaded])


def test_of_an_hour_half_a_second_is_read(tmp_path):
    """The hour is a hole in the file after its first second, and costs no disk."""
    rate, frames = 96000, 96000 * 3600
    body = (3000 * np.random.default_rng(0).standard_normal((rate, 2))).astype("<i2")
    wav(tmp_path / "hour.wav", body, rate, 2, data=4 * frames)
    with open(tmp_path / "hour.wav", "r+b") as file:
        file.truncate(44 + 4 * frames)
    began = time.process_time()
    (sound,) = render({"file": ["hour.wav"]}, RATE, 0.5, str(tmp_path))
    assert time.process_time() - began < 1  # all of it takes a minute
    assert sound.std() > 0.01


@pytest.mark.parametrize(
    "name", ["a.wav", "a.aiff", "a.flac", "a.mp3", "a.au", "a.w64", "a.rf64", "a.caf", "a.ogg", "a.opus"]
)
def test_a_file_that_lost_its_end_is_told(tmp_path, noise, name):
    kind = {"opus": {"format": "OGG", "subtype": "OPUS"}, "rf64": {"format": "RF64"}}.get(name[2:], {})
    soundfile.write(tmp_path / name, noise, RATE, **kind)
    sound, rate = read_start(tmp_path / name, 1.0)
    assert (len(sound), rate) == (RATE, RATE)
    data = (tmp_path / name).read_bytes()
    for share in (3, 2, 1.25):
        (tmp_path / name).write_bytes(data[: round(len(data) / share)])
        assert fault(tmp_path / name).startswith(("is cut off", "is empty", "cannot be read: "))


def test_what_is_no_audio_file_is_told(tmp_path):
    path = tmp_path / "a.wav"
    assert fault(path) == "cannot be read: it does not exist"
    assert fault(tmp_path) == "cannot be read: it is a folder"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n")
    assert fault(path).startswith("cannot be read: it is a pointer of Git LFS")
    path.write_text("hello")
    assert fault(path) == "cannot be read: Format not recognised"


def test_the_sentence_on_a_cut_file_says_how_much_is_left(tmp_path):
    wav(tmp_path / "a.wav", [1000, -1000] * 125, data=1600)
    assert fault(tmp_path / "a.wav") == "is cut off: its header promises 1600 bytes, but only 500 are there"


@pytest.mark.parametrize("data", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFDB])
def test_a_length_that_was_not_known_when_the_header_was_written_is_no_fault(tmp_path, data):
    wav(tmp_path / "a.wav", [1000, -1000] * 400, data=data)
    assert len(read_start(tmp_path / "a.wav", 1.0)[0]) == 800
    wav(tmp_path / "a.wav", [1000, -1000] * 400, data=0)
    assert fault(tmp_path / "a.wav").startswith("is empty by its header, which was not finished")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"rate": 2147483647}, "a sample rate of 2147483647 Hz"),
        ({"rate": 1}, "a sample rate of 1 Hz"),
        ({"channels": 400}, "400 channels"),
    ],
)
def test_a_header_that_is_not_plausible_is_told(tmp_path, header, words):
    wav(tmp_path / "a.wav", [1000, -1000] * 400, **header)
    assert fault(tmp_path / "a.wav") == f"has a header that is not plausible: {words}"


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([0.1, np.nan], "holds values that are not finite"),
        ([0.1, -np.inf], "holds values that are not finite"),
        ([0.1, 3e38], "holds values as large as 3e+38, which are no sound"),
        ([0.0, 0.0], "is silent"),
        ([0.0] * RATE + [0.5] * RATE, "is silent for its first 1 s"),
        ([[0.5, -0.5]] * 9, "is silent once its channels are averaged"),
        ([], "is empty"),
    ],
)
def test_samples_that_are_no_sound_are_told(tmp_path, samples, words):
    soundfile.write(tmp_path / "a.wav", np.array(samples), RATE, subtype="FLOAT")
    assert fault(tmp_path / "a.wav") == words


def test_what_resampling_takes_away_is_told(tmp_path):
    time = np.arange(96000) / 96000
    for name, frequency in (("bat", 40000), ("bird", 4000)):
        soundfile.write(tmp_path / f"{name}.wav", 0.5 * np.sin(2 * np.pi * frequency * time), 96000)
    files = ["bat.wav", "bird.wav", "absent.wav"]
    with pytest.raises(ValueError, match="2 faults") as caught:
        render({"file": files}, RATE, 0.5, str(tmp_path))
    assert str(caught.value) == (
        "recordings: 2 faults: bat.wav is silent at 16000 Hz: its frequencies are above 8000 Hz; "
        "absent.wav cannot be read: it does not exist"
    )
