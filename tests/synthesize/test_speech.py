"""Speech: what espeak-ng was asked for is found again in the waveform."""

import shutil

import numpy as np
import pytest
from scipy import signal, stats
from synthesizers import speech

pytestmark = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng is not on PATH (Debian: apt install espeak-ng)"
)


def say(sample_rate=16000, duration=1.5, f0=110.0, rate=4.0, formants=1.0, text=0.0, **options):
    names = ("f0", "rate", "formants", "text")
    columns = np.broadcast_arrays(*map(np.atleast_1d, (f0, rate, formants, text)))
    return speech.render(dict(zip(names, columns, strict=True)), sample_rate, duration, **options)


def stretch(reference, sound, sample_rate=16000):
    """Ratio by which the second spectral envelope is stretched along frequency, from 200 to 5500 Hz."""
    # a window of 9 ms smooths over the harmonics of all f0 used here
    f, power = signal.welch(
        np.stack([reference, sound]), sample_rate, nperseg=round(0.009 * sample_rate), nfft=4096
    )
    levels = 10 * np.log10(power)
    ratios = np.geomspace(0.7, 1.43, 401)
    frequencies = np.geomspace(200 * 1.43, 5500 / 1.43, 400)
    envelope = np.interp(frequencies, f, levels[0])
    alike = [np.corrcoef(envelope, np.interp(frequencies * r, f, levels[1]))[0, 1] for r in ratios]
    return ratios[np.argmax(alike)]


def seconds(sound, sample_rate=16000):
    """Time from the first to the last sample above 1 % of the peak."""
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    return (loud[-1] + 1 - loud[0]) / sample_rate


@pytest.fixture(scope="module")
def phrases():
    """48 settings spread over all ranges: (requested, sounds, realised)."""
    unit = stats.qmc.Halton(4, rng=0).random(48)
    ranges = [(speech.FACTORS[name]["low"], speech.FACTORS[name]["high"]) for name in speech.FACTORS]
    table = {
        name: low * (high / low) ** u
        for name, (low, high), u in zip(speech.FACTORS, ranges, unit.T, strict=False)
    }
    table["text"] = np.floor(8 * unit[:, 3])
    return table, *speech.render(table, 16000, 1.5)


@pytest.mark.parametrize("sample_rate", [8000, 16000, 44100])
def test_fundamental_of_harmonic_tones_is_exact(sample_rate):
    """With the formant far above f0 and random phases; to a hundredth of the JND."""
    rng = np.random.default_rng(0)
    t = np.arange(round(0.3 * sample_rate)) / sample_rate
    for f0 in np.geomspace(60, 400, 20):
        f = f0 * np.arange(1, int(3500 / f0) + 1)
        level = 1 / (1 + ((f - rng.uniform(300, 900)) / 100) ** 2)
        tone = level @ np.cos(2 * np.pi * f[:, None] * t + rng.uniform(0, 2 * np.pi, (len(f), 1)))
        assert speech.fundamental(tone, sample_rate) == pytest.approx(f0, rel=1e-4)


def test_silence_and_noise_have_no_fundamental():
    assert np.isnan(speech.fundamental(np.zeros(16000), 16000))
    assert np.isnan(speech.fundamental(np.random.default_rng(0).standard_normal(16000), 16000))


def test_f0_is_as_requested(phrases):
    requested, _, realised = phrases
    # espeak-ng has steps of 0.47 Hz
    np.testing.assert_allclose(realised["f0"], requested["f0"], atol=0.3)
    assert stats.spearmanr(realised["f0"], requested["f0"])[0] > 0.999


def test_phrases_are_monotone(phrases):
    _, sounds, realised = phrases
    for sound, f0, rate in zip(sounds, *(realised[name] for name in ("f0", "rate")), strict=True):
        thirds = np.array_split(sound[: int(4 / rate * 16000)], 3)
        np.testing.assert_allclose([speech.fundamental(x, 16000) for x in thirds], f0, rtol=2e-3)


def test_rate_is_four_syllables_by_the_time_they_take(phrases):
    requested, sounds, realised = phrases
    for sound, rate in zip(sounds, realised["rate"], strict=True):
        assert seconds(sound) == pytest.approx(4 / rate, rel=0.02, abs=0.01)  # the fade takes some ms
    np.testing.assert_allclose(realised["rate"], requested["rate"], rtol=0.08)
    assert stats.spearmanr(realised["rate"], requested["rate"])[0] > 0.99


