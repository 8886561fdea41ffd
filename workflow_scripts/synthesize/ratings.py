"""Bring what listeners rated of a data set's sounds into one form: a row per pair, a column per listener."""

import argparse
import csv
import json
import math
import sys

from shared.files import written_whole
from shared.rating_files import PAIR, read_ratings


def names_of(path):
    """What the sounds of a data set are called: their files, or numbers from 0. path: parameters.csv."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["file"] if "file" in row else str(i) for i, row in enumerate(rows)]


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=json.loads, required=True, help="entry of the config, JSON")
    parser.add_argument("--parameters", required=True, help="CSV of the sounds")
    parser.add_argument("--output", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    try:
        names = names_of(args.parameters)
        listeners = read_ratings(args.ratings, names)
    except ValueError as problem:
        sys.exit(f"error: {problem}")
    with written_whole(args.output) as draft, open(draft, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*PAIR, *(f"listener_{i + 1}" for i in range(len(listeners)))])
        for i in range(len(names)):
            for j in range(i + 1, len(names)):
                told = [listener[i][j] for listener in listeners]
                if not all(map(math.isnan, told)):
                    writer.writerow([i, j, *("" if math.isnan(value) else repr(value) for value in told)])
