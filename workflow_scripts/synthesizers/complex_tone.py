"""Complex tones of listening experiments on pitch: filtered, shifted, mistuned or transposed, in noise.

    y(t) = sum over n of a_n cos(2 pi f_n t + phi_n),   f_n = n f0 + shift f0 / 100

Harmonics lowest to highest have the same level, `level`, before a band-pass filter; one may be mistuned. The
sound with a `carrier` is a transposed tone instead: a sinusoid of f0, half-wave rectified and low-passed at a
fifth of the carrier, times the carrier. All of them are sums of sinusoids, so that nothing is aliased.

`step` moves f0 and leaves the overall level as it is: fewer harmonics within the filter would else be softer.

Levels are in dB re full scale, of which a sinusoid of amplitude 1 has -3. A model has no absolute level, so a
data set must say what level is meant: experiments/listeners.yaml puts 100 dB SPL at full scale. The noise has
the same power in each ERB (Glasberg & Moore 1990), so that a tone L dB above its level is about L dB above
its masked threshold at any frequency. As in the experiments, it masks distortion products.
"""

import numpy as np
from shared.oscillators import ramped, sum_sinusoids
from shared.scales import ERB_SLOPE

FACTORS = {
    "f0": {"unit": "Hz", "scale": "log", "low": 50, "high": 1000, "default": 200},
    "step": {"unit": "percent of f0", "scale": "linear", "low": -25, "high": 25, "default": 0},
    "level": {"unit": "dB", "scale": "linear", "low": -95, "high": -20, "default": -40},
    "lowest": {"unit": "harmonic", "scale": "linear", "low": 1, "high": 10, "default": 1},
    "highest": {"unit": "harmonic", "scale": "linear", "low": 11, "high": 40, "default": 1000},
    "centre": {"unit": "Hz", "scale": "linear", "low": 500, "high": 4000, "default": 2000},
    "width": {"unit": "Hz", "scale": "linear", "low": 500, "high": 2000, "default": 0},
    "skirt": {"unit": "Hz", "scale": "linear", "low": 100, "high": 600, "default": 0},
    "phase": {"unit": "index of PHASES", "scale": "linear", "low": 0, "high": 3, "default": 0},
    "shift": {"unit": "percent of f0", "scale": "linear", "low": 0, "high": 24, "default": 0},
    "mistuned": {"unit": "harmonic", "scale": "linear", "low": 1, "high": 6, "default": 1},
    "mistuning": {"unit": "percent", "scale": "linear", "low": 0, "high": 8, "default": 0},
    "carrier": {"unit": "Hz", "scale": "linear", "low": 2000, "high": 6000, "default": 0},
    "noise": {"unit": "dB per ERB", "scale": "linear", "low": -100, "high": -60, "default": -200},
}
NUISANCES = {"draw": {"unit": "seed", "integers": 2**31 - 1, "default": 0}}
PHASES = ("sine", "random", "alternating", "cosine")  # alternating: odd harmonics sine, even ones cosine
ERB_AT_0 = 24.7  # Hz
LOWEST = 40  # Hz, of the noise: what lies below would be a DC that differs from sound to sound
FAINT = 1e-4  # amplitude re the passband: fainter components are left out


def gain(frequencies, tone, order, max_frequency):
    """Gain of the band-pass filter, 1 at its best and 0 above max_frequency (Hz): float (n,).

    Its passband is `width` Hz around `centre`. Beyond, the gain falls linearly to 0 within `skirt` Hz, or
    without a skirt as a Butterworth filter of the order at either side. No width: no filter.
    tone: {factor: value}.
    """
    heard = (frequencies > 0) & (frequencies <= max_frequency)
    if not tone["width"]:
        return heard.astype(float)
    low, high = tone["centre"] - tone["width"] / 2, tone["centre"] + tone["width"] / 2
    if tone["skirt"]:
        outside = np.maximum(low - frequencies, frequencies - high)
        return heard * np.clip(1 - outside / tone["skirt"], 0, 1)

    def butterworth(f):
        return ((1 + (low / f) ** (2 * order)) * (1 + (f / high) ** (2 * order))) ** -0.5

    best = butterworth(np.geomspace(low, high, 100)).max()
    return heard * butterworth(np.where(heard, frequencies, high)) / best