@pytest.mark.parametrize("text", [0, 3, 6])
def test_formants_stretch_the_spectral_envelope_and_nothing_else(text):
    ratios = np.array([1, 0.8, 0.9, 1.1, 1.25])
    sounds, realised = say(formants=ratios, text=text)
    stretched = [stretch(sounds[0], sound) for sound in sounds]
    np.testing.assert_allclose(stretched, ratios, rtol=0.01)
    np.testing.assert_array_equal(realised["formants"], ratios)
    np.testing.assert_allclose(realised["f0"], realised["f0"][0], rtol=1e-3)
    np.testing.assert_allclose(realised["rate"], realised["rate"][0], rtol=0.02)


def test_f0_does_not_move_the_formants():
    sounds, _ = say(f0=[90, 180], text=3)
    assert stretch(*sounds) == pytest.approx(1, abs=0.03)


def test_every_factor_and_text_makes_another_sound():
    sounds, _ = say(
        f0=[110, 115, 110, 110, *[110] * 7], rate=[4, 4, 4.5, 4, *[4] * 7],
        formants=[1, 1, 1, 1.05, *[1] * 7], text=[0, 0, 0, 0, *range(1, 8)],
    )  # fmt: skip
    alike = np.corrcoef(sounds)
    assert alike[~np.eye(len(sounds), dtype=bool)].max() < 0.99


@pytest.mark.parametrize(("sample_rate", "limit"), [(16000, 7000), (22050, 7000), (16000, 3000)])
def test_band_limit(sample_rate, limit):
    sounds, _ = say(sample_rate, formants=[0.8, 1.25], rate=6, text=2, max_frequency=limit)
    power = np.abs(np.fft.rfft(sounds)) ** 2
    above = power[:, np.fft.rfftfreq(sounds.shape[1], 1 / sample_rate) >= limit]
    assert (10 * np.log10(above.sum(axis=1) / power.sum(axis=1)) < -60).all()


@pytest.mark.parametrize("sample_rate", [16000, 22050])
@pytest.mark.parametrize("duration", [1.0, 1.3333, 2.0])
def test_length_and_soft_edges(sample_rate, duration):
    sounds, realised = say(sample_rate, duration)
    assert sounds.shape == (1, round(duration * sample_rate))
    assert sounds.dtype == np.float64
    assert np.abs(sounds[:, [0, -1]]).max() < 1e-3 * np.abs(sounds).max()
    assert realised["f0"][0] == pytest.approx(110, abs=0.3)


def test_nothing_is_clipped(phrases):
    assert np.abs(phrases[1]).max() < 0.7


def test_sounds_repeat_and_do_not_depend_on_each_other(phrases):
    requested, sounds, realised = phrases
    part = {name: values[[5, 2, 5]] for name, values in requested.items()}
    again, measured = speech.render(part, 16000, 1.5)
    np.testing.assert_array_equal(again, sounds[[5, 2, 5]])
    for name, values in measured.items():
        np.testing.assert_array_equal(values, realised[name][[5, 2, 5]])


def test_a_phrase_that_does_not_fit_is_one_sentence():
    with pytest.raises(
        ValueError, match=r"^speech: 4 syllables at rate 3 need 1.33 s but a sound lasts 1 s; "
    ):
        say(duration=1.0, rate=[5, 3])


def test_f0_that_cannot_be_measured_is_one_sentence():
    with pytest.raises(ValueError, match=r"^speech: f0 can be measured from 50 to 500 Hz only"):
        say(f0=600)


def test_missing_program_is_one_sentence(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        ValueError, match=r"^speech: espeak-ng is not on PATH; install it \(Debian: apt install"
    ):
        say()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo loading; echo Error: no data. >&2; exit 1", "Error: no data"),
        ("kill -SEGV $$", "exit status -11"),
    ],
)
def test_failing_program_is_one_sentence(monkeypatch, tmp_path, script, reason):
    program = tmp_path / "espeak-ng"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=rf"^speech: espeak-ng failed \({reason}.*\); check that"):
        say()
