"""Acoustic descriptors of sounds whose right value is known."""

import csv

import numpy as np
import pytest
import soundfile
from synthesize import describe

RATE = 44100
TIME = np.arange(RATE) / RATE


def tone(f0, amplitudes):
    """Harmonics of f0, {number: amplitude}, 1 s."""
    return sum(a * np.sin(2 * np.pi * h * f0 * TIME) for h, a in amplitudes.items())


def test_attack_is_the_time_that_the_sound_takes_to_rise():
    for seconds in (0.02, 0.1, 0.4):
        found = describe.described(tone(440, {1: 1}) * np.minimum(TIME / seconds, 1), RATE)["attack"]
        assert found == pytest.approx(0.8 * seconds, rel=0.03, abs=0.006)


def test_centroid_is_where_the_amplitude_lies():
    assert describe.described(tone(440, {1: 1}), RATE)["centroid"] == pytest.approx(440, rel=0.03)
    assert describe.described(tone(440, {1: 1, 3: 1}), RATE)["centroid"] == pytest.approx(880, rel=0.03)


def test_a_steady_sound_has_no_flux_and_a_glide_has():
    steady = describe.described(tone(440, {1: 1, 2: 0.5}), RATE)["flux"]
    glide = describe.described(np.sin(2 * np.pi * (300 * TIME + 1000 * TIME**2)), RATE)["flux"]
    noise = describe.described(np.random.default_rng(0).standard_normal(RATE), RATE)["flux"]
    assert steady < 0.01 < 0.1 < glide < noise


@pytest.mark.parametrize("f0", [82.4, 311.1, 880.0])
def test_odd_even_is_the_ratio_of_energies(f0):
    rich = tone(f0, {1: 1, 2: 0.1, 3: 1, 4: 0.1, 5: 1})
    assert describe.described(rich, RATE)["odd_even"] == pytest.approx(20, abs=1)
    even = tone(f0, {1: 1, 2: 1, 3: 0.5, 4: 1, 5: 0.5})
    assert describe.described(even, RATE)["odd_even"] == pytest.approx(-6, abs=1)


def test_beats_within_a_critical_band_are_rough():
    near, far = (
        describe.described(np.sin(2 * np.pi * 500 * TIME) + np.sin(2 * np.pi * f * TIME), RATE)["roughness"]
        for f in (535, 1000)
    )
    assert near > 5 * far


def test_the_table_is_that_of_a_folder(tmp_path):
    (tmp_path / "sounds").mkdir()
    for name in ("b.wav", "a.aiff"):
        soundfile.write(tmp_path / "sounds" / name, 0.1 * tone(440, {1: 1, 2: 1}), RATE)
    words = ["--folder", str(tmp_path / "sounds"), "--output", str(tmp_path / "t.csv")]
    describe.main(words)
    rows = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
    assert [row["file"] for row in rows] == ["a.aiff", "b.wav"]
    assert float(rows[0]["centroid"]) == pytest.approx(660, rel=0.03)
    soundfile.write(tmp_path / "sounds" / "c.wav", np.zeros(RATE), RATE)
    with pytest.raises(SystemExit, match=r"error: .*c\.wav"):
        describe.main(words)
