"""Nuisances that any data set can have: what a model hears change, but should not encode.

A data set names those that it varies, and each sound draws its own value. A synthesizer may have further
nuisances of its own. To add one here, write its function, its entry in NUISANCES and its place in
BEFORE_LEVEL or AFTER_LEVEL.

Conventions: a nuisance is a function of sounds, float (n, T); of one value per sound, float (n,), in the unit
that NUISANCES states; and of a Clip. It returns the changed sounds.
"""

from typing import NamedTuple

import numpy as np
from shared.oscillators import ramped

NUISANCES = {
    "phase": {"unit": "degree", "low": -180, "high": 180},
    "duration": {"unit": "s", "low": 0.5, "high": 0.9},
    "reverberation": {"unit": "s", "low": 0.05, "high": 0.3},
    "onset": {"unit": "s", "low": 0, "high": 0.1},
    "noise": {"unit": "dB", "low": 20, "high": 40},
    "gain": {"unit": "dB", "low": -3, "high": 3},
}
FALL = 0.01  # s, of a sound that is cut
DIRECT_TO_REVERBERANT = 10  # dB, a small room at close distance
STREAMS = {"reverberation": [0], "noise": [1]}  # of random numbers; any other name is a stream by itself


class Clip(NamedTuple):
    """What nuisances know of some sounds of a data set.

    sample_rate: Hz. T: samples of the clip. limit: Hz, the highest frequency that the data set holds.
    seed: of the data set. rows: int (n,), the places of the sounds in the data set. seeds: {nuisance: seed}
    of those that have another seed than the data set, or None.
    """

    sample_rate: int
    T: int
    limit: float
    seed: int
    rows: np.ndarray
    seeds: dict | None = None

    def generators(self, name):
        """A random generator per sound, which depends on the seed, the sound's place and the name only."""
        stream = STREAMS.get(name, [*name.encode()])
        seed = (self.seeds or {}).get(name, self.seed)
        return [np.random.default_rng([seed, row, *stream]) for row in self.rows]


def rotate_phase(sounds, degrees, clip):
    """Turn the phase of every component by the same angle.

    The transform reaches to both sides of a sudden onset. What falls outside of the sound is lost, and the
    sound begins and ends with a ramp of 5 ms.
    """
    from scipy.signal import hilbert  # brings scipy.stats along, which takes half a second

    T = sounds.shape[1]
    angle = np.deg2rad(degrees)[:, None]
    analytic = hilbert(np.pad(sounds, ((0, 0), (T, T))), axis=1)[:, T : 2 * T]
    return ramped(np.cos(angle) * analytic.real - np.sin(angle) * analytic.imag, clip.sample_rate, 0.005)


def cut(sounds, seconds, clip):
    """Silence each sound from its own time on, after a raised-cosine fall of 10 ms."""
    time = np.arange(sounds.shape[1]) / clip.sample_rate
    left = np.clip((np.asarray(seconds)[:, None] - time) / FALL, 0, 1)
    return sounds * (0.5 - 0.5 * np.cos(np.pi * left))


def reverberate(sounds, seconds, clip):
    """Add an exponentially decaying diffuse tail 10 dB below the direct sound, from another room each time.

    seconds: the time in which each tail falls by 60 dB. The tail is cut where the sound ends, after a fall
    of 10 ms.
    """
    from scipy.signal import fftconvolve  # as above

    T = sounds.shape[1]
    wet = np.empty_like(sounds)
    rooms = clip.generators("reverberation")
    for i, (sound, decay, rng) in enumerate(zip(sounds, seconds, rooms, strict=True)):
        n = min(T, max(2, round(decay * clip.sample_rate)))
        tail = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / clip.sample_rate / decay)
        tail *= 10 ** (-DIRECT_TO_REVERBERANT / 20) / np.linalg.norm(tail)
        tail[0] += 1
        wet[i] = fftconvolve(sound, tail)[:T]
    return cut(wet, np.full(len(wet), T / clip.sample_rate), clip)


def delay(sounds, seconds, clip):
    """Each sound after its own silence, in a clip of T samples."""
    delayed = np.zeros((len(sounds), clip.T))
    for i, start in enumerate(np.round(np.asarray(seconds) * clip.sample_rate).astype(int)):
        n = min(sounds.shape[1], clip.T - start)
        delayed[i, start : start + n] = sounds[i, :n]
    return delayed


def add_noise(sounds, ratios, clip):
    """Add Gaussian noise, white up to the clip's limit. ratios: of signal to noise over the clip, dB."""
    T = sounds.shape[1]
    noise = np.stack([rng.standard_normal(T) for rng in clip.generators("noise")])
    spectrum = np.fft.rfft(noise, axis=1)
    spectrum[:, np.fft.rfftfreq(T, 1 / clip.sample_rate) > clip.limit] = 0
    noise = ramped(np.fft.irfft(spectrum, T, axis=1), clip.sample_rate, FALL)
    noise /= np.sqrt(np.mean(noise**2, axis=1, keepdims=True))
    level = np.sqrt(np.mean(sounds**2, axis=1)) * 10 ** (-np.asarray(ratios) / 20)
    return sounds + level[:, None] * noise


def amplify(sounds, decibels, clip):
    """Raise the level of each sound by its own number of dB."""
    return sounds * 10 ** (np.asarray(decibels)[:, None] / 20)


# in the order in which they act; the level of a sound is set between the two
BEFORE_LEVEL = {"phase": rotate_phase, "duration": cut, "reverberation": reverberate, "onset": delay}
AFTER_LEVEL = {"noise": add_noise, "gain": amplify}


def apply(functions, sounds, table, clip):
    """Sounds, float (n, T), after those nuisances that a data set varies.

    functions: BEFORE_LEVEL or AFTER_LEVEL; table: {column: (N,)}; a nuisance is varied if the table has the
    column nuisance_<name>.
    """
    for name, function in functions.items():
        if f"nuisance_{name}" in table:
            sounds = function(sounds, table[f"nuisance_{name}"][clip.rows], clip)
    return sounds
