"""Synthesizers: what each promises of its factors is measured in the waveform."""

import inspect

import numpy as np
import pytest
from conftest import definition, rendered
from scipy.signal import hilbert
from scipy.stats import spearmanr
from shared.oscillators import sum_sinusoids
from synthesize import synthesize
from synthesizers import additive, am_fm, drum

RATE = 16000


def parameters(module, n=1, **values):
    entries = {**module.FACTORS, **getattr(module, "NUISANCES", {})}
    return {name: np.full(n, float(values.get(name, e["default"]))) for name, e in entries.items()}


def one(module, sample_rate=RATE, duration=1.0, options=None, **values):
    return module.render(parameters(module, **values), sample_rate, duration, **(options or {}))[0]


def fundamental(sound, rate, low, high):
    """Frequency (Hz) of the first of the highest peaks of the autocorrelation between two frequencies."""
    spectrum = np.abs(np.fft.rfft(sound, 2 * len(sound))) ** 2
    correlation = np.fft.irfft(spectrum)[: len(sound)]
    correlation /= np.arange(len(sound), 0, -1)
    first, last = int(rate / high), int(np.ceil(rate / low))
    tried = correlation[first : last + 1]
    peaks = np.flatnonzero((tried[1:-1] > tried[:-2]) & (tried[1:-1] >= tried[2:])) + 1
    i = first + peaks[tried[peaks] > 0.95 * tried[peaks].max()][0]  # multiples of a period fit as well
    a, b, c = correlation[i - 1 : i + 2]
    return rate / (i + 0.5 * (a - c) / (a - 2 * b + c))


def harmonic_amplitudes(sound, rate, f1, P):
    """Amplitudes of P harmonics under a Hann window, by correlation with complex tones."""
    time = np.arange(len(sound)) / rate
    window = np.hanning(len(sound))
    tones = np.exp(-2j * np.pi * f1 * np.arange(1, P + 1)[:, None] * time)
    return 2 * np.abs(tones @ (sound * window)) / window.sum()


def test_sum_of_sinusoids_is_the_plain_sum():
    rng = np.random.default_rng(0)
    f, a, p, d = (rng.random((3, 7)) * scale for scale in (4000, 1, 6, 20))
    time = np.arange(1234) / RATE
    terms = (
        a[..., None] * np.exp(-d[..., None] * time) * np.cos(2 * np.pi * f[..., None] * time + p[..., None])
    )
    np.testing.assert_allclose(sum_sinusoids(f, a, p, d, 1234, RATE), terms.sum(axis=1), atol=1e-9)


@pytest.mark.parametrize(
    ("name", "options"),
    [("additive", {}), ("partials", {}), ("am_fm", {}), ("drum", {}), ("drum", {"shape": "circle"})],
)
def test_every_corner_renders_within_its_band_and_without_clipping(name, options):
    """All factors at their ends, in the ranges that the synthesizer declares."""
    module = synthesize.load_synthesizer(name)
    free = [f for f in module.FACTORS if not (options and f == "aspect")]
    corners = np.random.default_rng(0).integers(2, size=(40, len(free)))
    values = parameters(module, 40)
    for j, factor in enumerate(free):
        ends = np.array([module.FACTORS[factor]["low"], module.FACTORS[factor]["high"]])
        values[factor] = ends[corners[:, j]].astype(float)
    for rate in (16000, 22050):
        sounds = module.render(values, rate, 0.5, **options)
        assert sounds.shape == (40, round(0.5 * rate))
        power = np.abs(np.fft.rfft(sounds)) ** 2
        over = np.fft.rfftfreq(sounds.shape[1], 1 / rate) > 7000
        assert 10 * np.log10((power[:, over].sum(axis=1) / power.sum(axis=1)).max()) < -50
        assert np.abs(sounds[:, [0, -1]]).max() < 0.02 * np.abs(sounds).max()
    assert "max_frequency" in inspect.signature(module.render).parameters


@pytest.mark.parametrize(("f1", "rate"), [(200, 16000), (261.6, 22050), (400, 44100)])
def test_additive_f1_is_the_fundamental_in_hertz(f1, rate):
    sound = one(additive, sample_rate=rate, f1=f1, brightness=1500)
    assert fundamental(sound, rate, 100, 600) == pytest.approx(f1, rel=1e-3)


def test_additive_brightness_is_the_centroid_and_odd_even_the_attenuation():
    for f1, brightness, odd_even in [(200, 800, 0), (200, 3200, 40), (400, 800, 40), (311, 1700, 12)]:
        sound = one(additive, f1=f1, brightness=brightness, odd_even=odd_even)
        a = harmonic_amplitudes(sound, RATE, f1, int(7000 / f1))
        p = np.arange(1, len(a) + 1)
        assert (p * f1 * a).sum() / a.sum() == pytest.approx(brightness, rel=0.01)
        slope = np.log(a[0] / a[2]) / np.log(3)
        expected = 20 * np.log10(a[0] * 2**-slope) - 20 * np.log10(a[1])
        assert expected == pytest.approx(odd_even, abs=0.3)


def test_additive_factors_are_independent_and_every_combination_exists():
    table, sounds = rendered(definition("additive", N=256))
    correlation = spearmanr(np.stack([table[n] for n in additive.FACTORS], axis=1)).statistic
    assert np.abs(correlation - np.eye(3)).max() < 0.05
    assert len(sounds) == 256


