"""Put the shards of a data set together: parameters.csv and audio.wav, a block of sounds at a time."""

import argparse
import csv
import itertools

from shared.files import written_whole
from shared.sounds import Sounds, count_sounds, write_audio


def joined_rows(paths):
    """Yield the rows of tables with one header, the header first. Raises ValueError if headers differ."""
    header = None
    for path in paths:
        with open(path, newline="") as file:
            rows = csv.reader(file)
            columns = next(rows)
            if header is None:
                header = columns
                yield header
            if columns != header:
                raise ValueError(f"{path} has other columns than the shards before it")
            yield from rows


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", required=True, help="CSV per shard")
    parser.add_argument("--sounds", nargs="+", required=True, help="WAV per shard, same order")
    parser.add_argument("--parameters", required=True, help="CSV to write")
    parser.add_argument("--audio", required=True, help="WAV to write")
    args = parser.parse_args(argv)
    with written_whole(args.parameters) as draft, open(draft, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(joined_rows(args.tables))
    shards = [
        Sounds(sounds, count_sounds(table)) for table, sounds in zip(args.tables, args.sounds, strict=True)
    ]
    blocks = itertools.chain.from_iterable(shard.blocks() for shard in shards)
    write_audio(args.audio, blocks, shards[0].rate, sum(shard.N for shard in shards))
