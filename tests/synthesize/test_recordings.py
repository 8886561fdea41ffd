"""Recordings: any rate, channels and length become a data set; every bad file is named at once."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import definition
from synthesize import synthesize

FACTORS = {"pitch": {"unit": "semitone", "scale": "linear"}, "dynamics": {"unit": "level", "scale": "linear"}}
FACTORS["dynamics"]["levels"] = ["pp", "ff"]


def tone(frequency, rate, seconds):
    time = np.arange(round(rate * seconds)) / rate
    return 0.5 * np.sin(2 * np.pi * frequency * time)


@pytest.fixture
def folder(tmp_path):
    """Three good files of unlike format, and their table."""
    place = tmp_path / "set"
    (place / "sub").mkdir(parents=True)
    soundfile.write(place / "a.wav", tone(440, 44100, 2), 44100)
    soundfile.write(
        place / "b.flac", np.stack([tone(494, 48000, 0.3), 0 * tone(494, 48000, 0.3)], axis=1), 48000
    )
    soundfile.write(place / "sub" / "c.ogg", tone(523, 22050, 1), 22050)
    (tmp_path / "table.csv").write_text("file,pitch,dynamics\na.wav,69,pp\nb.flac,71,ff\nsub/c.ogg,72,pp\n")
    return tmp_path


def run(folder, **changes):
    entry = definition(
        "recordings",
        design="table",
        table=str(folder / "table.csv"),
        factors=FACTORS,
        options={"folder": str(folder / "set")},
        **changes,
    )
    out = folder / "out"
    words = [f"--parameters={out}/p.csv", f"--audio={out}/a.wav"]
    synthesize.main(["--definition", json.dumps(entry), *words])
    audio, rate = soundfile.read(out / "a.wav")
    return audio.reshape(3, -1), rate


def test_any_rate_length_and_channels(folder):
    sounds, _ = run(folder)
    assert sounds.shape == (3, 16000)
    for sound, frequency in zip(sounds, (440, 494, 523), strict=True):
        assert np.abs(np.fft.rfft(sound)).argmax() == pytest.approx(frequency, abs=3)
    assert (sounds[1, 4801:] == 0).all()
    assert np.abs(sounds[0, -3:]).max() < 1e-3  # cut with a fall
    np.testing.assert_allclose(np.mean(sounds**2, axis=1), 10**-2.6, rtol=1e-4)
    header, first, *_ = (folder / "out" / "p.csv").read_text().splitlines()
    assert (header, first) == ("sound,pitch,dynamics,file", "0,69.0,0.0,a.wav")


def test_level_is_kept_if_the_data_set_says_so(folder):
    sounds, _ = run(folder, normalize="none")
    assert np.abs(sounds[0]).max() == pytest.approx(0.5, abs=0.01)
    assert np.abs(sounds[1]).max() == pytest.approx(0.25, abs=0.01)  # the mean of the channels


def test_all_bad_files_are_listed_in_one_message(folder):
    place = folder / "set"
    soundfile.write(place / "empty.wav", np.zeros(0), 16000)
    soundfile.write(place / "silent.wav", np.zeros(99), 16000)
    soundfile.write(place / "nan.wav", np.array([0.1, np.nan]), 16000, subtype="FLOAT")
    (place / "corrupt.wav").write_bytes(b"RIFFnothing")
    (place / "twin.wav").write_bytes((place / "a.wav").read_bytes())
    soundfile.write(place / "extra.wav", tone(99, 8000, 1), 8000)
    with open(folder / "table.csv", "a") as table:
        for name in ("empty.wav", "silent.wav", "nan.wav", "corrupt.wav", "twin.wav", "absent.wav", "a.wav"):
            table.write(f"{name},60,ff\n")
    with pytest.raises(SystemExit) as caught:
        run(folder)
    message = str(caught.value)
    assert message.startswith("error: recordings: 8 faults: ")
    for fault in (
        "empty.wav is empty",
        "silent.wav is silent",
        "nan.wav holds values that are not finite",
        "corrupt.wav cannot be read",
        "twin.wav holds the same sound as a.wav",
        "absent.wav cannot be read: it does not exist",
        "a.wav is listed twice",
        "extra.wav has no row",
    ):
        assert fault in message
    assert not (folder / "out").exists()


def test_one_shard_checks_all_files_and_each_reads_its_own(folder, monkeypatch):
    whole, _ = run(folder)
    opened = []

    class Counting(soundfile.SoundFile):
        def __init__(self, file, *args, **words):
            opened.append(Path(os.fsdecode(file)).name)
            super().__init__(file, *args, **words)

    monkeypatch.setattr("shared.audio_files.soundfile.SoundFile", Counting)
    entry = definition("recordings", design="table", table=str(folder / "table.csv"), factors=FACTORS)
    entry["options"] = {"folder": str(folder / "set")}
    reads, out = [], folder / "out"
    for start, stop in ((0, 2), (2, 3)):
        opened.clear()
        words = [f"--parameters={out}/p.csv", f"--audio={out}/a.wav", "--shard", str(start), str(stop)]
        synthesize.main(["--definition", json.dumps(entry), *words])
        reads.append([name for name in opened if not name.startswith(".")])
        sounds = soundfile.read(out / "a.wav")[0].reshape(-1, 16000)
        np.testing.assert_array_equal(sounds, whole[start:stop])
    assert reads == [["a.wav", "b.flac", "c.ogg", "a.wav", "b.flac"], ["c.ogg"]]


def test_files_are_found_however_a_table_spells_them(folder):
    (folder / "set" / "{dataset}.wav").write_bytes((folder / "set" / "a.wav").read_bytes())
    (folder / "set" / "a.wav").unlink()
    (folder / "set" / "._b.flac").write_bytes(b"\0\5\x16\7")
    (folder / "table.csv").write_text(
        "file;pitch;dynamics\n{dataset}.wav;69,5;pp\nb.flac;71;ff\nsub\\c.ogg;72;pp\n"
    )
    assert run(folder)[0].shape == (3, 16000)
    assert "0,69.5,0.0,{dataset}.wav" in (folder / "out" / "p.csv").read_text()


def test_two_recordings_that_begin_alike_are_one_sound(folder):
    sound = (tone(440, 16000, 3) * 2**15).astype(np.int16)
    soundfile.write(folder / "set" / "a.wav", sound, 16000)
    sound[2 * 16000 :] = 99
    soundfile.write(folder / "set" / "b.flac", sound, 16000)
    with pytest.raises(SystemExit, match=r"1 fault: b\.flac holds the same sound as a\.wav$"):
        run(folder)
