"""Sounds of your own: audio files with their factors in a table (design `table`, column `file`).

A file may have any sample rate, length and number of channels; the mean of its channels is taken. All files
are resampled to the data set's rate and brought to its duration: of a longer one only the beginning is read
and cut after a short fall, a shorter one is followed by silence.
"""

import hashlib

import numpy as np
import soxr
from shared.audio_files import read_start
from shared.listed_files import found, listed_files
from shared.sentences import first_few

FACTORS = {}  # whatever the table holds; the data set states unit and scale
FALL = 0.01  # s
FAINT = 1e-3  # share of the amplitude (RMS) that resampling must leave of a sound


def refuse(faults):
    """Raise ValueError that names the first of some faults and counts them, if there are any."""
    if faults:
        raise ValueError(f"recordings: {len(faults)} fault{'s' * (len(faults) > 1)}: {first_few(faults)}")


def check(table, duration, folder="."):
    """Raise ValueError that lists the faults of the files: unreadable, silent, listed twice, not listed.

    table: {file: str (N,), ...}; duration: s, of each sound; folder: where the files are. Two files that
    begin with the same sound are a fault, too.
    """
    if "file" not in table:
        raise ValueError("recordings: the table has no column `file`")
    paths, faults = listed_files(table["file"], folder)
    seen = {}
    for name, path in paths.items():
        try:
            sound, rate = read_start(path, duration)
        except ValueError as problem:
            faults.append(f"{name} {problem}")
            continue
        digest = hashlib.sha256(sound.tobytes() + bytes(str(rate), "ascii")).digest()
        if digest in seen:
            faults.append(f"{name} holds the same sound as {seen[digest]}")
        seen.setdefault(digest, name)
    refuse(faults)


def fitted(sound, T, fall):
    """A sound, float (t,), in T samples: cut with a fall of `fall` samples, or followed by silence."""
    if len(sound) <= T:
        return np.pad(sound, (0, T - len(sound)))
    cut = sound[:T].copy()
    cut[T - fall :] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fall) + 0.5) / fall)
    return cut


def resampled(path, sample_rate, duration):
    """The beginning of a file at another rate, float64 (t,), somewhat longer than the duration if it can be.

    Raises ValueError as read_start does, and for a sound of which the other rate holds nothing.
    """
    if path is None:
        raise ValueError("cannot be read: it does not exist")
    sound, rate = read_start(path, duration, sample_rate)
    result = soxr.resample(sound, rate, sample_rate, quality="VHQ")
    before, after = sound[: round(duration * rate)], result[: round(duration * sample_rate)]
    if np.sqrt(np.mean(after**2)) < FAINT * np.sqrt(np.mean(before**2)):
        raise ValueError(f"is silent at {sample_rate} Hz: its frequencies are above {sample_rate / 2:g} Hz")
    return result


def render(parameters, sample_rate, duration, folder="."):
    """Recordings, float64 (n, T), at their own level.

    parameters: {file: str (n,), ...}; sample_rate in Hz; duration in s; folder: where the files are. Raises
    ValueError that lists the files that cannot be used.
    """
    T, fall = round(duration * sample_rate), round(FALL * sample_rate)
    sounds, faults = [], []
    for name in parameters["file"]:
        try:
            sounds.append(fitted(resampled(found(name, folder), sample_rate, duration), T, fall))
        except ValueError as problem:
            faults.append(f"{name} {problem}")
    refuse(faults)
    return np.stack(sounds)
