"""Packages of one's own among the requirements of an environment: folders and files that pip installs from.

What such a requirement says stays the same when the package is edited, so that an environment depends on the
digest of its files. Standard library only: Snakemake's own Python reads it, too.
"""

import hashlib
import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

# What installing, running or testing a package leaves in its folder, and what a clone keeps in its own.
MADE = re.compile(r"\..*|__pycache__|node_modules|.*\.(egg-info|pyc|pyo|so|o)")
OF_PACKAGE = ("build", "dist")
OF_CLONE = ("results", "resources", "logs")


class Local(NamedTuple):
    """A requirement that pip installs from here."""

    path: Path
    editable: bool


def local(requirement):
    """The Local that a line of requirements names, or None if its package comes from elsewhere."""
    line = re.split(r"\s[#;]", requirement)[0].strip()
    flag = re.match(r"(-e|--editable|-r|--requirement|-c|--constraint)[\s=]+", line)
    editable = bool(flag) and flag[1] in ("-e", "--editable")
    name = re.sub(r"^[\w.\[\],-]+\s*@\s*", "", line[flag.end() if flag else 0 :])
    if name.startswith("file:"):
        return Local(Path(unquote(urlsplit(name).path)), editable)
    name = re.sub(r"\[[\w,\s-]*\]$", "", name)  # extras
    if "://" in name or not name:
        return None
    here = flag or name[0] in "./~" or (os.sep in name and os.path.exists(name))
    return Local(Path(name), editable) if here or os.path.isfile(name) else None


def locals_of(requirements):
    """The Locals among some lines of requirements."""
    return [found for found in map(local, requirements) if found]


def files_of(path):
    """The files of a package that count, sorted: all that were not made from others. A file is its own."""
    if not path.is_dir():
        return [path] if path.exists() else []
    files = []
    for folder, names, here in os.walk(path):
        made = OF_PACKAGE if Path(folder) == path else ()
        made += OF_CLONE if "Snakefile" in here else ()
        names[:] = [name for name in names if not MADE.fullmatch(name) and name not in made]
        names[:] = [name for name in names if not Path(folder, name, "pyvenv.cfg").exists()]
        files += [Path(folder, name) for name in here if not MADE.fullmatch(name)]
    return sorted(file for file in files if file.is_file())


def local_digest(requirements):
    """SHA-256 of the local packages among some lines of requirements; '' if there are none.

    An editable package counts with its place: its environment points there, and not to a copy of the clone.
    """
    packages = locals_of(requirements)
    if not packages:
        return ""
    digest = hashlib.sha256()
    for path, editable in packages:
        digest.update(repr(str(path.resolve()) if editable else "").encode())
        for file in files_of(path):
            digest.update(repr(str(file.relative_to(path))).encode())
            with open(file, "rb") as stream:
                while block := stream.read(2**20):
                    digest.update(block)
    return digest.hexdigest()
