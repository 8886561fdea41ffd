"""Clear the way for a new run after an old one was killed: `make run` calls this first.

Snakemake locks the working directory and leaves the lock behind if it is killed, and its jobs then
live on without it. This looks for processes at work in the directory. A living Snakemake keeps its
lock and this says so; orphaned jobs are ended, since a new run makes their files again; then the
lock is removed. A lock from another machine, whose processes cannot be seen from here, is kept.
"""

import argparse
import json
import platform
import sys
from pathlib import Path

import psutil


def processes_in(folder):
    """Processes whose working directory is `folder`, other than this one and its ancestors."""
    mine = {process.pid for process in [psutil.Process(), *psutil.Process().parents()]}
    found = []
    for process in psutil.process_iter(["cwd", "cmdline"]):
        if process.pid not in mine and process.info["cwd"] == str(folder):
            found.append(process)
    return found


def is_driver(command):
    """Whether a command line is Snakemake's own (not that of a job, which runs under bash)."""
    names = [Path(word).name for word in command[:4]]
    return any(name == "snakemake" for name in names) and "bash" not in names[:1]


def is_job(command):
    """Whether a command line runs one of the workflow's scripts."""
    return any("workflow_scripts/" in word for word in command)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, default=Path("."), help="working directory")
    folder = parser.parse_args(argv).directory.resolve()
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
    found = processes_in(folder)
    drivers = [process for process in found if is_driver(process.info["cmdline"] or [])]
    if drivers:
        sys.exit(
            f"error: another run (process {drivers[0].pid}) is at work in {folder}; wait for it or stop it"
        )
    orphans = [process for process in found if is_job(process.info["cmdline"] or [])]
    for process in orphans:
        for member in [*process.children(recursive=True), process]:
            member.kill()
    psutil.wait_procs(orphans, timeout=30)
    for lock in locks:
        lock.unlink()
    ended = f", ended {len(orphans)} of its jobs that were still alive" if orphans else ""
    print(f"The last run was killed: cleared its lock{ended}; what it left incomplete is redone.")


if __name__ == "__main__":
    main()
