"""The folder for temporary files of one job, which does not outlive the job for long.

A folder is locked while its job runs, and the lock goes with the process, however it ends. A folder without a
lock was left behind by a process that was killed. The next job of the same user deletes it.
"""

import contextlib
import fcntl
import os
import subprocess
import tempfile
import time
from pathlib import Path

PREFIX = "gear-job-"
YOUNG = 60  # s: a younger folder may be about to be locked


def locked(folder):
    """Lock a folder until this process ends or closes the descriptor that is returned.

    None if another process has it locked, if it may not be read, or if its file system has no locks.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def delete(folder):
    """Delete a folder of a job, as far as that can be done, whatever the job made in it.

    Folders that may not be read stop Python's own way to do it, and so do folders deeper than it recurses.
    """
    for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
        subprocess.run([*command, "--", folder], stderr=subprocess.DEVNULL, check=False)


def clear_abandoned():
    """Delete the folders that jobs of this user left behind when they were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):  # another job deletes it, too
            status = folder.lstat()
            if status.st_uid != os.getuid() or time.time() - status.st_mtime < YOUNG:
                continue
            if (descriptor := locked(folder)) is not None:
                delete(folder)
                os.close(descriptor)


@contextlib.contextmanager
def scratch_folder():
    """A folder (Path) for the temporary files of a job, deleted when the block ends."""
    clear_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    descriptor = locked(folder)
    try:
        yield folder
    finally:
        delete(folder)
        if descriptor is not None:
            os.close(descriptor)
