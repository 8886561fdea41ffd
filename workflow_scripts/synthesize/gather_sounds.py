"""Put the shards of a data set together: parameters.csv and audio.wav, a block of sounds at a time."""

import argparse
import csv

import soundfile
from shared.files import written_whole

from synthesize.synthesize import BLOCK, write_audio


def joined_rows(paths):
    """Yield the rows of tables with one header, the header first. Raises ValueError if headers differ."""
    header = None
    for path in paths:
        with open(path, newline="") as file:
            rows = csv.reader(file)
            found = next(rows)
            if header is None:
                header = found
                yield header
            if found != header:
                raise ValueError(f"{path} has other columns than the shards before it")
            yield from rows


def joined_sounds(paths, T):
    """Yield the sounds of WAV files, one file after the other, as float32 (n, T) blocks."""
    for path in paths:
        for block in soundfile.blocks(path, blocksize=max(1, BLOCK // T) * T, dtype="float32"):
            yield block.reshape(-1, T)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", required=True, help="CSV per shard")
    parser.add_argument("--sounds", nargs="+", required=True, help="WAV per shard, same order")
    parser.add_argument("--parameters", required=True, help="CSV to write")
    parser.add_argument("--audio", required=True, help="WAV to write")
    args = parser.parse_args(argv)
    with written_whole(args.parameters) as draft, open(draft, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(joined_rows(args.tables))
    with open(args.parameters, newline="") as file:
        N = sum(1 for _ in csv.DictReader(file))
    infos = [soundfile.info(path) for path in args.sounds]
    T = sum(info.frames for info in infos) // N
    write_audio(args.audio, joined_sounds(args.sounds, T), infos[0].samplerate, N)
