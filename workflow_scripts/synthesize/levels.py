"""Levels of sounds: how they are measured, and how a data set makes those of its sounds equal."""

import numpy as np
from shared.loudness import band_levels, sone

LEVEL = -26  # dB re full scale, of each sound under `rms` and `active`
LOUDNESS = 8  # sone, of each sound under `loudness`: a 1 kHz tone of 70 dB SPL
RANGE, HALVINGS = 120.0, 18  # dB, of levels among which that of a loudness is searched; to 0.0005 dB
FRAME, ACTIVE = 0.01, 1e-3  # s; power re the loudest frame above which a sound is heard as on


def clip_rms(sounds, sample_rate):
    """RMS of each sound, float (n, T), over the clip. Returns float64 (n,)."""
    return np.sqrt(np.mean(np.square(sounds, dtype=float), axis=1))


def active_rms(sounds, sample_rate):
    """RMS of each sound, float (n, T), over the frames of 10 ms that are within 30 dB of its loudest.

    sample_rate: Hz. Returns float64 (n,).
    """
    n = round(FRAME * sample_rate)
    frames = sounds[:, : max(1, sounds.shape[1] // n) * n].reshape(len(sounds), -1, min(n, sounds.shape[1]))
    power = np.mean(np.square(frames, dtype=float), axis=2)
    on = power >= ACTIVE * power.max(axis=1, keepdims=True)
    return np.sqrt((power * on).sum(axis=1) / on.sum(axis=1))


def peak(sounds, sample_rate):
    """Largest magnitude of each sound, float (n, T). Returns (n,)."""
    return np.abs(sounds).max(axis=1)


MEASURES = {  # each of shared.names.NORMALIZATIONS: the measure that it makes equal, if it is one of a sound
    "rms": clip_rms,
    "active": active_rms,
    "peak": peak,
    "loudness": None,  # does not grow in proportion to the sound: see equally_loud
    "none": None,
    "time_index": None,  # of the whole data set: see synthesize.finished
}


def normalized(sounds, normalize, sample_rate, level=LEVEL):
    """Sounds, float64 (n, T), each brought to the same level by a factor of its own.

    normalize: a key of MEASURES. `rms`: to `level` (dB re full scale) over the clip. `active`: to `level`
    while it sounds, for sounds that a factor makes longer or shorter. `peak`: to a largest magnitude of 1.
    The others leave sounds as they are, and silence always stays as it is.
    """
    measure = MEASURES[normalize]
    if measure is None:
        return sounds
    wanted = 1 if normalize == "peak" else 10 ** (level / 20)
    scale = measure(sounds, sample_rate)[:, None] / wanted
    return sounds / np.where(scale > 0, scale, 1)


def equally_loud(sounds, sample_rate, loudness, full_scale):
    """Sounds, float64 (n, T), each brought to the same loudness by a factor of its own; silence stays.

    loudness: sone. full_scale: dB SPL of a sound whose RMS is 1. The level is found by halving its range,
    which ends where a sound's peak is 1. Where loudness jumps, as the standard has it below 280 Hz, the
    nearer side is taken. Raises ValueError if a sound would clip.
    """
    largest = peak(sounds, sample_rate)[:, None]
    sounds = sounds / np.where(largest > 0, largest, 1)
    levels = band_levels(sounds, sample_rate, full_scale)
    loudest = sone(levels)[largest[:, 0] > 0]
    if (loudest < loudness).any():
        raise ValueError(
            f"normalize loudness: a sound clips before it has {loudness:g} sone, the softest at "
            f"{loudest.min():.3g}; state a lower loudness or a higher full_scale than {full_scale:g} dB SPL"
        )
    low, high = np.full(len(sounds), -RANGE), np.zeros(len(sounds))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        loud = sone(levels + middle) >= loudness
        low, high = np.where(loud, low, middle), np.where(loud, middle, high)
    off = [np.abs(sone(levels + gain) - loudness) for gain in (low, high)]
    return sounds * 10 ** (np.where(off[0] < off[1], low, high)[:, None] / 20)