def test_additive_says_which_tone_does_not_exist():
    with pytest.raises(
        ValueError, match=r"f1 = 400 Hz.* has a brightness between .* not 300; narrow the ranges"
    ):
        one(additive, f1=400, brightness=300)
    with pytest.raises(ValueError, match="max_frequency 7000 Hz is above half of 8000 Hz"):
        one(additive, sample_rate=8000)


def test_additive_phases_change_the_waveform_only():
    a, b = one(additive, phases=1), one(additive, phases=2)
    assert np.abs(a - b).max() > 0.1
    levels = [harmonic_amplitudes(sound, RATE, 300, 20) for sound in (a, b)]
    np.testing.assert_allclose(*levels, rtol=0.01, atol=1e-4)


def test_partials_have_the_stated_levels():
    module = synthesize.load_synthesizer("partials")
    sound = one(module, f1=200, level_2=-3, level_7=-20, level_24=-11)
    a = 20 * np.log10(harmonic_amplitudes(sound, RATE, 200, 24))
    np.testing.assert_allclose(a[[1, 6, 23]] - a[0], [-3, -20, -11], atol=0.05)
    assert len(module.FACTORS) == 24


def test_am_fm_carrier_glides_and_wavers_as_stated():
    sound = one(am_fm, carrier=1000, chirp=0.8, depth=100, rate=5, modulator=32, options={"ramp": 0.001})
    time = np.arange(RATE) / RATE
    carrier = one(am_fm, carrier=1000, chirp=0.8, depth=100, rate=5, modulator=0)
    phase = np.unwrap(np.angle(hilbert(carrier)))
    frequency = np.gradient(phase) * RATE / (2 * np.pi)
    inner = slice(1600, -1600)
    pitch = np.log2(frequency[inner] / 1000)
    basis = np.stack(
        [time[inner] - 0.5, np.sin(2 * np.pi * 5 * time[inner]), np.ones(len(time[inner]))], axis=1
    )
    glide, waver, offset = np.linalg.lstsq(basis, pitch, rcond=None)[0]
    assert (glide, 1200 * waver, offset) == pytest.approx((0.8, 100, 0), abs=0.5)
    assert glide == pytest.approx(0.8, abs=0.005)
    envelope = np.abs(hilbert(sound))[inner]
    spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope)), 8 * RATE))
    assert spectrum.argmax() / 8 == pytest.approx(32, abs=0.3)


def test_am_fm_above_its_band_is_refused():
    with pytest.raises(ValueError, match=r"a sound reaches .* Hz, above 2000 Hz"):
        one(am_fm, carrier=1900, chirp=1, options={"max_frequency": 2000})


@pytest.mark.parametrize("shape", ["rectangle", "circle"])
def test_drum_first_mode_has_the_stated_pitch_and_decay(shape):
    sound = one(drum, pitch=150, decay=0.5, damping=0.4, dispersion=0.01, options={"shape": shape})
    time = np.arange(RATE) / RATE
    late = slice(3200, 9600)  # higher modes are gone by then
    phase = np.unwrap(np.angle(hilbert(sound)))[late]
    assert np.polyfit(time[late], phase, 1)[0] / (2 * np.pi) == pytest.approx(150, rel=0.005)
    level = 20 * np.log10(np.abs(hilbert(sound))[late])
    assert -60 / np.polyfit(time[late], level, 1)[0] == pytest.approx(0.5, rel=0.01)


def test_drum_modes_are_those_of_the_membrane():
    """Without dispersion: a square's modes 1 2 and 2 2 at sqrt(5/2) and 2; a circle's at Bessel zeros."""
    loss = {"damping": 0, "dispersion": 0, "decay": 1e6}
    square = np.sort(drum.modes(parameters(drum, pitch=100, **loss), "rectangle")[0][0])
    np.testing.assert_allclose(square[[0, 1, 3]] / 100, [1, np.sqrt(2.5), 2], rtol=1e-6)
    circle = np.sort(drum.modes(parameters(drum, pitch=100, **loss), "circle")[0][0])
    np.testing.assert_allclose(circle[:4] / 100, [1, 1.5933, 2.1355, 2.2954], atol=1e-4)
    long = np.sort(drum.modes(parameters(drum, pitch=100, aspect=2, **loss), "rectangle")[0][0])
    np.testing.assert_allclose(long[1] / 100, np.sqrt(8 / 5), rtol=1e-6)


def test_drum_dispersion_raises_and_damping_shortens_the_higher_modes():
    base = drum.modes(parameters(drum, dispersion=0.003, damping=0.02), "rectangle")
    stiff = drum.modes(parameters(drum, dispersion=0.1, damping=0.02), "rectangle")
    damped = drum.modes(parameters(drum, dispersion=0.003, damping=0.4), "rectangle")
    assert stiff[0][0, 0] == pytest.approx(base[0][0, 0])
    assert (stiff[0][0, 1:] > base[0][0, 1:]).all()
    assert damped[1][0, 0] == pytest.approx(base[1][0, 0])
    assert (damped[1][0, 1:] > base[1][0, 1:]).all()


def test_a_circle_has_no_aspect():
    with pytest.raises(ValueError, match="a circle has no aspect ratio; leave `aspect` out"):
        one(drum, aspect=1.5, options={"shape": "circle"})
    with pytest.raises(ValueError, match="shape 'triangle' is not known; known: rectangle, circle"):
        one(drum, options={"shape": "triangle"})
