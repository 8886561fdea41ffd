"""Fetch listed files into the cache, check their digests, and lay them out in a folder by links.

For sounds and ratings that carry no licence and therefore come with no copy: GEAR holds a list of names and
digests alone. A file comes whole and with its digest, or not at all, as weights do (fetch.py).
"""

import argparse
import csv
import sys
from pathlib import Path
from urllib.parse import quote

from shared.weights import Refused, cache, link, name_in_cache

from environments.fetch import Unreachable, secure


def laid_out(base, rows, folder):
    """Have every file in the cache and a link to it below a folder.

    base: address of the folder that they lie in, with / at the end; rows: {path, git_blob} of each. Raises
    Refused, and Unreachable with the sentence for the user.
    """
    for row in rows:
        wanted = {"url": base + quote(row["path"]), "git_blob": row["git_blob"]}
        name = name_in_cache(wanted)
        try:
            secure(wanted, cache() / name, name, cache() / "weights.lock")
        except Unreachable as problem:
            raise Unreachable(
                f"{row['path']} cannot be fetched from {wanted['url']} ({problem}); where there is a "
                f"network, run this again, or get it by hand and put it at {cache() / name}"
            ) from problem
        link(cache() / name, Path(folder, row["path"]))


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True, help="address of the folder of the files, with / at the end")
    parser.add_argument("--list", required=True, help="CSV of path and git_blob")
    parser.add_argument("--folder", required=True, help="folder to lay them out in")
    args = parser.parse_args(argv)
    with open(args.list, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        laid_out(args.base, rows, args.folder)
    except (Refused, Unreachable, PermissionError) as problem:
        sys.exit(f"error: {problem}")
