"""Find what was damaged since it was made, and let the next run make it anew; set times right.

`driver.resume` calls this before each run. Results have their digests in results/.digests (shared/files.py),
weights in their receipts, and packages of an environment in the lists that pip keeps. A file is read only if
it has changed (size or times) since it was last found whole. Of an environment, only what has changed since
it was complete is read.
"""

import base64
import csv
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from planning.places import HOME
from shared.clone import CODE
from shared.files import DIGESTS, RESULTS, digest_of, recorded_digest, written_whole
from shared.weights import cache

LONGEST = 254  # characters of a name of Snakemake's markers
WHOLE = ".snakemake/whole.json"  # {path: signature of a file when it was last found whole}


def signature(path):
    """What changes of a file when it is written to: size and times, list of int."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def recorded_results():
    """Results with a recorded digest: yields (path, SHA-256). A digest whose file is gone is deleted."""
    digests = Path(RESULTS, DIGESTS)
    for file in sorted(path for path in digests.rglob("*") if path.is_file()):
        path = Path(RESULTS, file.relative_to(digests))
        if not path.exists():
            file.unlink()
        elif digest := recorded_digest(path):
            yield path, digest


def recorded_weights():
    """Fetched weights: yields (path, SHA-256, receipt)."""
    for receipt in sorted(Path("resources/receipts").rglob("*.json")):
        name = receipt.relative_to("resources/receipts").as_posix().removesuffix(".json")
        for file, digest in json.loads(receipt.read_text())["files"].items():
            path = cache() / name / file if file else cache() / name
            if path.is_file():
                yield path, digest, receipt


def changed_since(prefix):
    """Files of an environment that were changed since it was complete, but for what Python compiles."""
    folders = [str(folder) for folder in (prefix / "bin", prefix / "lib") if folder.exists()]
    words = ["-type", "f", "-newercc", str(prefix / "complete"), "!", "-path", "*/__pycache__/*"]
    found = subprocess.run(["find", *folders, *words], capture_output=True, text=True)
    return found.stdout.splitlines()


def digests_of_packages(prefix):
    """The SHA-256 of files of an environment as pip lists them, {path: in base64}."""
    digests = {}
    for record in sorted(prefix.glob("lib/python*/site-packages/*.dist-info/RECORD")):
        with open(record, newline="", errors="replace") as file:
            for name, digest, *_ in csv.reader(file):
                path = os.path.normpath(record.parent.parent / name)
                digests.setdefault(path, set()).add(digest.removeprefix("sha256="))
    return digests


def damaged_package(prefix, changed):
    """The first of some files of an environment that is not what pip installed, or None."""
    digests = digests_of_packages(prefix)
    for path in changed:
        found = base64.urlsafe_b64encode(hashlib.sha256(Path(path).read_bytes()).digest()).decode()
        if digests.get(path, {""}).isdisjoint({"", found.rstrip("=")}):
            return path
    return None


def clear_environments():
    """Mark damaged environments as incomplete. Yields a sentence about each.

    So is one whose Python is gone, as after an upgrade of the system. Exits with a sentence if an environment
    belongs to somebody else.
    """
    for stamp in sorted(Path("resources/environments").glob("*/complete")):
        prefix = stamp.parent
        changed, python = changed_since(prefix), prefix / "bin" / "python"
        path = damaged_package(prefix, changed) if changed else None
        fault = f"{path} is damaged" if path else ""
        if not os.access(python, os.X_OK):
            fault = f"{python} leads to {os.path.realpath(python)}, which cannot be run"
        if fault and not os.access(prefix, os.W_OK):
            sys.exit(
                f"error: {fault}; ask the owner of {prefix} to delete {stamp} and to build it anew with a "
                f"Python that all may run, or delete {prefix}, where it is a link, and it is built here"
            )
        elif fault:
            (prefix / "requirements.lock").unlink(missing_ok=True)
            stamp.unlink()
            yield f"{fault}: {prefix} is built anew"
        elif changed and os.access(prefix, os.W_OK):
            stamp.chmod(stamp.stat().st_mode)  # changes nothing but the time by which to find later changes


def mark_incomplete(path):
    """Let Snakemake take a result for incomplete, by a file as it writes them when a job begins.

    A result that is merely absent is not made again if all that was made from it is there. path: relative to
    the working directory.
    """
    name = base64.urlsafe_b64encode(str(path).encode()).decode()
    parts = [name[i : i + LONGEST] for i in range(0, len(name), LONGEST)]
    marker = Path(".snakemake/incomplete", *(f"@{part}" for part in parts[:-1]), parts[-1])
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text('{"external_jobid": null}')


def set_times_right():
    """Give files that are of the future the present time, in their order. Yields a sentence if there are any.

    They are there after a clock was set back. Snakemake refuses what a job makes now of an input of tomorrow.
    """
    patterns = [(RESULTS, "**/*"), ("resources", "*/*.*"), ("resources/receipts", "**/*.json")]
    patterns += [("resources/environments", "*/requirements.lock"), *((HOME / name, "**/*") for name in CODE)]
    paths = {path for folder, pattern in patterns for path in Path(folder).glob(pattern) if path.is_file()}
    now = time.time_ns()
    late = {path: path.stat().st_mtime_ns for path in paths if path.stat().st_mtime_ns > now}
    for place, path in enumerate(sorted(late, key=late.get)):
        when = now - (len(late) - place) * 1000
        os.utime(path, ns=(when, when))
    if late:
        yield f"{len(late)} files were of the future (was the clock set back?): they are of now"


def clear():
    """Mark what is damaged, to be made anew. Yields a sentence about each file or environment.

    Damaged weights are kept beside their place as NAME.damaged.
    """
    record = Path(WHOLE)
    known = json.loads(record.read_text()) if record.exists() else {}
    whole = {}

    def is_whole(path, digest):
        found = signature(path)
        if known.get(str(path)) != found and digest_of(path) != digest:
            return False
        whole[str(path)] = found
        return True

    for path, digest in recorded_results():
        if not is_whole(path, digest):
            mark_incomplete(path)
            mark_incomplete(path.parent)  # the output of a rule that writes a whole folder
            yield f"{path} was damaged: it is made anew"
    for path, digest, receipt in recorded_weights():
        if not is_whole(path, digest):
            path.replace(path.with_name(f"{path.name}.damaged"))
            receipt.unlink(missing_ok=True)
            yield f"{path} was damaged (now {path.name}.damaged): it is fetched anew"
    yield from clear_environments()
    yield from set_times_right()
    with written_whole(record) as draft:
        draft.write_text(json.dumps(whole))
