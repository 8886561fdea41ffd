"""Tones of listening experiments: their components, levels and noise are those that are stated."""

import numpy as np
import pytest
from shared.scales import erb_rate
from synthesizers import complex_tone

RATE, SECONDS = 32000, 1.0


def sound(rate=RATE, seed=0, **changes):
    defaults = {name: entry["default"] for name, entry in complex_tone.FACTORS.items()} | {"draw": seed}
    parameters = {name: np.array([float(value)]) for name, value in (defaults | changes).items()}
    return complex_tone.render(parameters, rate, SECONDS, max_frequency=14000)[0]


def levels(sound, rate=RATE):
    """Level of each whole frequency in Hz, dB re full scale."""
    middle = sound * np.hanning(len(sound))
    power = np.abs(np.fft.rfft(middle)) ** 2 / (len(sound) * np.sum(np.hanning(len(sound)) ** 2)) * 2
    return 10 * np.log10(np.maximum(power * 1.5, 1e-20))  # a peak of a Hann window holds two thirds


def heard(sound, floor=-60):
    """Frequencies of the components above a floor, in Hz, within 1."""
    level = levels(sound)
    top = (level > floor) & (level >= np.roll(level, 1)) & (level >= np.roll(level, -1))
    return np.flatnonzero(top).tolist()


def test_components_have_their_level():
    tone = sound(f0=1000, highest=1, level=-30)
    assert heard(tone) == [1000]
    assert levels(tone)[1000] == pytest.approx(-30, abs=0.3)
    assert 20 * np.log10(tone[2000:-2000].std()) == pytest.approx(-30, abs=0.1)


@pytest.mark.parametrize(
    ("changes", "frequencies"),
    [
        ({"f0": 100, "highest": 4}, [100, 200, 300, 400]),
        ({"f0": 100, "lowest": 3, "highest": 5}, [300, 400, 500]),
        ({"f0": 100, "highest": 3, "step": 10}, [110, 220, 330]),
        ({"f0": 100, "highest": 3, "shift": 24}, [124, 224, 324]),
        ({"f0": 100, "highest": 4, "mistuned": 3, "mistuning": 8}, [100, 200, 324, 400]),
        ({"f0": 100, "centre": 500, "width": 300, "skirt": 150}, [300, 400, 500, 600, 700]),
        ({"f0": 100, "carrier": 4000}, [3600, 3800, 3900, 4000, 4100, 4200, 4400]),
    ],
)
def test_components_lie_where_they_are_stated(changes, frequencies):
    assert heard(sound(level=-20, **changes), floor=-50) == frequencies


def test_a_filter_falls_by_its_order():
    tone = levels(sound(f0=50, level=-20, centre=3000, width=4000))
    assert tone[1000] == pytest.approx(tone[2000] - 3, abs=0.3)
    assert tone[400] - tone[200] == pytest.approx(24, abs=0.3)


@pytest.mark.parametrize("step", [-20, 12.8, 25])
def test_a_moved_tone_keeps_its_overall_level(step):
    plain, moved = (sound(f0=50, centre=3000, width=1000, step=s, seed=3, phase=1).std() for s in (0, step))
    assert moved == pytest.approx(plain, rel=0.01)


def test_phases_shape_the_envelope():
    """Of alternating phase, pulses come twice as often; of random phase, not at all."""
    peaks = {}
    for phase, name in enumerate(complex_tone.PHASES):
        tone = np.abs(sound(f0=100, centre=3000, width=2000, level=-40, phase=phase))
        period = tone[3200:28800].reshape(-1, 320).max(axis=0).reshape(32, 10).max(axis=1)
        peaks[name] = np.sort(period)[-8:].mean() / period.mean(), (period > 0.7 * period.max()).sum()
    assert peaks["sine"][0] > 2 * peaks["random"][0]
    assert peaks["alternating"][1] > peaks["sine"][1]


def test_noise_has_the_same_power_in_each_erb_and_at_any_rate():
    noise = sound(f0=13000, highest=1, level=-100, noise=-40)
    power = 10 ** (levels(noise) / 10) / 1.5
    for low, high in ((100, 500), (1000, 3000), (5000, 10000)):
        erbs = erb_rate(high) - erb_rate(low)
        assert 10 * np.log10(power[low:high].sum() / erbs) == pytest.approx(-40, abs=0.8)
    twice = sound(rate=2 * RATE, f0=13000, highest=1, level=-100, noise=-40)
    np.testing.assert_allclose(twice[4000:-4000:2], noise[2000:-2000], atol=1e-9)
    assert np.abs(sound(seed=1, noise=-40) - sound(noise=-40)).max() > 0.01


def test_a_tone_without_components_is_refused():
    with pytest.raises(ValueError, match=r"f0 = 1.5e\+04 Hz has no component"):
        sound(f0=15000)
    with pytest.raises(ValueError, match="is not below 8000 Hz"):
        sound(rate=16000)
