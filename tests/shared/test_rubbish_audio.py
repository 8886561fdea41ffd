"""Audio files of every odd kind: the right samples, or a sentence that says what is wrong. Nothing hangs."""

import io
import os
import re
import struct

import numpy as np
import pytest
import soundfile
from shared.audio_files import read_start

RATE = 16000
SOUND = 0.4 * np.random.default_rng(0).uniform(-1, 1, 1000).astype(np.float32)


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def wav(chunks, name=b"RIFF", size=None):
    body = b"WAVE" + b"".join(chunks)
    return name + struct.pack("<I", len(body) if size is None else size) + body


def fmt(code=1, channels=1, rate=RATE, bits=16):
    width = channels * bits // 8
    return chunk(
        b"fmt ", struct.pack("<HHIIHH", code, channels, rate, rate * width % 2**32, width % 2**16, bits)
    )


def encoded(sound=SOUND, rate=RATE, **kind):
    """The bytes of a file that libsndfile writes."""
    stream = io.BytesIO()
    soundfile.write(stream, sound, rate, **kind)
    return stream.getvalue()


PCM = chunk(b"data", (SOUND * 2**15).astype("<i2").tobytes())
WHOLE = wav([fmt(), PCM])
RIGHT = {  # bytes of files that hold SOUND, to 8 bits at least
    "plain": WHOLE,
    "8 bits": encoded(format="WAV", subtype="PCM_U8"),
    "24 bits": encoded(format="WAV", subtype="PCM_24"),
    "32 bits": encoded(format="WAV", subtype="PCM_32"),
    "float64": encoded(format="WAV", subtype="DOUBLE"),
    "mu-law": encoded(format="WAV", subtype="ULAW"),
    "extensible": encoded(format="WAVEX", subtype="PCM_16"),
    "big-endian": encoded(format="WAV", endian="BIG"),
    "RF64": encoded(format="RF64", subtype="PCM_16"),
    "FLAC called wav": encoded(format="FLAC"),
    "64 channels": encoded(np.repeat(SOUND[:, None], 64, axis=1), format="WAV"),
    "a list before the format": wav([chunk(b"LIST", b"INFOodd"), fmt(), PCM]),
    "unknown chunks around": wav([chunk(b"junk", b"\xff" * 501), fmt(), chunk(b"bext", b"\0" * 602), PCM]),
    "text behind": WHOLE + b"trailing words of some editor",
    "streamed": wav([fmt(), b"data" + b"\xff" * 4 + PCM[8:]], size=0xFFFFFFFF),
    "a size that is negative": wav([fmt(), b"data" + struct.pack("<i", -2000) + PCM[8:]]),
    "a size of 0 in the header": wav([fmt(), PCM], size=0),
    "a wrong rate of bytes": wav([fmt()[:16] + b"\0" * 4 + fmt()[20:], PCM]),
}
NOT_FINITE = np.where(np.arange(1000) == 7, np.nan, SOUND)
RUBBISH = {  # bytes of files, and what is said of them
    "no bytes": (b"", "is empty"),
    "one byte": (b"R", "cannot be read: "),
    "four bytes": (b"RIFF", "cannot be read: "),
    "header without chunks": (wav([]), "cannot be read: "),
    "no data": (wav([fmt()]), "cannot be read: |is empty"),
    "no frames": (wav([fmt(), chunk(b"data", b"")]), "is empty"),
    "data before the format": (wav([PCM, fmt()]), "cannot be read: "),
    "0 channels": (wav([fmt(channels=0), PCM]), "cannot be read: "),
    "65535 channels": (wav([fmt(channels=65535), PCM]), "cannot be read: |not plausible"),
    "rate 0": (wav([fmt(rate=0), PCM]), "cannot be read: |not plausible"),
    "rate 2^31": (wav([fmt(rate=2**31), PCM]), "not plausible: a sample rate|cannot be read: "),
    "rate 2^32 - 1": (wav([fmt(rate=2**32 - 1), PCM]), "not plausible: a sample rate|cannot be read: "),
    "0 bits": (wav([fmt(bits=0), PCM]), "cannot be read: "),
    "7777 bits": (wav([fmt(bits=7777), PCM]), "cannot be read: "),
    "unknown code": (wav([fmt(code=0x4242), PCM]), "cannot be read: "),
    "float64 with NaN": (
        encoded(NOT_FINITE, format="WAV", subtype="DOUBLE"),
        "holds values that are not finite",
    ),
    "float64 with inf": (
        encoded(np.where(np.arange(1000) == 7, np.inf, SOUND), format="WAV", subtype="DOUBLE"),
        "not finite",
    ),
    "float64 of 1e300": (
        encoded(1e300 * SOUND.astype(float), format="WAV", subtype="DOUBLE"),
        "not finite|no sound",
    ),
    "silence": (encoded(0 * SOUND, format="WAV"), "is silent"),
    "noise before the header": (b"\x01\x02\x03" + WHOLE, "cannot be read: "),
    "cut RF64": (encoded(format="RF64")[:600], "is cut off"),
    "cut FLAC": (encoded(format="FLAC")[:900], "is cut off|cannot be read: "),
    "cut FLAC header": (encoded(format="FLAC")[:30], "cannot be read: "),
    "a flipped FLAC frame": (encoded(format="FLAC")[:400] + b"\xff" * 600, "is cut off|cannot be read: "),
    "a page of HTML": (b"<!DOCTYPE html><title>404</title>", "cannot be read: Format not recognised"),
    "a table": (b"file,pitch\na.wav,3\n", "cannot be read: Format not recognised"),
    "an archive": (b"PK\x03\x04" + bytes(200), "cannot be read: "),
    "an array": (b"\x93NUMPY\x01\0" + bytes(200), "cannot be read: "),
    "zeros": (bytes(4096), "cannot be read: "),
}
NAMES = [
    "a b.wav",
    "umläut é.wav",
    "日本.wav",
    "line\nbreak.wav",
    "{braces}.wav",
    "'quotes\".wav",
    "-dash.wav",
]
NAMES += [
    "%s.wav",
    "$HOME.wav",
    "*.wav",
    "no ending",
    "two.wav.mp3",
    "x" * 240 + ".wav",
    os.fsdecode(b"\xff.wav"),
]


