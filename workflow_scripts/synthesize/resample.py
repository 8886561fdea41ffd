"""Resample the sounds of a data set to another rate, one sound at a time.

Each sound is resampled by itself (soxr, very high quality: band-limited), so that nothing rings across the
border of two sounds, and sound i of the output is sound i of the input.
"""

import argparse

import numpy as np
import soxr
from shared.sounds import Sounds, count_sounds, write_audio

SOUNDS = 32  # resampled at once: soxr takes them as channels


def resample(sounds, rate_in, rate_out):
    """Resample each row. sounds: float32 (n, T), rates in Hz.

    Returns float32 (n, round(T * rate_out / rate_in)).
    """
    length = round(sounds.shape[1] * rate_out / rate_in)
    result = soxr.resample(sounds.T, rate_in, rate_out, quality="VHQ").T
    result = np.pad(result, ((0, 0), (0, max(0, length - result.shape[1]))))
    return np.ascontiguousarray(result[:, :length], dtype=np.float32)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", required=True, help="WAV to read")
    parser.add_argument("--parameters", required=True, help="CSV with one row per sound in it")
    parser.add_argument("--rate", type=int, required=True, help="rate to write, Hz")
    parser.add_argument("--output", required=True, help="WAV to write")
    args = parser.parse_args(argv)
    sounds = Sounds(args.audio, count_sounds(args.parameters))
    resampled = (resample(block, sounds.rate, args.rate) for block in sounds.blocks(most=SOUNDS))
    write_audio(args.output, resampled, args.rate, sounds.N)
