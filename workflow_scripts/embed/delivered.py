"""What a model's job made, taken over by a process that does not trust it. Standard library only.

A model's code can write whatever it likes into the job's own folder. Only files of their own count, no links;
an array must be what its facts say, for as many sounds as the job had; and facts must be of the kinds that
the report reads. Others are left out.
"""

import ast
import csv
import json
import os
import re
import shutil
import struct
import sys
from pathlib import Path

from shared.files import keep_digest, written_whole
from shared.logs import SAYING, UNSAID

LARGEST = 10_000_000  # bytes of facts
WIDEST = 10_000_000  # D: a file may be long without filling a disk
MOST = 1e40  # of a number: ten times as much is one, too
MAGIC = b"\x93NUMPY"
NAME = re.compile(r"\w+\.npy", re.ASCII)  # of an array in a folder
NUMBER = (int, float)
TEXTS = {str: str}  # names with a text each
AUDIT = {
    **dict.fromkeys(("batch_dependent", "layers_mixed", "varies"), bool),
    **dict.fromkeys(("sounds", "repeat_difference", "batch_difference"), NUMBER),
    **dict.fromkeys(("view_start", "view_end", "view_share"), NUMBER),
    **dict.fromkeys(("other_cosine", "shift_cosine", "half_gain_cosine", "double_gain_cosine"), NUMBER),
    "silence_cosine": (*NUMBER, type(None)),
    "silence_refused": str,
}
ROWS = {
    **dict.fromkeys(("repeated_share", "repeated_settings_share", "directions_of_99_percent"), NUMBER),
    **dict.fromkeys(("effective_rank", "rank_rows", "still_share"), NUMBER),
    "outputs": str,
}
FACTS = {
    **dict.fromkeys(("module", "initialization", "framework", "python", "device", "precision"), str),
    **dict.fromkeys(("task", "training_data", "licence", "layer", "pooling"), str),
    **dict.fromkeys(("N", "D", "batch_size"), int),
    **dict.fromkeys(("sample_rate", "audio_rate", "clip_seconds", "hop", "peak_memory_mb"), NUMBER),
    **dict.fromkeys(("load_seconds", "audit_seconds", "seconds", "loading_share", "reading_share"), NUMBER),
    **dict.fromkeys(("sounds_per_second", "seconds_per_1000_sounds"), NUMBER),
    "parameters": (int, type(None)),
    "packages": TEXTS,
    "weights_sha256": TEXTS,
    "audit": AUDIT,
}
OF_ALL_SOUNDS = {"rows": ROWS, "marks": TEXTS}  # a shard has none


class Refused(Exception):
    """What a job made is not taken over; the message says why."""


def faults(value, kind, name):
    """Yield what in a value is not of its kind. kind: a type, several, or a dict of the kinds of its keys."""
    if not isinstance(kind, dict):
        right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if not right or (isinstance(value, NUMBER) and abs(value) > MOST):
            yield f"{name} is {json.dumps(value)[:60]}"
    elif not isinstance(value, dict):
        yield f"{name} is {json.dumps(value)[:60]}"
    elif kind is TEXTS:
        for key in value:
            yield from faults(value[key], str, f"{name}.{key[:60]}")
    else:
        for key in kind:
            yield from (
                faults(value[key], kind[key], f"{name}.{key}") if key in value else [f"{name} lack {key}"]
            )


def of_kind(value, kind):
    """A value without keys that its kind does not have."""
    if not isinstance(kind, dict) or kind is TEXTS:
        return value
    return {key: of_kind(value[key], kind[key]) for key in kind}


def no_number(text):
    raise Refused(f"its facts hold {text}, which is no number")


def read_facts(path, whole):
    """Facts of a job. Raises Refused unless they have what the report reads.

    whole: whether they are of all sounds, not of a shard.
    """
    kind = FACTS | OF_ALL_SOUNDS if whole else FACTS
    if path.stat().st_size > LARGEST:
        raise Refused(f"its facts have more than {LARGEST:,} bytes")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"), parse_constant=no_number)
        fault = next(faults(facts, kind, "facts"), None)
        json.dumps(facts, ensure_ascii=False).encode()  # else a text holds half a character
    except (ValueError, RecursionError) as problem:
        raise Refused(f"its facts are no JSON: {problem}") from problem
    if fault:
        raise Refused(f"its facts are not those of an embedding: {fault}")
    return of_kind(facts, kind)


