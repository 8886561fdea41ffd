"""Clear the way for a new run after an old one was killed: `make run` calls this first.

Snakemake locks the working directory and leaves the lock behind if it is killed, and its jobs then
live on without it. This looks for processes at work in the directory. A living Snakemake keeps its
lock and this says so; orphaned jobs are ended, since a new run makes their files again, and their
half-written drafts deleted; then the lock is removed. A lock from another machine, whose processes
cannot be seen from here, is kept. At last, what was damaged since it was made is taken away (damage.py).
"""

import argparse
import contextlib
import json
import os
import platform
import re
import shutil
import sys
from pathlib import Path

import psutil

from driver import damage


def processes_in(folder):
    """Processes whose working directory is `folder`, other than this one and its ancestors."""
    mine = {process.pid for process in [psutil.Process(), *psutil.Process().parents()]}
    processes = psutil.process_iter(["cwd", "cmdline"])
    return [p for p in processes if p.pid not in mine and p.info["cwd"] == str(folder)]


def is_driver(process):
    """Whether a process is Snakemake itself (not one of its jobs, which run under bash)."""
    names = [Path(word).name for word in (process.info["cmdline"] or [])[:4]]
    return "snakemake" in names and names[0] != "bash"


def is_job(process):
    """Whether a process was started by a rule of the workflow, which marks it (common.smk)."""
    try:
        return "GEAR_JOB" in process.environ()
    except psutil.Error:
        return False


def end(processes):
    """Kill processes, those that have ended meanwhile excepted, and wait until they are gone."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=30)


def unlock(folder):
    """Remove the lock of a killed run, with its jobs and drafts. Exits with a sentence if a run is at work.

    folder: the working directory.
    """
    locks = list((folder / ".snakemake" / "locks").glob("*.lock"))
    if not locks:
        return
    owner = folder / ".snakemake" / "driver.json"
    host = json.loads(owner.read_text())["host"] if owner.exists() else platform.node()
    if host != platform.node():
        sys.exit(
            f"error: a run on {host} holds the lock of {folder}, and whether it lives cannot be seen from "
            f"{platform.node()}; if it does not, run `snakemake --unlock` and start again"
        )
    alive = processes_in(folder)
    drivers = [process for process in alive if is_driver(process)]
    if drivers:
        sys.exit(
            f"error: another run (process {drivers[0].pid}) is at work in {folder}; wait for it or stop it"
        )
    orphans = [process for process in alive if is_job(process)]
    end(orphans)
    for draft in list((folder / "results").rglob(".*")):
        if re.fullmatch(r"\..+\.\d+(\.\w+)?", draft.name):  # as files.written_whole() names them
            # a folder is of a model's job
            shutil.rmtree(draft) if draft.is_dir() else draft.unlink(missing_ok=True)
    for lock in locks:
        lock.unlink()
    ended = f", ended {len(orphans)} of its jobs that were still alive" if orphans else ""
    print(f"The last run was killed: cleared its lock{ended}; what it left incomplete is redone.")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, default=Path("."), help="working directory")
    folder = parser.parse_args(argv).directory.resolve()
    unlock(folder)
    os.chdir(folder)
    for sentence in damage.clear():
        print(sentence)
