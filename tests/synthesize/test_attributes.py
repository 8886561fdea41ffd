"""Attributes of tones: what each knob states is measured in the sounds."""

import numpy as np
import pandas
import pytest
import soundfile
from conftest import definition
from mosqito import roughness_dw
from scipy.signal import hilbert
from shared.loudness import loudness, sone
from shared.sounds import Sounds
from synthesize import describe, design_checks, listen
from synthesize.gate import DataSet, measure
from synthesizers import attributes
from test_gate import breaches, gate

RATE = 48000
PURE = {"f1": 1000, "brightness": 1000.3}  # a tone with nothing but its first partial, about


def settings(n=1, **values):
    entries = {**attributes.FACTORS, **attributes.NUISANCES}
    stated = {name: values.get(name, entry["default"]) for name, entry in entries.items()}
    return {name: np.broadcast_to(np.asarray(value, float), n) for name, value in stated.items()}


def sounds(n=1, duration=1.0, rate=RATE, **values):
    return attributes.render(settings(n, **values), rate, duration)


def tone(frequency, level, depth=0):
    """One second of a tone at a level in dB SPL, modulated at 70 Hz, in Pa."""
    time = np.arange(RATE) / RATE
    sound = (1 + depth * np.cos(2 * np.pi * 70 * time)) * np.sin(2 * np.pi * frequency * time)
    return sound * 2e-5 * 10 ** (level / 20) / np.sqrt(np.mean(sound**2))


