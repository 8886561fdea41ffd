"""Files that stand where weights are expected and are none: what they are instead, told from their bytes.

A clone without Git LFS holds pointers, a server that refuses answers with a page, an interrupted copy is cut.
Loaders then fail with words about pickles or archives. Standard library only, because `embed` imports it.
"""

import json
import os
import re
import struct
import zipfile
from pathlib import Path

BINARY = re.compile(
    r"\.(bin|ckpt|gz|h5|hdf5|joblib|keras|msgpack|np[yz]|onnx|pb|pickle|pkl|pt|pth|safetensors|tar|tflite|zip)",
    re.IGNORECASE,
)
REFUSAL = {"detail", "error", "errors", "message"}  # keys of a server's answer in JSON, and those beside them
ANSWER = REFUSAL | {"code", "details", "documentation_url", "status", "statuscode"}
HDF5 = b"\x89HDF\r\n\x1a\n"
EMPTY = "is empty"
HEADER = 2**27  # bytes of a safetensors header, at most
TEXT = 1000  # bytes up to which a file of text alone is no weights


def fault_of(path, suffix=None):
    """What a file is that cannot be weights, as the rest of a sentence (`is empty`); '' if it may be some.

    suffix: of the name that it will have, if that is another one.
    """
    path = Path(path)
    suffix = suffix or path.suffix
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(65536)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not size:
        return EMPTY
    if start.startswith(b"version https://git-lfs"):
        return "is a pointer of Git LFS and not the file itself; run `git lfs pull` where it was cloned"
    if size < TEXT and b"/annex/objects/" in head:
        return "is a pointer of git-annex and not the file itself; run `git annex get` where it was cloned"
    if start[:100].lower().startswith((b"<!doctype html", b"<html", b"<head")) and suffix != ".html":
        return "is a web page and not the file itself (of a login, a licence or an error?); fetch it anew"
    if start.startswith((b"<?xml", b"<Error")) and b"<Error" in head[:TEXT]:
        return f"is an error message of a server; fetch the file anew: {text_of(head)}"
    if start.startswith(b"{") and is_answer(head):
        return f"is an error message of a server; fetch the file anew: {text_of(head)}"
    if size < TEXT and BINARY.fullmatch(suffix) and (text := text_of(head)):
        return f"is not weights but a few words: {text}"
    whole = whole_size(path, suffix, head, size)
    if whole != size:
        return f"is cut short: it has {size} bytes{f' of {whole}' if whole else ''}; fetch it anew"
    return ""


def text_of(head):
    """The text at the beginning of a file in one line, or '' if it is not text."""
    try:
        text = head[:TEXT].decode()
    except UnicodeDecodeError:
        return ""
    return " ".join(text.split())[:200] if all(c.isprintable() or c.isspace() for c in text) else ""


def is_answer(head):
    """Whether a file is a JSON object of the words that servers use to refuse."""
    try:
        keys = {str(key).lower() for key in json.loads(head)}
    except ValueError:
        return False
    return bool(keys) and keys <= ANSWER and bool(keys & REFUSAL)


def whole_size(path, suffix, head, size):
    """Bytes that a file must have by its own header: `size` if it says nothing or is whole; 0 if it is cut
    and the header does not say how much.

    It is known of zip archives (PyTorch, Keras, NumPy), safetensors and HDF5.
    """
    if head.startswith(b"PK\x03\x04"):
        return size if zipfile.is_zipfile(path) else 0
    if suffix == ".safetensors" and size >= 8:
        return safetensors_size(path, struct.unpack("<Q", head[:8])[0])
    if head.startswith(HDF5) and len(head) >= 48:
        place = {0: 40, 1: 44}.get(head[8], 28)
        return max(size, struct.unpack("<Q", head[place : place + 8])[0])
    return size


def safetensors_size(path, length):
    """Bytes that a safetensors file must have by its header of `length` bytes; 0 if that is not whole."""
    with open(path, "rb") as file:
        text = file.read(8 + min(length, HEADER))[8:]
    try:
        entries = json.loads(text)
        tensors = [entry["data_offsets"][1] for name, entry in entries.items() if name != "__metadata__"]
    except (ValueError, KeyError, AttributeError):
        return 0
    return 8 + length + max(tensors, default=0)


def files_in_hand(problem):
    """Paths of the files that the code had in hand when an exception was raised, the outermost first."""
    trace = problem.__traceback__
    while trace:
        for value in [*trace.tb_frame.f_locals.values()]:
            name = getattr(value, "name", None) if hasattr(value, "read") else value
            if isinstance(name, (str, os.PathLike)) and is_file(name):
                yield Path(name)
        trace = trace.tb_next


def is_file(name):
    """Whether a name is that of a file; it may be no name at all."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # too long, or with a null byte
        return False


def may_hold_weights(path):
    """Whether a file may hold weights by its ending, or has none."""
    return not path.suffix or bool(BINARY.fullmatch(path.suffix))


def faulty_file(problem):
    """Path and fault of a file that cannot be weights, among those that the code had in hand when an
    exception was raised; None if there is none.
    """
    for path in files_in_hand(problem):
        fault = fault_of(path)
        if fault and (fault != EMPTY or may_hold_weights(path)):  # other files may well be empty: locks, logs
            return path, fault
    return None
