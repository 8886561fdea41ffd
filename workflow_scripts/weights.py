"""Weights files: their digests, and the places where the loaders of models look for them.

Only the standard library, because `embed` imports it. A file that was fetched has a receipt beside it
(`NAME.receipt.json`, written by fetch.py): what it must be, digest by digest.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path

HOMES = ("TORCH_HOME", "HF_HOME")  # environment variables that loaders read


class Refused(Exception):
    """A weights file is not what it must be, or has no place; the message is for the user."""


def digest_of(path):
    """SHA-256 of a file, or of a folder's files (a TensorFlow SavedModel) in the order of their names."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            with open(file, "rb") as stream:
                while block := stream.read(2**20):
                    digest.update(block)
    return digest.hexdigest()


def check(path, files):
    """Raise Refused unless every file has the digest it must have.

    path: a file, or a folder of files; files: {name below the folder, or '' for the file: SHA-256}.
    """
    for name, wanted in files.items():
        file = path / name if name else path
        if not file.is_file():
            raise Refused(f"{file} is missing; `snakemake weights` fetches it")
        found = digest_of(file)
        if found != wanted:
            raise Refused(
                f"{file} has the SHA-256 digest {found}, but it must be {wanted}: it was truncated or is "
                "another file, and is not used; delete it, and it is fetched anew"
            )


def digests(weights):
    """SHA-256 of each entry of `weights`, {path: digest}, those that were fetched held against their
    receipts. weights: list of {path, receipt (empty for a user's own file)}. Raises Refused."""
    found = {}
    for entry in weights:
        path = Path(entry["path"])
        if entry.get("receipt"):
            check(path, json.loads(Path(entry["receipt"]).read_text())["files"])
        if not path.exists():
            raise Refused(f"{path} does not exist")
        found[str(path)] = digest_of(path)
    return found


def link(source, target):
    """Make `target` a symbolic link to `source`, or a folder of links to the files of a folder."""
    for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
        if file.is_file() and ".cache" not in file.relative_to(source).parts:
            place = target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            place.symlink_to(file.absolute())


def overlay(package, folder):
    """A copy of an installed package made of links, in a folder that comes first on the import path, so
    that a file can be put into it for this process alone. Raises Refused if it is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Refused(f"weights belong into the package {package!r}, which this environment does not have")
    link(Path(spec.submodule_search_locations[0]), folder / package)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@contextlib.contextmanager
def in_place(weights):
    """Put weights where a loader looks for them, for this process, and yield what load_model is passed.

    weights: list of {path, place, hub, revision}. `place` is a path below TORCH_HOME, HF_HOME,
    site-packages or `.` (the working directory); without a place the path is the argument of load_model
    (at most one; '' if none). A hub model without a place is the folder of its files; `place: HF_HOME`
    puts it into the hub's own cache. While the block runs, the working directory is a temporary folder if
    something is placed there, and TORCH_HOME and HF_HOME are temporary folders if something is placed in
    them, so that two jobs never see each other's files and nothing is written into an environment.
    """
    kept, variables = Path.cwd(), {}
    argument = ""
    with tempfile.TemporaryDirectory(prefix="gear-") as temporary:
        root = Path(temporary)
        try:
            for entry in weights:
                source = Path(entry["path"]).absolute()
                head, _, rest = (entry.get("place") or "").partition("/")
                if not head:
                    argument = str(source)
                elif head == "HF_HOME" and not rest:
                    cached = root / "HF_HOME" / "hub" / f"models--{entry['hub'].replace('/', '--')}"
                    link(source, cached / "snapshots" / entry["revision"])
                    (cached / "refs").mkdir(exist_ok=True)
                    (cached / "refs" / "main").write_text(entry["revision"])
                elif head == "site-packages":
                    package = rest.split("/", 1)[0]
                    if not (root / head / package).exists():
                        overlay(package, root / head)
                    link(source, root / head / rest)
                else:
                    link(source, root / ("work" if head == "." else head) / rest)
                if head in HOMES:
                    variables[head] = str(root / head)
            if "HF_HOME" in variables:
                variables |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
            os.environ.update(variables)
            if (root / "work").exists():
                os.chdir(root / "work")
            yield argument
        finally:
            os.chdir(kept)
