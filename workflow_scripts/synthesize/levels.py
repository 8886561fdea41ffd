"""Levels of sounds: how they are measured, and how a data set makes those of its sounds equal."""

import numpy as np

LEVEL = -26  # dB re full scale, of each sound under `rms` and `active`
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
