"""Adopt embeddings that were computed elsewhere, after checking that they fit the data set's sounds."""

import argparse
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
from shared.files import written_whole
from shared.sounds import count_sounds
from shared.weights import digest_of


def adopt(array, N):
    """The embeddings of N sounds as float32 (N, D).

    array: what numpy.load gives. Raises ValueError, one sentence, if it is not an array of finite numbers.
    """
    if not isinstance(array, np.ndarray):
        raise ValueError("it is an archive; save a single array as .npy")
    if array.ndim != 2 or len(array) != N or array.shape[1] == 0:
        raise ValueError(f"its shape is {array.shape}; one row for each of {N} sounds is wanted, ({N}, D)")
    if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise ValueError(f"it holds {array.dtype}, not numbers")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        row = np.flatnonzero(~np.isfinite(array).all(axis=1))[0]
        raise ValueError(f"row {row} holds values that are not finite as float32")
    return array


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, help="npy, N x D, rows as in parameters.csv")
    parser.add_argument("--parameters", required=True, help="CSV, one row per sound")
    parser.add_argument("--licence", default="unknown")
    parser.add_argument("--embeddings", required=True, help="npy to write")
    parser.add_argument("--facts", required=True, help="JSON to write")
    args = parser.parse_args(argv)
    try:
        embeddings = adopt(np.load(args.source), count_sounds(args.parameters))
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as problem:
        sys.exit(f"error: {args.source} cannot stand for this data set: {problem}")
    facts = {
        "module": "precomputed",
        "file": args.source,
        "N": len(embeddings),
        "D": embeddings.shape[1],
        "sha256": digest_of(Path(args.source)),
        "licence": args.licence,
    }
    with written_whole(args.embeddings) as draft:
        np.save(draft, embeddings)
    with written_whole(args.facts) as draft:
        draft.write_text(json.dumps(facts, indent=2) + "\n")