def header(path):
    """The header of an array's file, a dict as NumPy writes it, and bytes of the values. Raises Refused."""
    try:
        with open(path, "rb") as file:
            magic = file.read(8)
            size = {1: "<H", 2: "<I"}[magic[6] if magic.startswith(MAGIC) else 0]
            length = struct.unpack(size, file.read(struct.calcsize(size)))[0]
            text = file.read(min(length, 10_000)).decode("latin1")
            left = path.stat().st_size - file.tell()
        return ast.literal_eval(text), left
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        SyntaxError,
        struct.error,
        RecursionError,
        MemoryError,  # of Python's parser, which so refuses what is nested too deeply
    ) as problem:
        raise Refused(f"{path.name} is no array") from problem


def check_array(path, facts):
    """Raise Refused unless a file holds float32 (N, D) as its facts say."""
    N, D = facts["N"], facts["D"]
    listed, left = header(path)
    right = {"descr": "<f4", "fortran_order": False, "shape": (N, D)}
    # in words, because False equals 0 and 8 equals 8.0, which NumPy does not read
    plain = isinstance(listed, dict) and repr({key: listed.get(key) for key in right}) == repr(right)
    if not plain or len(listed) > len(right) or left != 4 * N * D or not 0 < D <= WIDEST:
        found = f"{str(listed)[:200]}, {left} bytes"
        raise Refused(f"{path.name} is not the array of float32 {(N, D)} that its facts tell of: {found}")


def own_file(path):
    """Raise Refused unless a path is a file of its own: no link, and no other name for another file."""
    own = not path.is_symlink() and path.is_file() and path.stat().st_nlink == 1
    if not own or not os.access(path, os.R_OK):
        raise Refused(f"its output {path.name} is a link, or no file: it may lead anywhere, and is not read")


def take(array, known, N, whole):
    """Check an array and its facts, and write into the facts what is known besides. Raises Refused.

    N, whole: as in deliver().
    """
    path = array.with_suffix(".json")
    own_file(array)
    own_file(path)
    facts = read_facts(path, whole)
    if facts["N"] != N:
        raise Refused(f"its facts tell of {facts['N']} sounds, and it had {N}")
    check_array(array, facts)
    with written_whole(path) as draft:
        draft.write_text(json.dumps(facts | known, indent=2) + "\n")


def take_folder(folder, known, N, whole):
    """The same with all arrays of a folder. Raises Refused."""
    if folder.is_symlink() or not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise Refused(f"its output {folder.name} is no folder of its own")
    arrays = sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))
    if {*folder.iterdir()} != {*arrays, *(path.with_suffix(".json") for path in arrays)}:
        raise Refused(f"its folder {folder.name} holds other things than arrays and their facts")
    for array in arrays:
        take(array, known, N, whole)


def deliver(folder, outputs, known, N, whole):
    """Move a job's outputs from its own folder to their places, all of them or none. Raises Refused.

    outputs: paths of an array (npy), its facts (json) and perhaps a folder of such pairs. known: facts that
    the job is not asked for. N: the sounds that it had. whole: whether they are all, not a shard.
    """
    drafts = [folder / path.name for path in outputs]
    if not all(os.path.lexists(draft) for draft in drafts):
        sys.exit(f"{UNSAID}, with status 0, before it wrote its results; {SAYING}")
    for draft in drafts:
        if draft.suffix == ".npy":
            take(draft, known, N, whole)  # and its facts, which are the json
        elif draft.suffix != ".json":
            take_folder(draft, known, N, whole)
    for draft, path in zip(drafts, outputs, strict=True):
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(draft, path)
        keep_digest(path)


def facts_as_stated(words):
    """Facts of the entry from the words of a job, {name: text}: no model can tell other things of itself."""
    stated = ("module", "task", "training_data", "licence", "initialization", "precision")
    flags = {name: f"--{name.replace('_', '-')}" for name in stated}
    return {name: words[words.index(flag) + 1] for name, flag in flags.items() if flag in words}


def sounds_had(words):
    """(number of sounds, whether they are all of the data set) that a job has, from its words."""
    if "--shard" in words:
        start, stop = words[words.index("--shard") + 1 :][:2]
        return int(stop) - int(start), False
    with open(words[words.index("--parameters") + 1], newline="") as file:
        return sum(1 for _ in csv.DictReader(file)), True


def draft_folder(output):
    """The folder beside an output that a job may write to; its name is that of a draft (see files.py)."""
    return Path(output).absolute().with_name(f".{Path(output).stem}.{os.getpid()}")
