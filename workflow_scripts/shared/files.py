"""Files that are whole or absent: written beside their final place, then renamed, with their digest kept.

A file of results/ leaves its SHA-256 digest in results/.digests/, under its own path, when it is written.
Whoever reads it later can tell that it is what was written: a damaged embedding would change scores without a
word. Hidden files and files in hidden folders leave none: they are drafts.
"""

import contextlib
import hashlib
import os
import re
from pathlib import Path

RESULTS = "results"  # the folder below the working directory whose files leave their digests
DIGESTS = ".digests"  # a folder in it


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
    """Where the digest of a file stands, or None of a file that is not in a folder of results."""
    folders = [folder for folder in Path(path).parents if folder.name == RESULTS]
    return folders[0] / DIGESTS / Path(path).relative_to(folders[0]) if folders else None


def recorded_digest(path):
    """The SHA-256 that a file had when it was written, or '' if none is recorded, or none can be read."""
    file = digest_file(path)
    try:
        text = file.read_text(errors="replace").strip() if file else ""
    except OSError:
        return ""
    return text if re.fullmatch("[0-9a-f]{64}", text) else ""  # a full disk leaves it empty


def keep_digest(path, digest=None):
    """Record the digest of a file, or of each file of a folder, that has come to its final place in results/.

    digest: of the file, if it is known.
    """
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        place = digest_file(file)
        if file.is_file() and place:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(f"{digest or digest_of(file)}\n")


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
        results = Path.cwd() / RESULTS
        below = path.absolute().relative_to(results).parts if path.absolute().is_relative_to(results) else ()
        if not below or any(part.startswith(".") for part in below):
            os.replace(draft, path)
            return
        digest = digest_of(draft)
        digest_file(path).unlink(missing_ok=True)
        os.replace(draft, path)
        keep_digest(path, digest)
    finally:
        draft.unlink(missing_ok=True)
