"""Run a command within limits of time, memory and processes, and let nothing of it stay behind.

Conventions
    On Linux the process that watches adopts whatever the command leaves behind, so that all of it can be
    found, whatever session or group it moved to. Elsewhere (macOS) only the command's own process group is
    ended, and memory and processes are not watched.
    Memory is anonymous and shared memory and what of it was swapped out, not the pages of files that are
    mapped. A page that several processes share counts once.
"""

import contextlib
import ctypes
import math
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

POLL = 0.1  # s between two looks
PROCESSES = 500  # of one job at most
LOOKED_AT, SLOW = 32, 1.0  # processes whose shared pages are told apart, at most, and s that it may take
NICER = 5  # than the process that watches is what it watches, so that it is heard among very many
ROOM = 4096  # processes and threads that the user's own may grow by while a job runs
SET_CHILD_SUBREAPER = 36


class Ended(Exception):
    """A command was ended; the message says why."""


def children(pid):
    """Process numbers of the children of a process; none if it has ended."""
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    return found


def descendants(pid, most=None):
    """Process numbers of all that a process has started, and those have. most: about as many are enough."""
    found, pending = [], [pid]
    while pending and (most is None or len(found) <= most):
        more = children(pending.pop())
        found += more
        pending += more
    return found


def kilobytes(path, names):
    """The sum of some rows `Name: 12 kB` of a file of /proc; 0 if the process has ended.

    Raises PermissionError of a process that lets nobody look, as each can choose to.
    """
    try:
        text = Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, re.findall(rf"^(?:{names}):\s+(\d+) kB$", text, re.MULTILINE)))


def memory_mb(processes):
    """What processes hold, each page counted once for each of them: quick, and at least the truth."""
    return sum(kilobytes(f"/proc/{pid}/status", "RssAnon|RssShmem|VmSwap") for pid in processes) / 1024


def own_memory_mb(processes):
    """What processes hold, each page counted once: slow. Infinite if they are too many, or it takes too long.

    A process that changes its memory without end, as one that forks does, keeps others from looking at it. Of
    one that lets nobody look, each page counts as its own.
    """
    if len(processes) > LOOKED_AT:
        return math.inf
    total, end = 0, time.monotonic() + SLOW
    for pid in processes:
        try:
            total += kilobytes(f"/proc/{pid}/smaps_rollup", "Pss_Anon|Pss_Shmem|SwapPss") / 1024
        except PermissionError:
            total += memory_mb([pid])
        if time.monotonic() > end:
            return math.inf
    return total


def threads_of_user():
    """Processes and threads that the user has on this machine."""
    count = 0
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{entry.name}/task"))
    return count


def limit_processes():
    """Keep the user's processes from growing without end, which holds for all but root. Linux alone."""
    if Path("/proc/self/task").exists():
        soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
        wanted = threads_of_user() + ROOM
        known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_NPROC, (min([wanted, *known]), hard))


def signal_all(processes, number):
    """Send a signal to processes, some of which may have ended."""
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def end_all(group):
    """End all that this process has started. group: the process group of the command.

    Where the group can be left, there may be more. Each is stopped first: what is stopped starts nothing new,
    so that a look that finds no other is the last. But they may wake each other before all are stopped: so it
    begins anew until none is left.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            stopped = set()
            while (found := set(descendants(os.getpid()))) - stopped:
                signal_all(found, signal.SIGSTOP)
                stopped |= found
            signal_all(stopped, signal.SIGKILL)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            time.sleep(POLL / 100)


def reap(but):
    """Let processes that this one has adopted be gone when they have ended. but: a child to leave alone."""
    for pid in children(os.getpid()):
        if pid != but:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def over(began, minutes, most_mb):
    """Why what this process has started must end now, a sentence, or ''. began: s of time.monotonic()."""
    if time.monotonic() - began > 60 * minutes:
        return (
            f"did not end within {minutes:g} minutes, and was ended; if it needs longer, state more under "
            "`timeout` in the model's entry"
        )
    processes = descendants(os.getpid(), PROCESSES)
    large = memory_mb(processes) > most_mb and own_memory_mb(processes) > most_mb
    if len(descendants(os.getpid(), PROCESSES)) > PROCESSES:  # again: that look may have been slow
        return f"had more than {PROCESSES} processes at once, and was ended"
    if large:
        return (
            f"took more than {most_mb} MB of memory, and was ended; if it needs more, state it under "
            "`mem_mb` in the model's entry"
        )
    return ""


def run(command, minutes, most_mb, environment, confinement):
    """Run a command until it ends or is over a limit. Returns its status as subprocess has it; raises Ended.

    minutes: that it may take. most_mb: memory of all its processes. environment: its variables. confinement:
    what it may do. When this returns or raises, for whatever reason, all that the command started has ended.
    """
    if Path("/proc/thread-self/children").exists():  # else what was adopted could not be found
        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def prepare():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        limit_processes()
        os.nice(NICER)
        confinement.enter()

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    began = time.monotonic()
    options = {"stdin": subprocess.DEVNULL, "start_new_session": True}
    process = subprocess.Popen(command, env=environment, preexec_fn=prepare, **options)
    try:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(POLL)
            reap(process.pid)
            if why := over(began, minutes, most_mb):
                raise Ended(why)
    finally:
        end_all(process.pid)
