"""Fetch a weights file, or the files of a Hugging Face hub model, into the cache, and check their digests.

A file comes whole and with the digest that the entry states, or not at all. If no SHA-256 digest is published
for a file, the first fetch records it in the cache's `weights.lock` (as `sha256sum` writes them), and every
later fetch must match it. A git repository publishes the name of a file's blob, which is a digest, too
(`git_blob`). A file that was put into the cache by hand is checked in the same way. What an interrupted fetch
has got is kept as NAME.part, and the next fetch goes on from there.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import sys
import time

import requests
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from shared.checkpoints import fault_of
from shared.files import digest_of, written_whole
from shared.weights import Refused, cache
from tqdm import tqdm

ATTEMPTS = 5  # in a row that bring nothing new
BLOCK = 2**16  # bytes; what a broken connection loses at most
TIMEOUT = (10, 60)  # s to connect, s without a byte
TEMPORARY = (429, 500, 502, 503, 504)  # answers of a server that may give the file later


class Unreachable(Exception):
    """The network or the server does not give the file; the message is the cause."""


def cause(problem):
    """The innermost cause of an exception, in words."""
    while inner := problem.__cause__ or problem.__context__:
        problem = inner
    return f"{type(problem).__name__}: {problem}"


@contextlib.contextmanager
def alone(path):
    """Hold a lock on `path` (made if it does not exist), so that runs that share a cache take turns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def fetch_rest(url, part):
    """Fetch in one request what the file `part` lacks of `url`. Returns whether `part` is whole now.

    It is not if it held something else, and has been thrown away. Raises requests.RequestException if another
    attempt may help, else Unreachable.
    """
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if answer.status_code == 416:  # nothing beyond what is there
            total = answer.headers.get("Content-Range", "*/").rpartition("/")[2]
            if total == str(have):
                return True
            part.unlink()
            return False
        if answer.status_code in TEMPORARY:
            answer.raise_for_status()
        if answer.status_code not in (200, 206):
            raise Unreachable(f"the server answers {answer.status_code} {answer.reason}")
        have = have if answer.status_code == 206 else 0  # 200: the server starts anew
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        with (
            open(part, "ab" if have else "wb") as file,
            tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=part.stem) as bar,
        ):
            for block in answer.iter_content(BLOCK):
                file.write(block)
                bar.update(len(block))
    size = part.stat().st_size
    if total is not None and size != total:
        raise requests.ConnectionError(f"{size} of {total} bytes came")
    return True


def download(url, part, wait=1.0):
    """Fetch `url` to the file `part`, going on from what is there. Raises Unreachable.

    After a broken connection it tries again. It gives up after ATTEMPTS in a row that brought nothing new;
    they are `wait`, 2 `wait`, ... seconds apart.
    """
    failures = longest = 0
    whole = False
    while not whole:
        try:
            whole = fetch_rest(url, part)
        except requests.RequestException as problem:
            size = part.stat().st_size if part.exists() else 0
            failures, longest = (1, size) if size > longest else (failures + 1, longest)
            print(f"attempt {failures} of {ATTEMPTS}: {cause(problem)}", file=sys.stderr, flush=True)
            if failures == ATTEMPTS:
                raise Unreachable(cause(problem)) from problem
            time.sleep(wait * 2 ** (failures - 1))


