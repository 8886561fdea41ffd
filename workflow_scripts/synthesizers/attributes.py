"""Tones with the attributes that listeners name: loudness, roughness, attack, inharmonicity, vibrato.

    y(t) = e(t) (1 + m cos(2 pi 70 t + a)) sum over p of g_p cos(2 pi f_p w(t) + phi_p)
    f_p = p f1 sqrt(1 + inharmonicity p^2)
    w'(t) = 2^(vibrato_depth / 1200 sin(2 pi vibrato_rate t + b))

- brightness is the spectral centroid, as in additive.py: g_p falls with a power of p that is solved for.
- loudness (sone) is that of the steady tone, by ISO 532-1. The tone is brought to it.
- roughness (asper) is that of the steady tone, by Daniel & Weber (1997). The depth m that should give it is
  looked for; what the tone then has is measured and is the factor. At 0 the tone is not modulated.
- attack (s) goes from a tenth to nine tenths of the amplitude of a raised cosine.
- inharmonicity is that of a stiff string. vibrato_depth is the largest deviation.

A steady tone is measured over 0.2 s, so that neither the attack nor the sample rate of the sounds counts.
"""

from typing import NamedTuple

import numpy as np
from mosqito import noct_synthesis, roughness_dw
from scipy.integrate import cumulative_trapezoid
from scipy.optimize import elementwise
from shared.loudness import FULL_SCALE, sone

from synthesizers.additive import starting_phases

ENVIRONMENT = {"env": "hearing"}
FACTORS = {
    "f1": {
        "unit": "Hz",
        "scale": "erb",
        "low": 200,
        "high": 400,
        "default": 300,
        "jnd": {
            "percent": 1,
            "duration": [[0.02, 4.1], [0.05, 2.2], [0.1, 1.6], [0.2, 1.3], [0.5, 1]],
            "source": "Mehta & Oxenham 2020; below 0.5 s as pure tones, Micheyl et al. 2012",
        },
    },
    "brightness": {
        "unit": "Hz",
        "scale": "log",
        "low": 1000,
        "high": 2800,
        "default": 1600,
        "jnd": {"percent": 5, "source": "assumed: the commonly quoted 5 % of the centroid"},
    },
    "loudness": {
        "unit": "sone",
        "scale": "log",
        "low": 4,
        "high": 32,
        "default": 12,
        "sets_level": True,
        "jnd": {
            "percent": [[1, 6.7], [2, 5.7], [4, 4.9], [8, 4.2], [16, 3.6], [32, 3], [64, 2.6]],
            "source": "Jesteadt et al. 1977, pure tones; a dB as a phon",
        },
    },
    "roughness": {
        "unit": "asper",
        "scale": "log",
        "low": 0.1,
        "high": 1.6,
        "default": 0,
        "jnd": {"percent": 17, "source": "Fastl & Zwicker 2007, as quoted by the University of Salford"},
    },
    "attack": {
        "unit": "s",
        "scale": "log",
        "low": 0.005,
        "high": 0.2,
        "default": 0.02,
        "jnd": {"percent": 25, "source": "assumed"},
    },
    "inharmonicity": {
        "unit": "",
        "scale": "log",
        "low": 0.0001,
        "high": 0.01,
        "default": 0,
        "jnd": {"percent": 30, "source": "assumed"},
    },
    "vibrato_depth": {
        "unit": "cent",
        "scale": "log",
        "low": 10,
        "high": 100,
        "default": 0,
        "jnd": {"percent": 20, "source": "assumed"},
    },
    "vibrato_rate": {
        "unit": "Hz",
        "scale": "log",
        "low": 4,
        "high": 9,
        "default": 6,
        "jnd": {"percent": 10, "source": "assumed"},
    },
}
NUISANCES = {"phases": {"unit": "seed", "integers": 2**31 - 1, "default": 0}}
POSITIVE = ("f1", "brightness", "loudness", "attack", "vibrato_rate")  # factors; others may be 0
MODULATION = 70  # Hz, where modulated tones are roughest
# Partials fade out over these shares of max_frequency. What is left holds a vibrato of 100 cents, the
# sidebands of roughness, and those of an attack of 5 ms.
FADE = (0.8, 0.9)
SLOPES = (-3.0, 12.0)  # where the slope of the spectrum is looked for
STEADY = 0.2  # s of a tone that are measured
RATE = 48000  # Hz, at which they are measured
RISE = 1 - 2 * np.arccos(0.8) / np.pi  # share of a raised cosine between 0.1 and 0.9
FALL = 0.02  # s, raised cosine at the end
HEARD = 2e-5  # Pa, 0 dB SPL
MODERATE = 0.02  # Pa, RMS of a tone before its loudness is known
DOUBLING, STEPS = 10, 6  # dB that double a loudness, about; steps towards one
ROUGHEST, ROUNDS = 2.5, 2  # asper of a tone that is modulated wholly, about; steps towards a roughness


