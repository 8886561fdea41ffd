"""Adopt embeddings that were computed elsewhere, after checking that they fit the data set's sounds.

An array does not say which sounds it was made from. Whoever makes it can: `sha256sum` of audio.wav, as a file
of the array's name that ends in .sha256. Without it, the array must be younger than the sounds when it is
first adopted, and a record of its digest and theirs is kept: later it is refused for other sounds.

A JSON of the array's name is what another run wrote with it. Its facts then stand for those of this one.
"""

import argparse
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
from shared.files import digest_of, written_whole
from shared.names import STATED
from shared.sounds import count_sounds

from embed.marks import with_marks


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


def check_sounds(source, audio, records):
    """Raise ValueError, one sentence, if an array was not made from a data set's sounds.

    source, audio: paths of the array and of audio.wav. records: folder of the records of adopted arrays; a
    new array's is added.
    """
    sounds, stated = digest_of(audio), source.with_suffix(".sha256")
    record = records / f"{digest_of(source)[:16]}.txt"
    if stated.exists():
        if stated.read_text().split()[:1] != [sounds]:
            raise ValueError(f"it was made from other sounds, as {stated} says; embed {audio} again")
    elif record.exists():
        if record.read_text().strip() != sounds:
            raise ValueError(
                "it was adopted before, for other sounds than this data set has now; embed "
                f"{audio} again (or delete {record}, if it is of these sounds after all)"
            )
    elif source.stat().st_mtime < audio.stat().st_mtime:
        raise ValueError(
            f"it is older than the sounds; embed {audio} again, or `touch` it if it is of these very sounds"
        )
    with written_whole(record) as draft:
        draft.write_text(f"{sounds}\n")


def facts_beside(source, embeddings):
    """The facts that another run wrote with an array, a dict, or None if there are none.

    source: path of the array. Raises ValueError, one sentence, for facts of another array.
    """
    path = source.with_suffix(".json")
    if not path.exists():
        return None
    facts = json.loads(path.read_text())
    if not isinstance(facts, dict) or not {"module", "N", "D", "marks"} <= facts.keys():
        raise ValueError(f"{path} beside it does not hold the facts of an embedding; delete it")
    if (facts["N"], facts["D"]) != embeddings.shape:
        raise ValueError(f"{path} beside it has the facts of another array, {facts['N']} x {facts['D']}")
    return facts


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="npy, N x D, rows as in parameters.csv")
    parser.add_argument("--parameters", required=True, help="CSV, one row per sound")
    parser.add_argument("--audio", type=Path, required=True, help="WAV: the sounds back to back")
    parser.add_argument(
        "--records", type=Path, required=True, help="folder of what was adopted for which sounds"
    )
    for key in STATED:
        parser.add_argument(f"--{key.replace('_', '-')}", default="unknown", help="as the entry states it")
    parser.add_argument("--embeddings", required=True, help="npy to write")
    parser.add_argument("--facts", required=True, help="JSON to write")
    args = parser.parse_args(argv)
    try:
        embeddings = adopt(np.load(args.source), count_sounds(args.parameters))
        check_sounds(args.source, args.audio, args.records)
        facts = facts_beside(args.source, embeddings)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as problem:
        sys.exit(f"error: {args.source} cannot stand for this data set: {problem}")
    own = {
        "module": "precomputed",
        "file": str(args.source),
        "N": len(embeddings),
        "D": embeddings.shape[1],
        "sha256": digest_of(args.source),
        "parameters": None,
        **{key: getattr(args, key) for key in STATED},
    }
    with written_whole(args.embeddings) as draft:
        np.save(draft, embeddings)
    with written_whole(args.facts) as draft:
        facts = facts or with_marks(own, embeddings, args.parameters)
        draft.write_text(json.dumps(facts, indent=2) + "\n")
