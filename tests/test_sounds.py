"""Sounds: what Eq. 1 promises can be measured in the waveform."""

import csv
import json

import numpy as np
import pytest
import resample
import soundfile
import synthesize
import yaml
from conftest import ROOT
from synthesizers import additive

PAPER = yaml.safe_load((ROOT / "config.yaml").read_text())["datasets"]["paper2023"]


def physical(f1, alpha, r, sample_rate=16000, **options):
    factors = {"f1": np.atleast_1d(f1), "alpha": np.atleast_1d(alpha), "r": np.atleast_1d(r)}
    return additive.render(factors, sample_rate, {"duration": 1.0, **options})


def level(sound, sample_rate, frequency):
    """Magnitude at one frequency (Hz) in dB, by correlation with a windowed complex tone."""
    t = np.arange(len(sound)) / sample_rate
    return 20 * np.log10(np.abs(np.sum(sound * np.exp(-2j * np.pi * frequency * t))))


@pytest.mark.parametrize("sample_rate", [16000, 22050, 44100])
def test_frequency_in_hertz_whatever_the_sample_rate(sample_rate):
    sound = physical(220.5, 3, 0, sample_rate)[0]
    spectrum = np.abs(np.fft.rfft(sound, 8 * sample_rate))
    assert spectrum.argmax() / 8 == pytest.approx(220.5, abs=0.2)
    assert len(sound) == sample_rate


def test_harmonics_fall_by_six_alpha_decibels_per_octave():
    sound = physical(200, 1.5, 0)[0]
    for p in (1, 2, 4):
        fall = level(sound, 16000, 200 * p) - level(sound, 16000, 200 * 2 * p)
        assert fall == pytest.approx(20 * 1.5 * np.log10(2), abs=0.1)


def test_r_weights_even_over_odd_harmonics():
    sound = physical(200, 0, 0.5)[0]
    assert level(sound, 16000, 400) - level(sound, 16000, 600) == pytest.approx(20 * np.log10(3), abs=0.1)


def test_r_one_is_the_octave_above():
    """The known flaw of the factors: (f1, alpha, 1) is (2 f1, alpha, 0) up to the gain 2^(1 - alpha)."""
    octave, tone = physical(300, 1.3, 1)[0], physical(600, 1.3, 0)[0]
    np.testing.assert_allclose(octave, tone * 2 ** (1 - 1.3), atol=1e-9)


@pytest.mark.parametrize("limit", [3000, 7000])
def test_band_limit(limit):
    """Above the limit nothing but the window's side lobes, some 100 dB down after a few bins."""
    power = np.abs(np.fft.rfft(physical(130, 0, 0, max_frequency=limit)[0])) ** 2
    assert 10 * np.log10(power[limit + 20 :].sum() / power.sum()) < -80


def test_nothing_aliases_by_default():
    power = np.abs(np.fft.rfft(physical(1900, 0, 0)[0])) ** 2
    harmonics = [1900, 3800, 5700, 7600]
    near = np.zeros(len(power), bool)
    for p in harmonics:
        near[p - 20 : p + 21] = True
    assert (power[harmonics] > power.max() / 2).all()
    assert 10 * np.log10(power[~near].sum() / power.sum()) < -70


def test_f1_above_the_band_limit_is_refused():
    with pytest.raises(ValueError, match="no harmonic below the band limit"):
        physical(9000, 1, 0)


@pytest.fixture(scope="module")
def paper():
    table = synthesize.draw(PAPER)
    return table, np.concatenate(list(synthesize.normalized(PAPER, table)))


def test_paper2023_draws_the_released_factors(paper):
    table, _ = paper
    assert table["f1"][:6].tolist() == [17, 12, 15, 23, 15, 19]
    np.testing.assert_array_equal(table["alpha"], np.repeat(np.arange(1, 3, 2 / 50), 50))
    np.testing.assert_array_equal(table["r"], np.tile(np.arange(1, 2, 1 / 50), 50))
    counts = np.bincount(table["f1"].astype(int))[12:]
    assert (counts.min(), counts.max()) == (191, 237)


