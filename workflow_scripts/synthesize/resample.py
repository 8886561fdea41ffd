"""Resample the sounds of a data set to another rate, one sound at a time.

Each sound is resampled by itself (soxr, very high quality: band-limited, no ringing across the
border of two sounds), so that sound i of the output is sound i of the input.
"""

import argparse
import csv

import numpy as np
import soundfile
import soxr

from synthesize.synthesize import BLOCK, write_audio


def resample(sounds, rate_in, rate_out):
    """Resample each row. sounds: float32 (n, T), rates in Hz.

    Returns float32 (n, round(T * rate_out / rate_in)).
    """
    length = round(sounds.shape[1] * rate_out / rate_in)
    result = soxr.resample(sounds.T, rate_in, rate_out, quality="VHQ").T
    result = np.pad(result, ((0, 0), (0, max(0, length - result.shape[1]))))
    return np.ascontiguousarray(result[:, :length], dtype=np.float32)


def resampled_blocks(path, N, rate_out):
    """Yield the sounds of a WAV file resampled to rate_out (Hz), as float32 (n, T) blocks."""
    with soundfile.SoundFile(path) as file:
        T = file.frames // N
        n = max(1, min(32, BLOCK // T))  # soxr takes rows as channels: a few dozen at a time
        for i in range(0, N, n):
            frames = file.read(min(n, N - i) * T, dtype="float32")
            yield resample(frames.reshape(-1, T), file.samplerate, rate_out)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", required=True, help="WAV to read")
    parser.add_argument("--parameters", required=True, help="CSV with one row per sound in it")
    parser.add_argument("--rate", type=int, required=True, help="rate to write, Hz")
    parser.add_argument("--output", required=True, help="WAV to write")
    args = parser.parse_args(argv)
    with open(args.parameters, newline="") as file:
        N = sum(1 for _ in csv.DictReader(file))
    write_audio(args.output, resampled_blocks(args.audio, N, args.rate), args.rate, N)
