"""Ways out of a job's confinement that are no files of the user and no network, each tried by a few lines."""

import contextlib
import os
import platform
import pty
import select
import socket
import sys
from pathlib import Path

import pytest
from shared.confinement import Confinement, landlock, seccomp
from shared.supervised import Ended, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="on macOS a job is not confined")
FILES = pytest.mark.skipif(not landlock(), reason="the kernel has no Landlock (Linux 5.13, switched on)")
CALLS = pytest.mark.skipif(not seccomp(), reason=f"no filter of system calls on this {platform.machine()}")
BEGIN = """
import ctypes, errno, fcntl, os, socket, struct, time
libc = ctypes.CDLL(None, use_errno=True)
def refused(call, *words):
    try:
        call(*words)
    except OSError:
        return
    raise SystemExit(f"{call} {words} went through")
def called(name, *words):
    if getattr(libc, name)(*words) < 0:
        raise OSError(ctypes.get_errno(), name)
"""


@pytest.fixture
def confined(tmp_path):
    """Run some lines of Python as a job's. Returns their status; raises Ended."""
    (tmp_path / "own").mkdir()

    def call(lines, minutes=1, memory_mb=1000):
        python = Path(sys.executable).resolve()
        reads = [sys.prefix, python.parents[1], tmp_path / "readable"]
        confinement = Confinement(reads, [tmp_path / "own"])
        variables = {"PATH": os.environ["PATH"], "PYTHONNOUSERSITE": "1"}
        return run([str(python), "-c", BEGIN + lines], minutes, memory_mb, variables, confinement)

    return call


@FILES
def test_terminals_of_the_user_are_closed(confined):
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    kept = os.dup(0)
    os.dup2(slave, 0)  # as of a job that is begun by hand
    try:
        lines = f"refused(os.open, {name!r}, os.O_RDWR | os.O_NOCTTY)\nassert not os.isatty(0)"
        assert confined(lines) == 0
        assert select.select([master], [], [], 0) == ([], [], [])
    finally:
        os.dup2(kept, 0)
        for descriptor in (kept, master, slave):
            os.close(descriptor)


@CALLS
def test_no_service_gets_datagrams(confined, tmp_path):
    """They need no connect: the system's log and service manager take them so."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as service:
        service.bind(str(tmp_path / "s"))
        service.setblocking(False)
        lines = "def send(make, kind):\n    made = make(socket.AF_UNIX, kind)\n    made = made if "
        lines += f"isinstance(made, tuple) else [made]\n    made[0].sendto(b'x', {str(tmp_path / 's')!r})\n"
        for make in ("socket", "socketpair"):
            for kind in ("SOCK_DGRAM", "SOCK_RAW"):
                lines += f"refused(send, socket.{make}, socket.{kind})\n"
        lines += "one, other = socket.socketpair()\none.send(b'x')\n"  # between a job's own processes
        assert confined(lines) == 0
        with pytest.raises(BlockingIOError):
            service.recv(1)


@CALLS
def test_memory_and_queues_of_system_v_are_closed(confined):
    """They are seen by all processes of the user, and stay when a job has ended."""
    lines = "refused(called, 'shmget', 0, 4096, 0o1600)\nrefused(called, 'shmat', 0, None, 0)\n"
    lines += "refused(called, 'msgget', 0, 0o1600)\nrefused(called, 'semget', 0, 1, 0o1600)\n"
    assert confined(lines) == 0


@CALLS
def test_scheduling_of_other_processes_stays(confined):
    """A watching process that is never scheduled would end nothing."""
    me = os.getpid()

    def scheduling():
        return os.getpriority(os.PRIO_PROCESS, me), os.sched_getscheduler(me), os.sched_getaffinity(me)

    before = scheduling()
    lines = (
        f"refused(os.setpriority, os.PRIO_PROCESS, {me}, 15)\nrefused(os.setpriority, os.PRIO_USER, 0, 15)\n"
    )
    lines += f"os.sched_setscheduler({me}, os.SCHED_IDLE, os.sched_param(0))\n"
    lines += f"os.sched_setaffinity({me}, {{min(os.sched_getaffinity(0))}})\n"
    lines += "os.nice(1)\nos.sched_setaffinity(0, os.sched_getaffinity(0))"  # its own
    assert confined(lines) == 0
    assert scheduling() == before


@CALLS
def test_flags_of_files_that_it_only_reads_stay(confined, tmp_path):
    (tmp_path / "readable").write_text("sounds")
    lines = f"file = os.open({str(tmp_path / 'readable')!r}, os.O_RDONLY)\n"
    lines += "refused(fcntl.ioctl, file, 0x40086602, struct.pack('Q', 0x40))"  # FS_IOC_SETFLAGS, no dump
    assert confined(lines) == 0


def test_memory_counts_of_a_process_that_lets_nobody_look(confined):
    lines = "libc.prctl(4, 0)\neaten = [bytearray(b'1') * 2**24 for _ in range(20)]\ntime.sleep(20)"
    with pytest.raises(Ended, match="took more than 200 MB of memory"):
        confined(lines, memory_mb=200)


def test_processes_that_wake_each_other_end_too(confined, tmp_path):
    """Each of a chain has left its parent, and wakes all others of it."""
    known = tmp_path / "own" / "known"
    lines = f"""
known = {str(known)!r}
for _ in range(4):
    if os.fork() == 0:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if os.fork():
                os._exit(0)
            with open(known, "a") as file:
                file.write(f"{{os.getpid()}}\\n")
            for pid in open(known).read().split()[-8:]:
                try:
                    os.kill(int(pid), 18)
                except (OSError, ValueError):
                    pass
time.sleep(1)
"""
    with contextlib.suppress(Ended):  # where they are many before they are first looked at
        confined(lines)
    left = [pid for pid in known.read_text().split() if Path(f"/proc/{pid}/cwd").exists()]
    assert left == []


def test_processes_that_have_ended_are_not_counted(confined):
    """More than a job may have at once, one after the other, each of which has left its parent."""
    lines = """
for _ in range(600):
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(0.01)
        os._exit(0)
    os.wait()
    time.sleep(0.002)
time.sleep(0.3)
"""
    assert confined(lines) == 0
