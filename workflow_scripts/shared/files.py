"""Files that are whole or absent: written beside their final place, then renamed, their digest beside them.

A file of results/ leaves its SHA-256 digest in a hidden file, `.NAME.sha256`, when it is written. Whoever
reads it later can tell that it is what was written: a damaged embedding would change scores without a word.
"""

import contextlib
import hashlib
import os
import re
from pathlib import Path

RESULTS = "results"  # the folder below the working directory whose files leave their digests


class Damaged(Exception):
    """A file is not what was written; the message is for the user."""


def digest_of(path):
    """SHA-256 of a file, or of a folder's files (a TensorFlow SavedModel) in the order of their names."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            with open(file, "rb") as stream:
                while block := stream.read(2**20):
                    digest.update(block)
    return digest.hexdigest()


def digest_file(path):
    """Where the digest of a file of results/ stands."""
    return path.with_name(f".{path.name}.sha256")


def recorded_digest(path):
    """The SHA-256 that a file had when it was written, or '' if none is recorded."""
    try:
        text = digest_file(path).read_text(errors="replace").strip()
    except OSError:
        return ""
    return text if re.fullmatch("[0-9a-f]{64}", text) else ""  # a full disk leaves it empty


def checked(path):
    """The path of a file that is about to be read. Raises Damaged if it is not what was written.

    A file without a recorded digest passes.
    """
    recorded = recorded_digest(Path(path))
    if recorded and digest_of(Path(path)) != recorded:
        raise Damaged(f"{path} is damaged: it is not what was written; run again, and it is made anew")
    return path


@contextlib.contextmanager
def written_whole(path):
    """Yield a path in the folder of `path` to write to; rename it to `path` if the block succeeds.

    The name keeps its ending, because libraries choose the format by it. If the block raises, there is no
    new file, and an old one is as it was. A kill between the last two steps leaves a file without a digest.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield draft
        if not path.absolute().is_relative_to(Path.cwd() / RESULTS):
            os.replace(draft, path)
            return
        digest = digest_of(draft)
        digest_file(path).unlink(missing_ok=True)
        os.replace(draft, path)
        digest_file(path).write_text(f"{digest}\n")
    finally:
        draft.unlink(missing_ok=True)