def test_paper2023_renders_the_released_formula_to_the_bit(paper):
    """Each sound before scaling, harmonic by harmonic, window and all, as the released code adds them."""
    table, _ = paper
    rows = [0, 777, 2499]
    part = {name: values[rows] for name, values in table.items()}
    rendered = additive.render(part, 16000, PAPER["options"])
    t = np.arange(1024) / 1024
    for row, sound in zip(rows, rendered, strict=True):
        f1, alpha, r = (table[name][row] for name in ("f1", "alpha", "r"))
        terms = [
            (1 + (-1) ** p * r) / np.power(p, alpha) * np.cos(2 * np.pi * p * f1 * t) * np.hanning(1024)
            for p in range(1, int(1024 / (2 * f1)))
        ]
        np.testing.assert_array_equal(sound, np.sum(terms, axis=0))


def test_paper2023_scales_each_time_index(paper):
    _, sounds = paper
    peaks = np.abs(sounds).max(axis=0)
    assert sounds.shape == (2500, 1024)
    assert (peaks[1:-1] == 1).all()
    assert (peaks[[0, -1]] == 0).all()


def test_paper2023_level_flaw(paper):
    """A wart kept on purpose: level spans 15.7 dB and follows the factors."""
    _, sounds = paper
    rms = 20 * np.log10(np.sqrt(np.mean(sounds.astype(float) ** 2, axis=1)))
    assert np.ptp(rms) == pytest.approx(15.7, abs=0.05)


def write(tmp_path, definition):
    paths = {"parameters": tmp_path / "parameters.csv", "audio": tmp_path / "audio.wav"}
    words = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
    synthesize.main(["--definition", json.dumps(definition), *words])
    return paths


def test_files_hold_the_sounds_and_factors_exactly(tmp_path, paper):
    paths = write(tmp_path, PAPER)
    audio, rate = soundfile.read(paths["audio"], dtype="float32")
    np.testing.assert_array_equal(audio.reshape(2500, 1024), paper[1])
    with open(paths["parameters"]) as file:
        rows = list(csv.DictReader(file))
    assert rate == 16000
    assert [int(row["sound"]) for row in rows] == list(range(2500))
    np.testing.assert_array_equal([float(row["r"]) for row in rows], paper[0]["r"])


def test_wrong_n_is_one_sentence_and_no_file(tmp_path):
    with pytest.raises(SystemExit, match="the grid has 2500 points but N is 2400"):
        write(tmp_path, {**PAPER, "N": 2400})
    assert not list(tmp_path.iterdir())


def test_unknown_factor_is_one_sentence(tmp_path):
    factors = {**PAPER["factors"], "vibrato": {"scale": "linear", "choice": [1]}}
    with pytest.raises(SystemExit, match="vibrato"):
        write(tmp_path, {**PAPER, "factors": factors})


def test_random_design_is_uniform_on_its_scale_and_repeats():
    factors = {"f1": {"low": 100, "high": 1600, "scale": "log"}}
    table = synthesize.random(factors, 0, 4000)
    octaves = np.histogram(np.log2(table["f1"] / 100), bins=4, range=(0, 4))[0]
    assert (np.abs(octaves / 1000 - 1) < 0.1).all()
    np.testing.assert_array_equal(table["f1"], synthesize.random(factors, 0, 4000)["f1"])


def test_resampling_keeps_frequency_and_keeps_sounds_apart():
    tones = np.concatenate([physical(440, 4, 0, 22050), physical(1000, 4, 0, 22050)]).astype(np.float32)
    result = resample.resample(tones, 22050, 16000)
    assert result.shape == (2, 16000)
    for sound, frequency in zip(result, (440, 1000), strict=True):
        assert np.abs(np.fft.rfft(sound)).argmax() == frequency
        source = physical(frequency, 4, 0, 16000)[0]
        assert np.abs(sound - source)[100:-100].max() < 1e-3
    np.testing.assert_array_equal(result[1:], resample.resample(tones[1:], 22050, 16000))