class Tones(NamedTuple):
    """Steady tones without roughness.

    Of each partial, float (n, P): frequencies in Hz, levels (amplitudes), phases in radians. Of each tone,
    float (n,): vibrato, its (cents, Hz, radians); beats, the phase of the modulation of the amplitude.
    """

    frequencies: np.ndarray
    levels: np.ndarray
    phases: np.ndarray
    vibrato: tuple
    beats: np.ndarray


def faded(frequencies, max_frequency):
    """Gain of partials that fade out below max_frequency, 1 to 0, in the shape of frequencies (both Hz)."""
    first, last = (share * max_frequency for share in FADE)
    return 0.5 + 0.5 * np.cos(np.pi * np.clip((frequencies - first) / (last - first), 0, 1))


def levels_of(frequencies, brightness, max_frequency):
    """Amplitudes of partials, float (n, P), whose centroid is the brightness (n,). All else in Hz.

    Raises ValueError for a brightness that no slope of SLOPES gives.
    """
    gain, p = faded(frequencies, max_frequency), np.arange(1, frequencies.shape[1] + 1)

    def excess(slope, row):
        levels = gain[row] * p ** -slope[:, None]
        return (levels * frequencies[row]).sum(axis=1) / levels.sum(axis=1) - brightness[row]

    rows = np.arange(len(brightness))
    ends = [excess(np.full(len(rows), slope), rows) for slope in SLOPES]
    out = ~((ends[1] < 0) & (ends[0] > 0))
    if out.any():
        i = out.argmax()
        bottom, top = (brightness[i] + end[i] for end in ends[::-1])
        raise ValueError(
            f"attributes: a tone whose first partial lies at {frequencies[i, 0]:.4g} Hz has a brightness "
            f"between {bottom:.4g} and {top:.4g} Hz, not {brightness[i]:.4g}; narrow the ranges"
        )
    slopes = elementwise.find_root(excess, tuple(np.full(len(rows), s) for s in SLOPES), args=(rows,)).x
    return gain * p ** -slopes[:, None]


def tones(parameters, max_frequency):
    """The Tones of some settings, {factor or nuisance: float (n,)}. Raises ValueError as levels_of() does."""
    f1, stiffness = parameters["f1"], parameters["inharmonicity"]
    p = np.arange(1, max(1, int(FADE[1] * max_frequency / f1.min())) + 1)
    frequencies = p * f1[:, None] * np.sqrt(1 + stiffness[:, None] * p**2)
    levels = levels_of(frequencies, parameters["brightness"], max_frequency)
    phases = starting_phases(parameters["phases"], 2 + len(p))  # those of the modulations first
    vibrato = (parameters["vibrato_depth"], parameters["vibrato_rate"], phases[:, 0])
    return Tones(frequencies, levels, phases[:, 2:], vibrato, phases[:, 1])


def steady(tones, depths, T, sample_rate):
    """Tones whose amplitude is modulated to some depths (n,), 0 to 1: T samples, float64 (n, T)."""
    time = np.arange(T) / sample_rate
    cents, rate, start = (values[:, None] for values in tones.vibrato)
    speed = 2 ** (cents / 1200 * np.sin(2 * np.pi * rate * time + start))
    warped = 2 * np.pi * cumulative_trapezoid(speed, dx=1 / sample_rate, axis=1, initial=0)
    sounds = np.zeros(warped.shape)
    for frequency, level, phase in zip(*(x.T[..., None] for x in tones[:3]), strict=True):
        sounds += level * np.cos(frequency * warped + phase)
    return sounds * (1 + depths[:, None] * np.cos(2 * np.pi * MODULATION * time + tones.beats[:, None]))


def band_levels(sounds):
    """Levels of steady sounds, float (n, T) in Pa at RATE, in third-octave bands, float (28, n) in dB SPL.

    They are those of a spectrum under a window: filters, as shared.loudness has them, would have to settle.
    """
    T = sounds.shape[1]
    window = np.blackman(T)
    spectra = np.abs(np.fft.rfft(sounds * window)) * np.sqrt(2 / T / np.sum(window**2))
    bands, _ = noct_synthesis(spectra.T, np.fft.rfftfreq(T, 1 / RATE), 24, 12600)
    return 20 * np.log10(np.maximum(bands.reshape(-1, len(sounds)), 1e-12) / HEARD)