def harmonics(tone, f0, max_frequency):
    """Frequencies of the components of a complex (Hz) and their numbers, each float (n,)."""
    n = np.arange(tone["lowest"], min(tone["highest"], max_frequency // f0 + 1) + 1)
    frequencies = n * f0 * np.where(n == tone["mistuned"], 1 + tone["mistuning"] / 100, 1)
    return frequencies + tone["shift"] / 100 * f0, n


def phases_of(tone, n, rng):
    """Phases of the harmonics n of a complex in radians, float (n,)."""
    name = PHASES[int(tone["phase"])]
    if name == "random":
        return rng.uniform(0, 2 * np.pi, len(n))
    return np.where((name == "cosine") | ((name == "alternating") & (n % 2 == 0)), 0, -np.pi / 2)


def transposed(tone, f0, rng):
    """The same of a transposed tone: the carrier, and two sidebands for each harmonic of its envelope."""
    k = np.array([1, *range(2, 41, 2)])  # what a half-wave rectified sinusoid has, besides its mean
    envelope = np.append(0.5, 2 / np.pi / (k[1:] ** 2 - 1)) / (1 + (k * f0 / (0.2 * tone["carrier"])) ** 4)
    start, carrier = rng.uniform(0, 2 * np.pi, 2)
    phases = np.append(-np.pi / 2, np.full(len(k) - 1, np.pi)) + k * start
    frequencies = tone["carrier"] + f0 * np.concatenate([[0], k, -k])
    amplitudes = np.concatenate([[1 / np.pi], envelope / 2, envelope / 2])
    return frequencies, amplitudes, carrier + np.concatenate([[0], phases, -phases])


def components(tone, max_frequency, order, rng):
    """Frequencies (Hz), amplitudes re full scale and phases of a tone. Raises ValueError if it has none."""
    f0 = tone["f0"] * (1 + tone["step"] / 100)
    level = 10 ** (tone["level"] / 20) * np.sqrt(2)
    if tone["carrier"]:
        frequencies, amplitudes, phases = transposed(tone, f0, rng)
        amplitudes = amplitudes / np.linalg.norm(amplitudes)
    else:
        frequencies, n = harmonics(tone, f0, max_frequency)
        amplitudes, phases = gain(frequencies, tone, order, max_frequency), phases_of(tone, n, rng)
        if tone["step"] and amplitudes.any():
            unmoved = gain(harmonics(tone, tone["f0"], max_frequency)[0], tone, order, max_frequency)
            amplitudes *= np.linalg.norm(unmoved) / np.linalg.norm(amplitudes)
    kept = (amplitudes > FAINT) & (frequencies > 0) & (frequencies <= max_frequency)
    if not kept.any():
        raise ValueError(
            f"complex_tone: a tone with f0 = {tone['f0']:.4g} Hz has no component within its filter "
            f"and below {max_frequency:g} Hz"
        )
    return frequencies[kept], level * amplitudes[kept], phases[kept]


def equal_noise(level, T, sample_rate, max_frequency, rng):
    """Gaussian noise with the same power in each ERB, `level` dB re full scale, float (T,).

    It goes from LOWEST to max_frequency (Hz), and is the same at any sample rate.
    """
    step = sample_rate / T
    frequencies = step * np.arange(1, int(max_frequency / step) + 1)
    power = 10 ** (level / 10) * step / (ERB_AT_0 * (1 + ERB_SLOPE * frequencies))
    power[frequencies < LOWEST] = 0
    drawn = rng.standard_normal((2, len(frequencies)))
    spectrum = np.zeros(T // 2 + 1, complex)
    spectrum[1 : len(frequencies) + 1] = np.sqrt(power) * (drawn[0] - 1j * drawn[1]) * T / 2
    return np.fft.irfft(spectrum, T)


def render(parameters, sample_rate, duration, max_frequency=7000, order=4, ramp=0.02):
    """Tones in noise, float64 (n, T), not normalised.

    parameters: {factor and draw: (n,)}; sample_rate in Hz; duration and ramp in s; max_frequency: Hz, nothing
    lies above; order: of the filter's flanks without a skirt, each 6 dB per octave. Raises ValueError for a
    tone without components, and a band limit above half the sample rate.
    """
    if max_frequency >= sample_rate / 2:
        raise ValueError(
            f"complex_tone: max_frequency {max_frequency:g} Hz is not below {sample_rate / 2:g} Hz"
        )
    T = round(duration * sample_rate)
    highest = max_frequency - 2 / ramp  # the ramp spreads each component by some 1 / ramp
    sounds = np.empty((len(parameters["f0"]), T))
    for i, seed in enumerate(parameters["draw"]):
        rng = np.random.default_rng(int(seed))
        tone = {name: float(parameters[name][i]) for name in FACTORS}
        noise = equal_noise(tone["noise"], T, sample_rate, highest, rng)
        partials = (part[None] for part in components(tone, highest, order, rng))
        sounds[i] = noise + sum_sinusoids(*partials, 0, T, sample_rate)[0]
    return ramped(sounds, sample_rate, ramp)