def git_blob(path):
    """The name that git gives the content of a file: SHA-1 of its size and bytes."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size)
    with open(path, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def mismatch(path, sha256, blob):
    """What is wrong with a file, in words, or ''. sha256, blob: digests that it must have, or None."""
    for name, wanted, function in (("SHA-256", sha256, digest_of), ("git blob", blob, git_blob)):
        if wanted and (digest := function(path)) != wanted:
            return f"has the {name} digest {digest} ({path.stat().st_size} bytes), but it must be {wanted}"
    return ""


def fetch_file(url, path, sha256, blob):
    """Fetch one file to `path`. Raises Unreachable, or Refused if a digest is not as it must be."""
    part = path.with_name(path.name + ".part")
    download(url, part)
    fault = mismatch(part, sha256, blob)
    if (fault or not (sha256 or blob)) and (instead := fault_of(part, path.suffix)):
        part.unlink()
        raise Refused(f"what {url} gives {instead}")
    if fault:
        part.unlink()
        raise Refused(
            f"what {url} gives {fault}: it is truncated or another file, and is thrown away; run again, and "
            "if it stays so, the file behind the address has changed"
        )
    os.replace(part, path)


def fetch_hub(name, revision, file, folder):
    """Fetch one file of a hub model's revision into `folder`. Raises Unreachable.

    The hub's library itself tries again and goes on from what is there.
    """
    try:
        hf_hub_download(name, file, revision=revision, local_dir=folder)
    except (RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError) as problem:
        if isinstance(problem, LocalEntryNotFoundError):  # no connection
            raise Unreachable(cause(problem)) from problem
        raise Unreachable(str(problem).strip().splitlines()[-1]) from problem
    except OSError as problem:
        raise Unreachable(cause(problem)) from problem


def by_hand(wanted, path, problem):
    """The sentence for a file that could not be fetched."""
    if "hub" in wanted:
        what = f"{', '.join(wanted['files'])} of {wanted['hub']} at revision {wanted['revision']}"
        source = f"https://huggingface.co/{wanted['hub']}/tree/{wanted['revision']}"
    else:
        what, source = path.name, wanted["url"]
    return (
        f"{what} ({wanted.get('size', 'size unknown')}) cannot be fetched from {source} ({problem}); where "
        f"there is a network, run `snakemake weights`, or get it by hand and put it at {path}"
    )


def known_digests(lock):
    """Digests that earlier fetches recorded in a lock file, {name: SHA-256}."""
    lines = lock.read_text().splitlines() if lock.exists() else []
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines if line)}


def secure(wanted, path, name, lock):
    """Have the files of one entry at `path`, fetched if they are not there. Returns {file: SHA-256}.

    wanted: {url, sha256, git_blob} or {hub, revision, files: {file: SHA-256 or None}}. name: of the entry
    in the lock file. What is there and known is only read, so that a cache may be read-only. Raises
    Unreachable, Refused.
    """
    stated = wanted["files"] if "hub" in wanted else {"": wanted.get("sha256")}
    blob = wanted.get("git_blob")
    recorded = known_digests(lock)
    digests = {}
    for file, digest in stated.items():
        name_in_lock = f"{name}/{file}" if file else name
        target = path / file if file else path
        digest = digest or recorded.get(name_in_lock)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with alone(target.with_name(target.name + ".lock")):
                if not target.exists():  # another run may have fetched it meanwhile
                    if "hub" in wanted:
                        fetch_hub(wanted["hub"], wanted["revision"], file, path)
                    else:
                        fetch_file(wanted["url"], path, digest, blob)
        if not (digest or blob) and (fault := fault_of(target)):
            raise Refused(f"{target} {fault} (delete it first)")
        if fault := mismatch(target, digest, blob):
            raise Refused(
                f"{target} {fault}: it is truncated or another file, and is not used; delete it, and it is "
                f"fetched anew (or its line in {lock}, if the file has really changed)"
            )
        digests[file] = digest or digest_of(target)
        if not digest:
            with alone(lock) as record:
                record.write(f"{digests[file]}  {name_in_lock}\n".encode())
            if not blob:
                print(f"no SHA-256 digest is published: recorded {digests[file]} in {lock}", file=sys.stderr)
    return digests


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wanted", type=json.loads, required=True, help="the entry, JSON")
    parser.add_argument("--name", required=True, help="name in the cache")
    parser.add_argument("--receipt", required=True, help="JSON to write")
    args = parser.parse_args(argv)
    path = cache() / args.name
    try:
        files = secure(args.wanted, path, args.name, cache() / "weights.lock")
    except (Refused, PermissionError) as problem:
        sys.exit(f"error: {problem}")
    except Unreachable as problem:
        sys.exit(f"error: {by_hand(args.wanted, path, problem)}")
    with written_whole(args.receipt) as draft:
        draft.write_text(json.dumps({"wanted": args.wanted, "files": files}, indent=2) + "\n")