def decibels(sounds):
    """Level of the steady part of sounds, dB SPL."""
    return 100 + 20 * np.log10(np.sqrt(np.mean(sounds[:, RATE // 2 : -RATE // 10] ** 2, axis=1)))


# --- loudness and roughness -----------------------------------------------------------------------


def test_the_units_are_those_of_the_scales():
    """1 kHz: 40 dB is one sone; 60 dB modulated wholly at 70 Hz is one asper."""
    levels = attributes.band_levels(np.stack([tone(1000, 40), tone(1000, 60)]))
    np.testing.assert_allclose(sone(levels), [1, 4], rtol=0.05)
    assert attributes.roughness_of([tone(1000, 60, depth=1)]) == pytest.approx(1, rel=0.05)


def test_a_tone_of_1_khz_gets_10_db_for_every_doubling_of_its_loudness():
    made, _ = sounds(4, **PURE, loudness=[2, 4, 8, 16])
    np.testing.assert_allclose(decibels(made), [50, 60, 70, 80], atol=0.5)


def test_tones_are_as_loud_as_asked_whatever_else_they_are():
    rng = np.random.default_rng(0)
    ends = {name: [entry["low"], entry["high"]] for name, entry in attributes.FACTORS.items()}
    corners = {name: rng.choice(pair, 6) for name, pair in ends.items()}
    made, _ = sounds(6, **corners | {"vibrato_depth": 0})
    found = loudness(made[:, RATE // 2 : -RATE // 10], RATE)
    np.testing.assert_allclose(found, corners["loudness"], rtol=0.05)


def test_roughness_is_the_measured_one_and_near_the_asked_one():
    asked = np.geomspace(0.1, 1.6, 6)
    made, found = sounds(6, roughness=asked, f1=[210, 390, 260, 310, 350, 280], phases=np.arange(6))
    np.testing.assert_allclose(found["roughness"], asked, rtol=0.05)
    again = [roughness_dw(2 * sound[RATE // 2 : -RATE // 10], RATE)[0].mean() for sound in made]  # in Pa
    np.testing.assert_allclose(found["roughness"], again, rtol=0.1)


def test_roughness_grows_with_the_depth_of_modulation_and_is_none_without():
    some = attributes.tones(settings(5, f1=400), 7000)
    depths = np.linspace(0, 1, 5)
    found = attributes.roughness_of(0.05 * attributes.steady(some, depths, RATE // 5, RATE))
    assert found[0] < 0.02
    assert (np.diff(found) > 0.05).all()
    assert sounds(roughness=0)[1]["roughness"] == 0


def test_more_roughness_than_a_tone_can_have_is_what_it_can_have():
    _, found = sounds(roughness=50)
    assert 1 < found["roughness"][0] < 5


def test_the_jnd_of_loudness_is_that_of_the_level_of_pure_tones():
    """dI / I = 0.463 (I / I0)^-0.072 (Jesteadt, Wier & Green 1977), a dB over I0 as a phon."""
    for sones, percent in attributes.FACTORS["loudness"]["jnd"]["percent"]:
        decibels = 40 + 10 * np.log2(sones)
        step = 10 * np.log10(1 + 0.463 * 10 ** (-0.0072 * decibels))
        assert percent == pytest.approx(100 * (2 ** (step / 10) - 1), rel=0.015)


# --- time and frequency ---------------------------------------------------------------------------


def test_attack_is_the_time_from_a_tenth_to_nine_tenths():
    asked = np.array([0.005, 0.02, 0.08, 0.2])
    made, _ = sounds(4, **PURE, attack=asked)
    for sound, seconds in zip(made, asked, strict=True):
        envelope = np.abs(hilbert(sound))
        first, last = (np.argmax(envelope > share * np.median(envelope)) for share in (0.1, 0.9))
        assert (last - first) / RATE == pytest.approx(seconds, rel=0.03)
    described = [describe.attack(sound, RATE) for sound in sounds(4, attack=asked)[0]]
    np.testing.assert_allclose(described[2:], asked[2:], rtol=0.1)


def test_an_attack_longer_than_the_sound_is_refused():
    with pytest.raises(ValueError, match=r"the longest attack takes 0\.359 s of a sound of 0\.3 s"):
        sounds(attack=0.2, duration=0.3)


def test_partials_lie_where_those_of_a_stiff_string_do():
    f1, stiffness = 211.3, 0.001
    sound = sounds(duration=2, f1=f1, inharmonicity=stiffness, brightness=2500)[0][0]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 8 * len(sound)))
    frequencies = np.fft.rfftfreq(8 * len(sound), 1 / RATE)
    p = np.arange(1, 16)
    for expected in p * f1 * np.sqrt(1 + stiffness * p**2):
        near = np.abs(frequencies - expected) < 40
        assert frequencies[near][spectrum[near].argmax()] == pytest.approx(expected, abs=0.1)
    between = (frequencies > 15.5 * f1) & (frequencies < 15.9 * f1)  # a harmonic tone has none at 16 f1
    assert spectrum[between].max() < 0.01 * spectrum.max()


def test_pitch_wavers_by_the_depth_and_at_the_rate_of_the_vibrato():
    sound = sounds(**PURE, vibrato_depth=50, vibrato_rate=5.5)[0][0]
    inner = slice(RATE // 10, -RATE // 10)
    frequency = np.gradient(np.unwrap(np.angle(hilbert(sound))))[inner] * RATE / (2 * np.pi)
    cents = 1200 * np.log2(frequency / 1000)
    assert (cents.max(), cents.min()) == pytest.approx((50, -50), abs=1.5)
    spectrum = np.abs(np.fft.rfft((cents - cents.mean()) * np.hanning(len(cents)), 16 * RATE))
    assert spectrum.argmax() / 16 == pytest.approx(5.5, abs=0.1)


def test_brightness_is_the_centroid_of_stretched_partials_too():
    for stiffness in (0, 0.005):
        frequencies, levels, *_ = attributes.tones(settings(f1=250, inharmonicity=stiffness), 7000)
        assert (frequencies * levels).sum() / levels.sum() == pytest.approx(1600, rel=1e-6)


# --- sounds of a data set -------------------------------------------------------------------------


def test_corners_lie_within_the_band():
    rng = np.random.default_rng(0)
    corners = {n: rng.choice([entry["low"], entry["high"]], 8) for n, entry in attributes.FACTORS.items()}
    made, _ = sounds(8, 0.5, 16000, **corners)
    power = np.abs(np.fft.rfft(made)) ** 2
    over = np.fft.rfftfreq(made.shape[1], 1 / 16000) > 7000
    assert 10 * np.log10((power[:, over].sum(axis=1) / power.sum(axis=1)).max()) < -50


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"loudness": 300},
            r"attributes: a tone of 300 sone has a peak of .* of full scale; lower loudness,",
        ),
        ({"attack": 0}, "attributes: attack must be above 0, not 0"),
        ({"inharmonicity": -0.1}, r"attributes: inharmonicity must be at least 0, not -0\.1"),
        ({"brightness": 100}, r"has a brightness between .* and .* Hz, not 100; narrow the ranges"),
    ],
)
def test_a_tone_that_does_not_exist_is_told(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        sounds(**values)


@pytest.mark.long
def test_the_gate_knows_that_loudness_is_a_factor(tmp_path):
    """Levels that follow it are no breach, but those of a factor that does not say that it sets them are."""
    factors = {"f1": {}, "brightness": {}, "loudness": {}, "attack": {}}
    entry = definition("attributes", N=32, factors=factors, normalize="none")
    table = gate(tmp_path, entry, "--resampled", "--K", "8")
    assert breaches(table) == set()
    assert 25 < float(table.value["level_range", ""]) < 45
    assert table.note["level_range", ""] == "of RMS over the clip; loudness sets it"
    del entry["factors"]["loudness"]["sets_level"]
    columns = pandas.read_csv(tmp_path / "p.csv")
    made = Sounds(tmp_path / "a.wav", len(columns))
    data = DataSet(entry, attributes, columns, made, measure(made, 7000), True, 8)
    assert [row["breach"] for row in design_checks.level_range(data)] == [True]
    told = {row["factor"] for row in design_checks.level_correlation(data) if row["breach"]}
    assert told == {"loudness"}


def test_a_listening_file_keeps_levels_that_are_a_factor(tmp_path):
    """The low and the high end of loudness, three doublings apart."""
    words = ["attributes", "--factors", "loudness", "--duration", "0.5", "--output", str(tmp_path / "l.wav")]
    listen.main(words)
    parts = soundfile.read(tmp_path / "l.wav")[0].reshape(3, -1)
    levels = 20 * np.log10(np.sqrt(np.mean(parts**2, axis=1)))
    assert 26 < levels[2] - levels[0] < 36
