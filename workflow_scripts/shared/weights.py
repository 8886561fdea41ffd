"""Weights files: their digests, and the places where the loaders of models look for them.

A file that was fetched lies in the cache (`GEAR_CACHE`, or resources/weights) and has a receipt, written by
fetch.py: the digests that it must have. Standard library only, because `embed` imports it.
"""

import contextlib
import importlib.util
import json
import os
import re
import sys
import tempfile
from pathlib import Path

from shared.checkpoints import fault_of
from shared.files import digest_of

HOMES = ("TORCH_HOME", "HF_HOME")  # environment variables that loaders read


class Refused(Exception):
    """A weights file is not what it must be, or has no place; the message is for the user."""


def cache():
    """The folder of the weights files that were fetched."""
    return Path(os.environ.get("GEAR_CACHE", "resources/weights"))


def name_in_cache(file):
    """Name in the cache of a file or hub model that is fetched, {url} or {hub, revision}: its address, so
    that whoever looks sees what it is."""
    if "hub" in file:
        return f"huggingface.co/{file['hub']}/{file['revision']}"
    return re.sub(r"[^A-Za-z0-9._/+=-]", "_", file["url"].split("://", 1)[1])


def verified(entry):
    """The files of an entry, {path: SHA-256}. Files that were fetched must have the digests of their receipt.

    entry: {path} of a user's own file or folder, or {cached: name in the cache, receipt}. Raises Refused.
    """
    if "path" in entry:
        path = Path(entry["path"])
        if not path.exists():
            raise Refused(f"{path} does not exist")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and (fault := fault_of(file)):
                raise Refused(f"{file} {fault}")
        return {str(path): digest_of(path)}
    receipt = Path(entry["receipt"])
    digests = {}
    for name, wanted in json.loads(receipt.read_text())["files"].items():
        file = cache() / entry["cached"] / name if name else cache() / entry["cached"]
        anew = f"delete it, if it is there, and {receipt}, and it is fetched anew"
        if not file.is_file():
            raise Refused(f"{file} is missing; {anew}")
        digest = digest_of(file)
        if digest != wanted:
            raise Refused(
                f"{file} has the SHA-256 digest {digest}, but it must be {wanted}: it was truncated or is "
                f"another file, and is not used; {anew}"
            )
        digests[str(file)] = digest
    return digests


def link(source, target, files=None):
    """Make `target` a link to `source`, or a folder of links to the files of a folder (or `files` of it)."""
    for file in files or (sorted(source.rglob("*")) if source.is_dir() else [source]):
        if file.is_file():
            path = target / file.relative_to(source)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.symlink_to(file.absolute())


def overlay(package, folder):
    """Copy an installed package, by links, into a folder that is put first on the import path.

    So a file can be put into the package for this process alone. Raises Refused if it is not installed.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Refused(f"weights belong into the package {package!r}, which this environment does not have")
    link(Path(spec.submodule_search_locations[0]), folder / package)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def place(entry, files, root):
    """Put one entry into the folder `root`, by links. Returns what load_model is passed, '' if nothing.

    entry: as in in_place. files: paths of those that were checked. Raises Refused.
    """
    source = Path(entry.get("path") or cache() / entry["cached"]).absolute()
    # of a hub model only these files, whatever else lies beside them
    files = [Path(file).absolute() for file in files] if "hub" in entry else None
    head, _, rest = (entry.get("place") or "").partition("/")
    if not head:
        if not files and not entry.get("code"):  # what brings code becomes links to what was checked
            return str(source)
        link(source, root / "argument", files)
        return str(root / "argument")
    if head == "HF_HOME" and not rest:
        model = root / "HF_HOME" / "hub" / f"models--{entry['hub'].replace('/', '--')}"
        link(source, model / "snapshots" / entry["revision"], files)
        (model / "refs").mkdir(exist_ok=True)
        (model / "refs" / "main").write_text(entry["revision"])
    elif head == "site-packages":
        package = rest.split("/", 1)[0]
        if not (root / head / package).exists():
            overlay(package, root / head)
        link(source, root / head / rest)
    else:
        link(source, root / ("work" if head == "." else head) / rest, files)
    return ""


def point_loaders_to(root):
    """Make loaders look into the folder `root`, by environment variables and the working directory."""
    variables = {home: str(root / home) for home in HOMES if (root / home).exists()}
    if "HF_HOME" in variables:
        for name in ("HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE"):  # would overrule HF_HOME
            os.environ.pop(name, None)
        variables |= {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": f"{variables['HF_HOME']}/hub"}
    os.environ.update(variables)
    if (root / "work").exists():
        os.chdir(root / "work")


@contextlib.contextmanager
def in_place(weights):
    """Put weights where a loader looks for them, for this process. Yields what load_model is passed, and the
    digests of all files, {path: SHA-256}. Raises Refused.

    weights: list of {path | cached and receipt, place, hub, revision, code}. `place` is a path below
    TORCH_HOME, HF_HOME, site-packages or `.` (the working directory). Without a place the path is the
    argument of load_model (at most one; '' if none). A hub model without a place is a folder of its files;
    `place: HF_HOME` puts it into the hub's own cache. While the block runs, the working directory is a
    temporary folder if something is placed there, and so are TORCH_HOME and HF_HOME, so that two jobs never
    see each other's files and nothing is written into an environment.
    """
    kept, digests, argument = Path.cwd(), {}, ""
    with tempfile.TemporaryDirectory(prefix="gear-") as temporary:
        root = Path(temporary)
        try:
            for entry in weights:
                files = verified(entry)
                digests |= files
                argument = place(entry, files, root) or argument
            point_loaders_to(root)
            yield argument, digests
        finally:
            os.chdir(kept)
