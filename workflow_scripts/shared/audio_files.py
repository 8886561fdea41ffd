"""The beginning of an audio file that a user brings, and whether the file is what its header says."""

import contextlib
import math
import os
import re
from pathlib import Path

import numpy as np
import soundfile

RATES = (100, 1_000_000)  # Hz, that a recording may have: from earthquakes to bats
CHANNELS = 256
SLACK = 16  # bytes: no more than a sample of a few channels, or the padding of a chunk
HEADER = 1000  # bytes: an empty file is no larger
LARGEST = 1e10  # magnitude; samples may be whole numbers of 32 bits
MARGIN = 2048  # samples of the lower rate that soxr looks ahead (VHQ): more of them change no sample
# How libsndfile tells that a file is shorter than its header says, by format: WAV, AIFF, AU; W64, RF64.
CUT = re.compile(r"^\s*(?:data|SSND|Data Size|riff|Riff size)\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE)
UNKNOWN = ((0x7FFF0000, 0x80000000), (0xFFFF0000, math.inf))  # lengths that programs write into a pipe


def read_start(path, duration, sample_rate=None):
    """The mean of the channels of a file's beginning, float64 (t,), and the file's rate in Hz.

    duration: s. sample_rate: Hz, to which the beginning will be resampled, which takes some samples more. No
    more of the file than this is read. Raises ValueError for a file that cannot be read, that is shorter than
    its header says, or whose beginning is empty, silent or not finite.
    """
    if not os.path.isfile(path):  # a pipe would wait for its writer
        raise ValueError(f"cannot be read: {place_without_file(path)}")
    if not os.path.getsize(path):
        raise ValueError("is empty")
    try:
        with soundfile.SoundFile(os.fsencode(path)) as file:  # of any name, be it UTF-8 or not
            check_header(file, path)
            rate, frames = file.samplerate, file.frames
            kept = math.ceil(duration * rate)
            ahead = math.ceil(MARGIN * max(1, rate / sample_rate)) if sample_rate else 0
            sound = file.read(kept + ahead, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as problem:
        raise ValueError(f"cannot be read: {reason_of(problem, path)}") from problem
    if len(sound) == 0:
        size = os.path.getsize(path)
        unfinished = size > HEADER and not frames
        told = f"is empty by its header, which was not finished: the file has {size} bytes"
        raise ValueError(told if unfinished else "is empty")
    if len(sound) < min(frames, kept) and Path(path).suffix.lower() != ".mp3":  # whose length is an estimate
        raise ValueError(f"is cut off: its header promises {frames} samples, but only {len(sound)} are there")
    check_samples(sound, kept, "" if frames <= kept else f" for its first {duration:g} s")
    return sound.mean(axis=1, dtype=float), rate


def place_without_file(path):
    """What stands where a file should be, in words."""
    if os.path.exists(path):
        return "it is a folder" if os.path.isdir(path) else "it is no file but a pipe, a socket or a device"
    if os.path.islink(path):
        return f"it is a link to {os.readlink(path)}, which does not exist or leads back to it"
    return "it does not exist"


def reason_of(problem, path):
    """Why a file could not be opened or read, in words."""
    if not os.access(path, os.R_OK):
        return "you may not read it (its permissions)"
    with contextlib.suppress(OSError), open(path, "rb") as file:
        if file.read(23) == b"version https://git-lfs":
            return "it is a pointer of Git LFS to a file that was not fetched (git lfs pull)"
    return str(problem).rsplit(": ", 1)[-1].rstrip(".")


def check_header(file, path):
    """Raise ValueError unless the header of an open file, a SoundFile, is plausible and the file is whole."""
    if not RATES[0] <= file.samplerate <= RATES[1]:
        raise ValueError(f"has a header that is not plausible: a sample rate of {file.samplerate} Hz")
    if file.channels > CHANNELS:
        raise ValueError(f"has a header that is not plausible: {file.channels} channels")
    lengths = [tuple(map(int, pair)) for pair in CUT.findall(file.extra_info)]
    lengths += [lengths_of(path)] if file.format in ("MP3", "MPEG", "OGG") else []
    for promised, there in lengths:
        known = not any(low <= promised <= high for low, high in UNKNOWN)
        if there < promised - SLACK and known:
            raise ValueError(f"is cut off: its header promises {promised} bytes, but only {there} are there")


def lengths_of(path):
    """How long an MP3 or Ogg file should be and is, in bytes; equal if the file does not tell.

    An MP3 file may begin with a tag that counts its bytes, to about 1 %. Of an Ogg file, each page says how
    long it is.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        start = file.read(2**16)
        file.seek(max(0, size - 2**17))
        end = file.read()
    if start.startswith(b"OggS"):
        page = end[end.rfind(b"OggS") :]
        whole = 27 + page[26] + sum(page[27 : 27 + page[26]]) if len(page) > 27 else 28
        return size - len(page) + whole, size
    first = 10 + int("".join(f"{byte:07b}" for byte in start[6:10]), 2) if start.startswith(b"ID3") else 0
    tag = re.search(
        rb"(?:Xing|Info)\0\0\0([\x02\x03\x06\x07\x0a\x0b\x0e\x0f])", start[first : first + 256], re.DOTALL
    )
    if not tag:
        return size, size
    place = first + tag.end() + (4 if tag[1][0] & 1 else 0)
    return first + round(0.99 * int.from_bytes(start[place : place + 4], "big")), size


def check_samples(sound, kept, where):
    """Raise ValueError if samples, float (t, channels), are no sound.

    kept: how many of them, from the first, must not be silent. where: words for this part of the file.
    """
    peak = float(np.abs(sound).max())
    if not np.isfinite(peak):
        raise ValueError("holds values that are not finite")
    if peak > LARGEST:
        raise ValueError(f"holds values as large as {peak:.0e}, which are no sound")
    peak = float(np.abs(sound[:kept]).max(initial=0))
    if peak == 0:
        raise ValueError(f"is silent{where}")
    if np.abs(sound[:kept].mean(axis=1, dtype=float)).max() < 1e-3 * peak:
        raise ValueError(f"is silent{where} once its channels are averaged")
