"""The one reader and writer of audio.wav: N mono sounds of equal length, back to back.

Every stage reads sounds through this file, the models' own environments too. It imports only the standard
library, NumPy and soundfile.
"""

import csv
import itertools

import numpy as np
import soundfile

from shared.files import written_whole

RIFF_LIMIT = 2**32 - 2**16  # bytes that a WAV header can count; RF64 counts more
HEADER = 4096  # bytes, more than what stands before the samples
BLOCK = 2**22  # samples that a stage holds at once: bounds its memory whatever N is


class Sounds:
    """N sounds of equal length in one WAV file. Indexing reads them: a slice or int (n,) rows give (n, T).

    path: the file. N: how many sounds it holds. dtype: `float32` as the file has them, or `float64`.
    Attributes: T, samples of a sound; rate, Hz.
    """

    def __init__(self, path, N, dtype="float32"):
        self.path, self.N, self.dtype = path, N, dtype
        info = soundfile.info(path)
        self.T, self.rate = info.frames // N, info.samplerate

    def __getitem__(self, rows):
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(self.N)
            with soundfile.SoundFile(self.path) as file:
                file.seek(start * self.T)
                return file.read((stop - start) * self.T, dtype=self.dtype).reshape(-1, self.T)
        with soundfile.SoundFile(self.path) as file:
            sounds = np.empty((len(rows), self.T), self.dtype)
            for place, row in enumerate(rows):
                file.seek(int(row) * self.T)
                sounds[place] = file.read(self.T, dtype=self.dtype)
            return sounds

    def blocks(self, samples=BLOCK, most=None):
        """Yield all sounds in order as (n, T) arrays of some `samples` and of `most` sounds at most."""
        n = max(1, min(samples // self.T, most or self.N))
        for start in range(0, self.N, n):
            yield self[start : start + n]

    def some(self, n):
        """At most n sounds, spread evenly over the file: (n, T)."""
        return self[np.unique(np.linspace(0, self.N - 1, min(n, self.N)).round().astype(int))]


def count_sounds(parameters):
    """N of a data set: the rows of its parameters.csv."""
    with open(parameters, newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def write_audio(path, sounds, rate, N):
    """Write an iterable of float32 (n, T) blocks, N sounds in all, as one mono float WAV. rate: Hz."""
    sounds = iter(sounds)
    first = next(sounds)
    large = 4 * N * first.shape[1] > RIFF_LIMIT
    format = "RF64" if large else "WAV"
    with written_whole(path) as draft:
        with soundfile.SoundFile(draft, "w", rate, 1, subtype="FLOAT", format=format) as file:
            for block in itertools.chain([first], sounds):
                file.write(block.ravel())
        forget_time(draft)


def forget_time(path):
    """Set the time that a float WAV states in its chunk PEAK to 0, so that equal sounds make equal files."""
    with open(path, "r+b") as file:
        place = file.read(HEADER).find(b"PEAK")
        if place >= 0:
            file.seek(place + 12)  # behind the chunk's name, size and version
            file.write(bytes(4))
