"""What Linux can keep from a stranger's process: files, the network, other processes.

Conventions
    A Confinement is made by the process that watches. Its child enters it between fork and exec, so that not
    a line of the stranger's code runs before. It needs no root and no other program, cannot be left again,
    and holds for all that the child starts.
    Landlock (Linux 5.13) keeps files: what is not allowed can be neither read nor written. From 6.12 on it
    also keeps signals and abstract sockets within the confinement. It never lets a process look into the
    memory or the environment of one outside.
    A seccomp filter refuses sockets but those of UNIX, `connect`, io_uring, keyrings, shared memory, queues
    and semaphores of System V, and limits and priorities of others. UNIX's datagrams are refused, too: they
    reach a service without `connect`.
    Landlock knows no modes, owners, times and extended attributes, so a call that would set them succeeds
    without doing anything. So does one that would leave the process group: the kernel ends a whole group at
    once, and a process that starts others without end cannot outrun that. So does one that would choose the
    scheduling of a process or thread by its number: libraries do that for their own threads.
    Terminals are not among the devices: a job could read what the user types into another.
    On macOS, and where the kernel has neither, nothing of this is in force, and level() says so.

Source
    https://docs.kernel.org/userspace-api/landlock.html, https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import os
import platform
import re
import signal
import struct
import sys
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on all machines
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1, 2, 4, 8, 1 << 14
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE  # what a rule of a single file may name
READ = EXECUTE | READ_FILE | READ_DIR
RIGHTS = {1: 13, 2: 14, 3: 15}  # rights of files that a version of Landlock knows: the first so many bits
TCP, SCOPES = 3, 3  # bind and connect; abstract sockets and signals

SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/usr", "/etc", "/opt", "/nix", "/gnu")
SYSTEM = (*SYSTEM, "/proc", "/sys", "/var/cache/fontconfig", "/run/systemd/resolve")
DEVICES = ("null", "zero", "full", "random", "urandom", "shm")
DEVICES = (*DEVICES, "nvidia*", "dri", "kfd", "infiniband", "dxg")  # the second line: those of GPUs

ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000  # what a seccomp filter answers; REFUSE | an errno
LOAD, AND, EQUAL, AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06  # instructions of a filter
X32 = 0x40000000  # where the numbers of a second set of calls on x86_64 begin
# Per machine: its audit number, then numbers of calls.
MACHINES = {
    "x86_64": {
        "audit": 0xC000003E,
        "socket": [41, 53],  # socket, socketpair
        "connect": [42],
        "prlimit": [302],
        "groups": [109, 112],  # setpgid, setsid
        "scheduling": [142, 144, 203, 314],  # sched_setparam, _setscheduler, _setaffinity, _setattr
        "priority": [141, 251],  # setpriority, ioprio_set
        "ioctl": [16],
        "system_v": [29, 30, 31, 64, 65, 66, 68, 69, 70, 71, 220],
        "keyrings": [248, 249, 250],
        "metadata": [90, 91, 268, 452, 92, 93, 94, 260, 132, 235, 280, 261, 188, 189, 190, 197, 198, 199],
    },
    "aarch64": {
        "audit": 0xC00000B7,
        "socket": [198, 199],
        "connect": [203],
        "prlimit": [261],
        "groups": [154, 157],
        "scheduling": [118, 119, 122, 274],
        "priority": [140, 30],
        "ioctl": [29],
        "system_v": [*range(186, 197)],
        "keyrings": [217, 218, 219],
        "metadata": [52, 53, 452, 54, 55, 88, 5, 6, 7, 14, 15, 16],
    },
}
IO_URING, NEW_XATTRS = 425, [463, 466, 469]  # setxattrat, removexattrat, file_setattr
UNIX, STREAM, SEQPACKET, KIND = 1, 1, 5, 0xF  # of a socket; KIND: where its type holds no flags
# of ioctl: flags of files and the like (of all file systems, XFS, btrfs), which need no right to write
OF_FLAGS, SYSTEM_OF_IOCTL = (0x6600, 0x5800, 0x9400), 0xFF00
WHOLE = 0xFFFFFFFF
SET_PDEATHSIG, SET_SECCOMP, CAPBSET_DROP, SET_NO_NEW_PRIVS = 1, 22, 24, 38
KEPT_CAPABILITIES = (1, 2)  # of root: to read and write files of others, within what Landlock allows

SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|_KEY")  # names of variables that no stranger gets

libc = ctypes.CDLL(None, use_errno=True)


def called(number, *words):
    """A system call. Returns its result; raises OSError."""
    result = libc.syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"system call {number}: {os.strerror(ctypes.get_errno())}")
    return result


def landlock():
    """The version of Landlock that the kernel has; 0 if none, or if it is switched off."""
    if sys.platform != "linux":
        return 0
    return max(libc.syscall(ctypes.c_long(CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint32(1)), 0)


def seccomp():
    """Whether a filter of system calls can be set: on Linux, on the machines whose calls are listed here."""
    here = sys.platform == "linux" and platform.machine() in MACHINES and sys.maxsize > 2**32
    return here and Path("/proc/sys/kernel/seccomp").exists()


def level(internet=False):
    """What is in force here, in words for facts and report."""
    version, filtered = landlock(), seccomp()
    kept = ["reads and writes its own files alone"] if version else []
    if not internet:
        kept += ["no network"] if filtered else ["no TCP"] if version >= 4 else []
    kept += ["no signals to others"] if version >= 6 else []
    by = ([f"Landlock {version}"] if version else []) + (["seccomp"] if filtered else [])
    return f"{', '.join(kept)} ({', '.join(by)})" if kept else "limits of time and memory alone"


# --- files ----------------------------------------------------------------------------------------


def rules(readable, writable):
    """Yield (path, rights) of all that a confined process may touch."""
    for path in (*SYSTEM, *readable):
        yield path, READ
    for name in DEVICES:
        for path in Path("/dev").glob(name):
            yield path, ~0 if name == "shm" else READ | WRITE_FILE
    if Path("/dev/nvidiactl").exists():
        yield "/proc", READ | WRITE_FILE  # CUDA names its threads there, and does not begin if it cannot
    for path in writable:
        yield path, ~0


def ruleset(readable, writable, internet):
    """File descriptor of a Landlock ruleset, or None without Landlock. Paths that do not exist do no harm."""
    version = landlock()
    if not version:
        return None
    handled = (1 << RIGHTS.get(version, 15)) - 1
    words = [handled, 0 if internet else TCP, SCOPES][: 1 if version < 4 else 2 if version < 6 else 3]
    attributes = struct.pack(f"{len(words)}Q", *words)
    number = called(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    for path, rights in rules(readable, writable):
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        allowed = rights & handled & (~0 if os.path.isdir(path) else OF_FILES)
        rule = struct.pack("=Qi", allowed, place)
        called(ADD_RULE, ctypes.c_int(number), ctypes.c_int(1), rule, ctypes.c_uint32(0))
        os.close(place)
    return number


# --- system calls ---------------------------------------------------------------------------------


def instructions(internet, installs):
    """The seccomp filter, a list of (code, jump if true, jump if false, value).

    It looks at the number of a call and at the low halves of its arguments (from 16 on, 8 bytes each).
    """
    machine = MACHINES[platform.machine()]

    def answer(numbers, error):
        return [step for n in numbers for step in ((EQUAL, 0, 1, n), (RETURN, 0, 0, REFUSE | error))]

    def unless(numbers, error, *looks):
        """Answer calls with an error unless their arguments are right. looks: (place, mask, right values)."""
        steps = []
        for place, mask, right in looks:
            steps += [(LOAD, 0, 0, 16 + 8 * place), (AND, 0, 0, mask)]
            steps += [(EQUAL, len(right) - i, 0, value) for i, value in enumerate(right)]
            steps += [(RETURN, 0, 0, REFUSE | error)]
        steps += [(RETURN, 0, 0, ALLOW)]
        return [step for n in numbers for step in ((EQUAL, 0, len(steps), n), *steps)]

    steps = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, machine["audit"]), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    if platform.machine() == "x86_64":
        steps += [(AT_LEAST, 0, 1, X32), (RETURN, 0, 0, REFUSE | errno.ENOSYS)]
    steps += answer([IO_URING], errno.ENOSYS)
    steps += answer([*machine["keyrings"], *machine["system_v"]], errno.EACCES)
    steps += unless(machine["prlimit"], errno.EPERM, (0, WHOLE, [0]))
    steps += unless(machine["scheduling"], 0, (0, WHOLE, [0]))
    steps += unless(machine["priority"][:1], errno.EPERM, (0, WHOLE, [0, 1]), (1, WHOLE, [0]))
    steps += unless(machine["priority"][1:], errno.EPERM, (0, WHOLE, [1, 2]), (1, WHOLE, [0]))
    if not installs:
        steps += answer([*machine["metadata"], *NEW_XATTRS, *machine["groups"]], 0)
        refused = [(EQUAL, 0, 1, kind) for kind in OF_FLAGS]
        refused = [step for look in refused for step in (look, (RETURN, 0, 0, REFUSE | errno.ENOTTY))]
        looked = [(LOAD, 0, 0, 24), (AND, 0, 0, SYSTEM_OF_IOCTL), *refused, (RETURN, 0, 0, ALLOW)]
        steps += [(EQUAL, 0, len(looked), *machine["ioctl"]), *looked]
    if not internet:
        steps += answer(machine["connect"], errno.EACCES)
        steps += unless(machine["socket"], errno.EACCES, (0, WHOLE, [UNIX]), (1, KIND, [STREAM, SEQPACKET]))
    return [*steps, (RETURN, 0, 0, ALLOW)]


class Confinement:
    """What a child may do. Made by its parent; the child calls enter() between fork and exec.

    readable, writable: paths, with all below them. internet: it may use the network. installs: it may also
    set modes and times of files, and leave its process group.
    """

    def __init__(self, readable, writable, internet=False, installs=False):
        self.ruleset = ruleset(readable, writable, internet)
        self.filter = None
        if seccomp():
            code = b"".join(struct.pack("=HBBI", *step) for step in instructions(internet, installs))
            self.code = ctypes.create_string_buffer(code)
            self.filter = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(self.code))

    def enter(self):
        """Give everything else up, for this process and all that it starts. Raises OSError."""
        if sys.platform != "linux":
            return
        libc.prctl(SET_PDEATHSIG, signal.SIGKILL)  # do not outlive the process that watches
        for capability in range(64):  # of root; others have none to drop
            if capability not in KEPT_CAPABILITIES:
                libc.prctl(CAPBSET_DROP, capability, 0, 0, 0)
        if libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "no_new_privs")
        if self.ruleset is not None:
            called(RESTRICT_SELF, ctypes.c_int(self.ruleset), ctypes.c_uint32(0))
        if self.filter and libc.prctl(SET_SECCOMP, 2, self.filter, 0, 0):
            raise OSError(ctypes.get_errno(), "seccomp")
