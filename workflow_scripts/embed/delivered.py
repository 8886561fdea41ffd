"""What a model's job made, taken over by a process that does not trust it. Standard library only.

A model's code can write whatever it likes into the job's own folder. Only files of their own count, no links;
an array must be what its facts say; and facts must be of the kinds that the report reads.
"""

import ast
import json
import os
import shutil
import struct
import sys
from pathlib import Path

from shared.files import keep_digest, written_whole
from shared.logs import SAYING, UNSAID

LARGEST = 10_000_000  # bytes of facts
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
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
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


def no_number(text):
    raise Refused(f"its facts hold {text}, which is no number")


def read_facts(path):
    """Facts of a job. Raises Refused unless they have what the report reads."""
    if path.stat().st_size > LARGEST:
        raise Refused(f"its facts have more than {LARGEST:,} bytes")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"), parse_constant=no_number)
    except (ValueError, RecursionError) as problem:
        raise Refused(f"its facts are no JSON: {problem}") from problem
    of_all = OF_ALL_SOUNDS if isinstance(facts, dict) and OF_ALL_SOUNDS.keys() & facts.keys() else {}
    if fault := next(faults(facts, FACTS | of_all, "facts"), None):
        raise Refused(f"its facts are not those of an embedding: {fault}")
    return facts


def header(path):
    """(dtype, whether in the order of Fortran, shape, bytes of the values) of an array's file.

    Raises Refused.
    """
    try:
        with open(path, "rb") as file:
            magic = file.read(8)
            size = {1: "<H", 2: "<I"}[magic[6]]
            length = struct.unpack(size, file.read(struct.calcsize(size)))[0]
            text = file.read(min(length, 10_000)).decode("latin1")
            left = path.stat().st_size - file.tell()
        listed = ast.literal_eval(text)
        return listed["descr"], listed["fortran_order"], listed["shape"], left
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        SyntaxError,
        struct.error,
        RecursionError,
    ) as problem:
        raise Refused(f"{path.name} is no array") from problem


def check_array(path, facts):
    """Raise Refused unless a file holds float32 (N, D) as its facts say."""
    N, D = facts["N"], facts["D"]
    found = header(path)
    if found != ("<f4", False, (N, D), 4 * N * D):
        raise Refused(f"{path.name} is not the array of float32 {(N, D)} that its facts tell of: {found}")


def own_file(path):
    """Raise Refused unless a path is a file of its own: no link, and no other name for another file."""
    if path.is_symlink() or not path.is_file() or path.stat().st_nlink != 1:
        raise Refused(f"its output {path.name} is a link, or no file: it may lead anywhere, and is not read")


def take(array, known):
    """Check an array and its facts, and write into the facts what is known besides. Raises Refused."""
    path = array.with_suffix(".json")
    own_file(array)
    own_file(path)
    facts = read_facts(path)
    check_array(array, facts)
    with written_whole(path) as draft:
        draft.write_text(json.dumps(facts | known, indent=2) + "\n")


def deliver(folder, outputs, known):
    """Move a job's outputs from its own folder to their places, all of them or none. Raises Refused.

    outputs: paths of an array (npy), its facts (json) and perhaps a folder of such pairs. known: facts that
    the job is not asked for.
    """
    drafts = [folder / path.name for path in outputs]
    if not all(os.path.lexists(draft) for draft in drafts):
        sys.exit(f"{UNSAID}, with status 0, before it wrote its results; {SAYING}")
    for draft in drafts:
        if draft.is_symlink():
            own_file(draft)
        elif draft.is_dir():
            arrays = sorted(draft.glob("*.npy"))
            if {*draft.iterdir()} != {*arrays, *(path.with_suffix(".json") for path in arrays)}:
                raise Refused(f"its folder {draft.name} holds other things than arrays and their facts")
            for array in arrays:
                take(array, known)
        elif draft.suffix == ".npy":
            take(draft, known)
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


def draft_folder(output):
    """The folder beside an output that a job may write to; its name is that of a draft (see files.py)."""
    return Path(output).absolute().with_name(f".{Path(output).stem}.{os.getpid()}")
