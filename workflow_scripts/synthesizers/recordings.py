"""Sounds of your own: audio files with their factors in a table (design `table`, column `file`).

A file may have any sample rate, length and number of channels; the mean of its channels is taken. All files
are resampled to the data set's rate and brought to its duration: a longer one is cut after a short fall, a
shorter one is followed by silence.
"""

import hashlib
from pathlib import Path

import numpy as np
import soundfile
import soxr

FACTORS = {}  # whatever the table holds; the data set states unit and scale
AUDIO = {".wav", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".au", ".caf", ".mp3", ".w64", ".rf64"}
FALL = 0.01  # s


def read_mono(path):
    """The mean of a file's channels, float64 (T,), and its sample rate in Hz.

    Raises ValueError for a file that cannot be read, is empty, silent or not finite.
    """
    try:
        sound, rate = soundfile.read(path, always_2d=True)
    except (OSError, soundfile.LibsndfileError) as problem:
        reason = str(problem).rsplit(": ", 1)[-1] if Path(path).exists() else "it does not exist"
        raise ValueError(f"cannot be read: {reason}") from problem
    if len(sound) == 0:
        raise ValueError("is empty")
    if not np.isfinite(sound).all():
        raise ValueError("holds values that are not finite")
    mono = sound.mean(axis=1)
    if np.abs(mono).max() < 1e-3 * np.abs(sound).max() or not sound.any():
        raise ValueError("is silent" if not sound.any() else "is silent once its channels are averaged")
    return mono, rate


def check(table, duration, folder="."):
    """Raise ValueError that lists every fault of the files: unreadable, silent, listed twice, not listed.

    table: {file: str (N,), ...}; duration: s, of each sound; folder: where the files are. Two files that hold
    the same sound are a fault, too.
    """
    if "file" not in table:
        raise ValueError("recordings: the table has no column `file`")
    faults, seen = [], {}
    for name in table["file"]:
        path = Path(folder, name)
        try:
            sound, rate = read_mono(path)
        except ValueError as problem:
            faults.append(f"{name} {problem}")
            continue
        if not sound[: round(duration * rate)].any():
            faults.append(f"{name} is silent for its first {duration:g} s")
        digest = hashlib.sha256(sound.tobytes() + bytes(str(rate), "ascii")).digest()
        if digest in seen:
            twice = seen[digest] == name
            faults.append(
                f"{name} is listed twice" if twice else f"{name} holds the same sound as {seen[digest]}"
            )
        seen.setdefault(digest, name)
    if folder != ".":
        listed = {Path(folder, name).resolve() for name in table["file"]}
        files = (path for path in sorted(Path(folder).rglob("*")) if path.suffix.lower() in AUDIO)
        faults += [f"{path.relative_to(folder)} has no row" for path in files if path.resolve() not in listed]
    if faults:
        raise ValueError(f"recordings: {len(faults)} faults: {'; '.join(faults)}")


def fitted(sound, T, fall):
    """A sound, float (t,), in T samples: cut with a fall of `fall` samples, or followed by silence."""
    if len(sound) <= T:
        return np.pad(sound, (0, T - len(sound)))
    cut = sound[:T].copy()
    cut[T - fall :] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fall) + 0.5) / fall)
    return cut


def render(parameters, sample_rate, duration, folder="."):
    """Recordings, float64 (n, T), at their own level.

    parameters: {file: str (n,), ...}; sample_rate in Hz; duration in s; folder: where the files are.
    """
    T, fall = round(duration * sample_rate), round(FALL * sample_rate)
    sounds = []
    for name in parameters["file"]:
        sound, rate = read_mono(Path(folder, name))
        sounds.append(fitted(soxr.resample(sound, rate, sample_rate, quality="VHQ"), T, fall))
    return np.stack(sounds)
