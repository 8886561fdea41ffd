"""A HEAR model for tests that does harm, or tries to: its options name what. It says what came of it."""

import contextlib
import ctypes
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

SIZE = 4


def tried(deed, *words):
    """Do something and print `did: ...` or `failed: ...`, which the test reads in the log."""
    try:
        print(f"did: {deed(*words)}", flush=True)
    except OSError as problem:
        print(f"failed: {type(problem).__name__} {problem}", flush=True)


def read(path):
    return Path(path).read_text(errors="replace")[:200]


def write(path):
    return Path(path).write_text("harm")


def link(source, target):
    return os.link(source, target)


def connect(host, port):
    with socket.create_connection((host, port), timeout=2) as connection:
        return connection.getpeername()


def send_datagram(host, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
        return datagram.sendto(b"secret", (host, port))


def call_unix(path):
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect(path)


def change_times(path):
    os.utime(path, (0, 0))
    os.chmod(path, 0o777)
    return "times and mode"


def variables(name):
    return os.environ.get(name, "no such variable")


def signal_to(pid):
    return os.kill(int(pid), 0)


def limit_of(pid):
    """Take all time from another process of the user (prlimit of RLIMIT_CPU)."""
    new = (ctypes.c_ulong * 2)(10**9, 10**9)
    if ctypes.CDLL(None, use_errno=True).prlimit(int(pid), 0, new, None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "another limit"


def fork_bomb():
    """Each forks as often as it can; if nothing stops them, all end by themselves."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if os.fork() == 0:
                os.setsid()


def eat_memory():
    eaten = []
    while len(eaten) < 256:  # 4 GB: if nothing stops it
        eaten.append(bytearray(os.urandom(1)) * 2**24)


def leave_a_process(path):
    """One that left its group and its parent, and writes its number."""
    code = "import os, time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); "
    code += f"open({path!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    subprocess.run([sys.executable, "-c", code], check=True)
    end = time.monotonic() + 5
    while not (os.path.exists(path) and Path(path).read_text()) and time.monotonic() < end:
        time.sleep(0.01)
    return Path(path).read_text()


DEEDS = {
    **{"read": read, "write": write, "link": link, "connect": connect, "datagram": send_datagram},
    **{"unix": call_unix, "times": change_times, "variable": variables, "signal": signal_to},
    **{"limit": limit_of, "leave": leave_a_process},
}


def own_folder():
    """The folder that the job's results go to."""
    return next(
        Path(word).parent for word in Path("/proc/self/cmdline").read_text().split("\0") if ".npy" in word
    )


def forge(what):
    """Put other results in the place of the job's own when its script ends, as code at exit can."""
    array = next(own_folder().glob("*.npy"))
    facts = array.with_suffix(".json")
    if what == "link":
        array.unlink()
        array.symlink_to("/etc/passwd")
    elif what == "facts link":
        facts.unlink()
        facts.symlink_to("/etc/passwd")
    elif what == "pickle":
        np.save(array, np.array([{}], dtype=object), allow_pickle=True)
    elif what == "shape":
        np.save(array, np.zeros((3, SIZE), np.float32))
    elif what == "text":
        array.write_text("no array")
    else:
        known = json.loads(facts.read_text())
        script = "</script><script>alert(1)</script>"
        known |= {
            "script": {"task": script, "module": script, "device": script, "packages": {script: script}},
            "audit": {"audit": "none"},
            "nan": {"seconds": float("nan")},
            "kinds": {"marks": [script]},
        }[what]
        facts.write_text(json.dumps(known))


def load_model(model_file_path="", deeds=(), ends="", forged=""):
    for name, *words in deeds:
        tried(DEEDS[name], *words)
    if ends == "bomb":
        fork_bomb()
    if ends == "memory":
        eat_memory()
    if ends == "hang":
        time.sleep(600)
    if ends == "quits":
        os._exit(0)
    if ends == "killed":
        os.kill(os.getpid(), 9)
    if ends == "raises":
        raise PermissionError("not allowed here")
    if forged:
        import atexit

        atexit.register(forge, forged)
    return SimpleNamespace(sample_rate=16000, scene_embedding_size=SIZE)


def get_scene_embeddings(audio, model):
    """Energies in bands of the spectrum, standing for a representation."""
    bands = np.array_split(np.abs(np.fft.rfft(audio)) ** 2, SIZE, axis=1)
    return np.log1p(np.stack([band.sum(axis=1) for band in bands], axis=1)).astype(np.float32)