def roughness_of(sounds):
    """Roughness of steady sounds, float (n,), in asper. sounds: Pa at RATE."""
    return np.array([roughness_dw(sound, RATE, overlap=0)[0][0] for sound in sounds])


def at_loudness(sounds, loudness):
    """Factors, float (n,), that bring steady sounds, float (n, T) at RATE, to a loudness (n,) in sone."""
    factors = MODERATE / np.sqrt(np.mean(sounds**2, axis=1))
    levels, gain = band_levels(factors[:, None] * sounds), np.zeros(len(sounds))
    for _ in range(STEPS):
        gain += DOUBLING * np.log2(loudness / sone(levels + gain))
    return factors * 10 ** (gain / 20)


class Settled(NamedTuple):
    """What gives tones a loudness and a roughness, each float (n,).

    depths: of modulation; factors: of their samples; roughness: what they then have, in asper, and 0 of tones
    that are not modulated.
    """

    depths: np.ndarray
    factors: np.ndarray
    roughness: np.ndarray


def settled(tones, loudness, roughness):
    """The Settled of tones. loudness (n,) in sone, roughness (n,) in asper: as asked.

    Roughness grows as the square of the depth, about. A depth of 1 is all there is.
    """
    depths, rough = np.sqrt(np.clip(roughness / ROUGHEST, 0, 1)), roughness > 0
    measured = np.zeros(len(depths))
    for step in range(ROUNDS + 1):
        if step:
            wanted = depths[rough] * np.sqrt(roughness[rough] / measured[rough])
            depths[rough] = np.minimum(wanted, 1)
        sounds = steady(tones, depths, round(STEADY * RATE), RATE)
        factors = at_loudness(sounds, loudness)
        measured[rough] = roughness_of(factors[rough, None] * sounds[rough])
    return Settled(depths, factors, measured)


def shaped(sounds, attack, sample_rate):
    """Sounds, float (n, T), with a rise that has an attack (n,), in s, and a short fall."""
    time = (np.arange(sounds.shape[1]) + 0.5) / sample_rate
    rise = np.clip(time / (attack[:, None] / RISE), 0, 1)
    fall = np.clip((sounds.shape[1] / sample_rate - time) / FALL, 0, 1)
    return sounds * (0.5 - 0.5 * np.cos(np.pi * rise)) * (0.5 - 0.5 * np.cos(np.pi * fall))


def render(parameters, sample_rate, duration, max_frequency=7000, full_scale=FULL_SCALE):
    """Tones, float64 (n, T), of the loudness that is asked, and the measured {roughness: float (n,)}.

    parameters: {factor or nuisance: float (n,)}; max_frequency in Hz; duration in s; full_scale: dB SPL of a
    sound whose RMS is 1. Raises ValueError for values out of any range, a brightness that does not exist (see
    levels_of), a sound that is too short for its attack, a peak above full scale.
    """
    for name in FACTORS:
        if (parameters[name] < 0).any() or (name in POSITIVE and not parameters[name].all()):
            least = "above 0" if name in POSITIVE else "at least 0"
            raise ValueError(f"attributes: {name} must be {least}, not {parameters[name].min():g}")
    if max_frequency > sample_rate / 2:
        raise ValueError(f"attributes: max_frequency {max_frequency:g} Hz is above half of {sample_rate} Hz")
    longest = parameters["attack"].max() / RISE + FALL
    if longest > duration:
        raise ValueError(
            f"attributes: the longest attack takes {longest:.3g} s of a sound of {duration:.3g} s"
        )
    some = tones(parameters, max_frequency)
    found = settled(some, parameters["loudness"], parameters["roughness"])
    sounds = steady(some, found.depths, round(duration * sample_rate), sample_rate)
    factors = found.factors / (HEARD * 10 ** (full_scale / 20))
    sounds = shaped(factors[:, None] * sounds, parameters["attack"], sample_rate)
    peaks = np.abs(sounds).max(axis=1)
    if peaks.max() > 1:
        i = peaks.argmax()
        raise ValueError(
            f"attributes: a tone of {parameters['loudness'][i]:.3g} sone has a peak of {peaks[i]:.3g} of "
            "full scale; lower loudness, or raise the option full_scale"
        )
    return sounds, {"roughness": found.roughness}