def told(path):
    with pytest.raises(ValueError, match=r"^\w") as caught:
        read_start(path, 1.0)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 200
    return sentence


def check_sound(path, most=0.02):
    sound, rate = read_start(path, 1.0)
    assert (len(sound), rate) == (len(SOUND), RATE)
    np.testing.assert_allclose(sound, SOUND, atol=most)


@pytest.mark.parametrize("kind", RIGHT)
def test_what_is_odd_but_no_fault_gives_the_right_samples(tmp_path, kind):
    (tmp_path / "a.wav").write_bytes(RIGHT[kind])
    check_sound(tmp_path / "a.wav")


@pytest.mark.parametrize("kind", RUBBISH)
def test_rubbish_is_told(tmp_path, kind):
    data, words = RUBBISH[kind]
    (tmp_path / "a.wav").write_bytes(data)
    sentence = told(tmp_path / "a.wav")
    assert re.search(words, sentence)


def test_an_mp3_that_is_called_wav_is_heard(tmp_path):
    (tmp_path / "a.wav").write_bytes(encoded(np.tile(SOUND, 40), format="MP3"))
    sound, rate = read_start(tmp_path / "a.wav", 1.0)
    assert (len(sound), rate) == (RATE, RATE)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_may_have_any_name(tmp_path, name):
    (tmp_path / name).write_bytes(WHOLE)
    check_sound(tmp_path / name)


def test_a_place_that_is_no_file_is_told(tmp_path):
    """A FIFO would wait for a writer for ever."""
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    (tmp_path / "lost.wav").symlink_to("nowhere.wav")
    os.mkfifo(tmp_path / "fifo.wav")
    assert told(tmp_path / "folder.wav") == "cannot be read: it is a folder"
    for name, aim in (("loop.wav", "loop.wav"), ("lost.wav", "nowhere.wav")):
        words = f"cannot be read: it is a link to {aim}, which does not exist or leads back to it"
        assert told(tmp_path / name) == words
    assert told(tmp_path / "fifo.wav") == "cannot be read: it is no file but a pipe, a socket or a device"
    assert told("/dev/zero").startswith("cannot be read: it is no file")
    assert told(tmp_path / "a.wav" / "b.wav") == "cannot be read: it does not exist"
    assert told(tmp_path / ("x" * 300 + ".wav")).startswith("cannot be read: ")


@pytest.mark.skipif(os.getuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_told(tmp_path):
    (tmp_path / "a.wav").write_bytes(WHOLE)
    (tmp_path / "a.wav").chmod(0)
    assert told(tmp_path / "a.wav") == "cannot be read: you may not read it (its permissions)"
